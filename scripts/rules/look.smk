checkpoint look:
    """What stops after a round and what goes on, where the key until is set."""
    input:
        lambda wildcards: CALL.looked_at(checkpoints, int(wildcards.look)),
        lambda _: ancient(CALL.plan.fact_files),
        plan="<sweep>/plan.json",
        config=ancient("<sweep>/config.yaml"),
    output:
        "<sweep>/looks/{look}.json",
    log:
        "<sweep>/logs/look-{look}.log",
    wildcard_constraints:
        look=r"\d+",
    shell:
        "python -m gil_scaling.analysis.tables.look {input.plan:q} {wildcards.look} {output:q} 2> {log:q}"
