# The versions of packages, chosen anew; no other rule depends on it.


# Without an output it is done at each call. The builds depend on the versions, so they are chosen before the plan is made.
rule relock:
    """The newest packages that satisfy the key packages, in place of those in the locks."""
    log:
        "<set>/logs/relock.log",
    params:
        changes=lambda wildcards: CALL.request.relocked,
    shell:
        "printf '%s\\n' {params.changes:q} > {log:q}; cat {log:q} >&2"
