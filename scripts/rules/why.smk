# What keeps combinations from their bound, in extra runs; no timed run depends on them.


rule why:
    """Which lines, locks and objects keep combinations from their bound."""
    input:
        *REPORTED,
        EXPLAINED,


# The choice of combinations needs the tables. What the runs leave stays, so that an interrupted job goes on where it was.
rule explain:
    """The extra runs of those combinations that stay below their bound, or that the config names."""
    input:
        SWEEP_TABLES,
        plan="<sweep>/plan.json",
    output:
        update(EXPLAINED),
    log:
        "<sweep>/logs/explain.log",
    threads: lambda wildcards: workflow.cores
    params:
        plan=lambda wildcards: CALL.settled.file,
        why=CALL.why,
        folder=subpath(input.plan, parent=True),
    message:
        "Looking for what keeps combinations from their bound"
    shell:
        "(python -m gil_scaling.analysis.tables.shortfalls {params.plan:q} {params.folder:q} {params.why:q} "
        "&& python -S -m gil_scaling.launch.why {params.folder:q}/why/order.json {params.folder:q}/why 2>&3 "
        "&& python -m gil_scaling.analysis.tables.explain {params.folder:q} "
        "&& python -m gil_scaling.analysis.tables.suspects {params.folder:q} "
        "&& python -S -m gil_scaling.launch.objects {params.folder:q}/why/objects.json {params.folder:q}/why 2>&3 "
        "&& python -m gil_scaling.analysis.tables.explain {params.folder:q}) 3>&2 2> {log:q}"
