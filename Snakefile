from snakemake.utils import min_version

from scripts.analysis.figures import NAMES as FIGURES
from scripts.calls import make_plan, stop_rate_limiter
from scripts.plan import command

# Older versions start two jobs at once that each ask for all cores, or read resources in the wrong unit.
min_version("9.20")


configfile: "config/config.yaml"


report: "config/report/workflow.rst"


PLAN = make_plan(config, workflow)

# The launcher runs before each measurement and needs no installed packages: without them it starts in half the time.
LAUNCH = command("scripts.launch", "-S")
PUBLISH = command("scripts.plan")
TABLES = command("scripts.analysis.tables")
FIGURE = command("scripts.analysis.figures")
REPORT = command("scripts.analysis.report")
VERDICT = command("scripts.analysis.verdict")


pathvars:
    set=PLAN.result_set,
    sweep=PLAN.sweep_folder,


wildcard_constraints:
    run="|".join(PLAN.names),
    build="|".join(PLAN.build_facts),
    round=r"\d+",
    figure="|".join(FIGURES),
    experiment="|".join(PLAN.experiments),


localrules:
    all,
    tables,
    figures,
    report,
    plan,
    machine,
    build,
    round,
    verdict,


onstart:
    stop_rate_limiter(workflow)


rule all:
    """Everything of this sweep, and whether every run went well."""
    input:
        "<sweep>/report.html",
        "<sweep>/verdict.txt",


rule plan:
    """What this sweep consists of."""
    input:
        PLAN.file,
    output:
        plan="<sweep>/plan.json",
        config="<sweep>/config.yaml",
    log:
        "<sweep>/logs/plan.log",
    shell:
        "{PUBLISH} {input:q} {output.plan:q} {output.config:q} 2> {log:q}"


rule machine:
    """What this machine is."""
    output:
        "<set>/machine.json",
    log:
        "<set>/logs/machine.log",
    params:
        facts=PLAN.machine_facts,
    shell:
        "printf '%s\\n' {params.facts:q} > {output:q} 2> {log:q}"


rule build:
    """What a build is."""
    output:
        "<set>/pythons/{build}.json",
    log:
        "<set>/logs/pythons/{build}.log",
    params:
        facts=lambda wildcards: PLAN.build_facts[wildcards.build],
    shell:
        "printf '%s\\n' {params.facts:q} > {output:q} 2> {log:q}"


rule measure:
    """One run: a combination in a round, alone on the machine."""
    input:
        lambda wildcards: ancient(expand("<set>/rounds/{round}", round=PLAN.marker_before(wildcards.run))),
    output:
        "<set>/runs/{run}.json",
    log:
        "<set>/logs/runs/{run}.log",
    priority: lambda wildcards: PLAN.ranks[wildcards.run]
    threads: lambda wildcards: workflow.cores
    shell:
        "{LAUNCH} {PLAN.file:q} {wildcards.run:q} {output:q} {log:q}"


rule round:
    """A mark that a round is done: the next one begins after it, and is not repeated because of it."""
    input:
        lambda wildcards: expand("<set>/runs/{run}.json", run=PLAN.in_round(wildcards.round)),
    output:
        touch("<set>/rounds/{round}"),


rule tables:
    """The tables of this sweep."""
    input:
        plan="<sweep>/plan.json",
        machine="<set>/machine.json",
        builds=expand("<set>/pythons/{build}.json", build=PLAN.build_facts),
        records=expand("<set>/runs/{run}.json", run=PLAN.names),
    output:
        samples="<sweep>/tables/samples.csv",
        runs="<sweep>/tables/runs.csv",
        summary="<sweep>/tables/summary.csv",
        tasks="<sweep>/tables/tasks.csv",
        failures="<sweep>/tables/failures.csv",
    log:
        "<sweep>/logs/tables.log",
    shell:
        "{TABLES} {input.plan:q} 2> {log:q}"


rule figure:
    """One figure of one experiment."""
    input:
        "<sweep>/plan.json",
        rules.tables.output,
    output:
        report(
            "<sweep>/figures/{figure}-{experiment}.svg",
            caption="config/report/figure.rst",
            category="{experiment}",
            labels={"figure": "{figure}"},
        ),
    log:
        "<sweep>/logs/{figure}-{experiment}.log",
    shell:
        "{FIGURE} {wildcards.figure:q} {wildcards.experiment:q} {input[0]:q} {output:q} 2> {log:q}"


rule figures:
    """All figures of this sweep."""
    input:
        expand("<sweep>/figures/{figure}-{experiment}.svg", figure=FIGURES, experiment=PLAN.experiments),


rule report:
    """The report of this sweep."""
    input:
        rules.figures.input,
        rules.tables.output,
        plan="<sweep>/plan.json",
        config="<sweep>/config.yaml",
    output:
        "<sweep>/report.html",
    log:
        "<sweep>/logs/report.log",
    shell:
        "{REPORT} {input.plan:q} {output:q} 2> {log:q}"


rule verdict:
    """Fails where a run failed, after everything else is made."""
    input:
        failures="<sweep>/tables/failures.csv",
        report="<sweep>/report.html",
    output:
        "<sweep>/verdict.txt",
    shell:
        "{VERDICT} {input.failures:q} > {output:q}"
