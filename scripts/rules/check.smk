# The quick look before a sweep; no other rule depends on it, and it leaves no record.


# Without an output it is done at each call.
rule check:
    """Each task once on each backend and build: what does not work there, is warm, too short or too large to send."""
    input:
        order=lambda wildcards: CALL.check,
    log:
        "<sweep>/logs/check.log",
    threads: lambda wildcards: workflow.cores
    params:
        config=CALL.names.check_config,
    shell:
        ": > {log:q}; python -S -m gil_scaling.launch.trial {input.order:q} {input.order:q}.results && "
        "python -m gil_scaling.analysis.report.check {input.order:q} {input.order:q}.results {params.config:q} > {log:q} 2>&1"
