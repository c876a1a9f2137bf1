# The records that no sweep names.


# Without an output it is done at each call.
rule prune:
    """The records that no sweep names any more: shows them, and with --config remove=true removes them."""
    log:
        "<set>/logs/prune.log",
    params:
        order=lambda wildcards: CALL.prune,
        is_removing=config.get("remove", False),
    shell:
        "python -m gil_scaling.plan.prune {params.order:q} {params.is_removing} > {log:q} 2>&1 || failed=1; "
        "cat {log:q} >&2; exit ${{failed:-0}}"
