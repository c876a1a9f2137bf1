# The sweep on each machine that the config names, submitted through the executor of the profile; no other rule depends on it.


rule machines:
    """The sweep on each machine that the key machines names, and their comparison."""
    input:
        lambda _: CALL.machines.endings(),
    log:
        "results/compare/logs/machines.log",
    localrule: True
    params:
        sweep=CALL.names.sweep,
        command=lambda _: CALL.machines.command,
    shell:
        ": > {log:q}; python -m gil_scaling.plan.node conclude {params.sweep:q} {input:q} -- {params.command:q}"


# The whole sweep is the unit: runs of one round belong on one machine, and each takes seconds. It goes on where it was.
rule sweep_on:
    """The sweep on one machine, as a call of Snakemake there."""
    output:
        directory(f"{CALL.machines.endings_folder}/{{call}}/{{machine}}"),
    log:
        f"{CALL.machines.endings_folder}/{{call}}/{{machine}}.log",
    retries: CALL.machines.retries
    threads: CALL.machines.threads
    resources:
        **CALL.machines.resources,
    params:
        place=lambda _: CALL.machines.place,
        command=lambda _: CALL.machines.command,
    message:
        "The sweep on {wildcards.machine}"
    shell:
        "python -m gil_scaling.plan.node sweep {output:q} {log:q} {params.place} {params.command:q}"
