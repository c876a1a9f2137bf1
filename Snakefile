import sys

from snakemake.utils import min_version

sys.path.insert(0, f"{workflow.current_basedir.get_path_or_uri(secret_free=True)}/scripts")

from gil_scaling.analysis.columns import TABLES, WHY_TABLES
from gil_scaling.analysis.figures import captions, title
from gil_scaling.plan.shell import shell_prefix
from gil_scaling.plan.workflow import Call, default_config

min_version("9.20")  # older ones start two jobs at once that each ask for all cores, or read resources in a wrong unit


configfile: default_config()


report: "config/report/workflow.rst"


shell.prefix(shell_prefix())

CALL = Call(workflow, config)
MEASURED = [lambda _: CALL.measured(checkpoints), "<sweep>/plan.json", "<sweep>/config.yaml"]
SWEEP_TABLES = expand("<sweep>/tables/{table}.csv", table=TABLES)
EXPLAINED = expand("<sweep>/tables/{table}.csv", table=WHY_TABLES)
TABULATED = [*MEASURED, *SWEEP_TABLES, "<sweep>/sets.json"]
DRAWN = [*TABULATED, "<sweep>/figures"]
REPORTED = [*DRAWN, "<sweep>/report.html", "<sweep>/report.md", "<sweep>/answers.txt", "<sweep>/junit.xml"]


pathvars:
    set=CALL.names.result_set,
    sweep=CALL.names.sweep_folder,


wildcard_constraints:
    run="[^/]+",


onstart:
    CALL.begin()


# The targets name all files as inputs, also those that others depend on, so that one that was lost is made again.
rule all:
    """Everything of this sweep, and whether every run went well."""
    input:
        *REPORTED,
        lambda _: CALL.explained(WHY_TABLES),
        "<sweep>/verdict.txt",


rule tables:
    """The tables of this sweep."""
    input:
        *TABULATED,


rule figures:
    """The tables and figures of this sweep."""
    input:
        *DRAWN,


rule report:
    """The tables, figures and report of this sweep."""
    input:
        *REPORTED,


# What stands there stays until its job is done (`update`), so that a sweep that grows always has a page and its tables.
rule plan:
    """What this sweep consists of."""
    output:
        plan=update("<sweep>/plan.json"),
        config=update("<sweep>/config.yaml"),
    log:
        "<sweep>/logs/plan.log",
    params:
        file=lambda wildcards: CALL.settled.file,  # named by its content
    shell:
        "python -m gil_scaling.plan.plan_file {params.file:q} {output.plan:q} {output.config:q} 2> {log:q}"


rule facts:
    """What the machine and the builds are."""
    output:
        update("<set>/{facts,machine|pythons/[^/]+}.json"),
    log:
        "<set>/logs/{facts}.log",
    params:
        content=lambda wildcards: CALL.plan.facts[wildcards.facts],
    shell:
        "printf '%s\\n' {params.content:q} > {output:q} 2> {log:q}"


rule measure:
    """One run: a combination in a round, alone on the machine."""
    input:
        lambda wildcards: [*ancient(CALL.inputs_of(wildcards.run)), *CALL.plan.repeats(wildcards.run)],
    output:
        "<set>/runs/{run}.json",
    log:
        "<set>/logs/runs/{run}.log",
    priority: lambda wildcards: CALL.plan.ranks[wildcards.run]
    threads: lambda wildcards: workflow.cores
    # Without site (-S) and runpy (-m), which it does not need, the launcher starts fast. If it is killed, a second one records that.
    shell:
        "python -S -c 'from gil_scaling.launch.__main__ import run; run()' {wildcards.run:q} {output:q} {log:q} || "
        "python -S -c 'from gil_scaling.launch.__main__ import run; run()' {wildcards.run:q} {output:q} {log:q} $?"


rule collect:
    """The records as tables."""
    input:
        *MEASURED,
        plan="<sweep>/plan.json",
        others=lambda wildcards: CALL.plan.tables_of_others(),
    output:
        update(SWEEP_TABLES),
        update("<sweep>/sets.json"),
    log:
        "<sweep>/logs/collect.log",
    message:
        "Making the tables"
    shell:
        "python -m gil_scaling.analysis.tables {input.plan:q} 2> {log:q}"


rule draw:
    """The figures that the tables allow: of each experiment, and of the whole sweep."""
    input:
        SWEEP_TABLES,
        lambda _: CALL.explained(WHY_TABLES),
        sets="<sweep>/sets.json",
    output:
        report(
            update(directory("<sweep>/figures")),
            patterns=["{figure,[a-z_]+}.svg", "{figure,[a-z_]+}-{experiment}.svg"],
            caption="config/report/figure.rst",
            category=lambda wildcards: wildcards.get("experiment", "The whole sweep"),
            labels=lambda wildcards: {"question": title(wildcards.figure)},
        ),
    log:
        "<sweep>/logs/draw.log",
    threads: lambda wildcards: workflow.cores
    params:
        sweep=subpath(output[0], parent=True),
        captions=lambda wildcards, output: captions(output[0]),  # for Snakemake's own report, which is made afterwards
    message:
        "Drawing the figures and writing the report"
    shell:
        "python -m gil_scaling.analysis.figures {params.sweep:q} {threads} 2> {log:q}"


rule page:
    """The report as a page."""
    input:
        SWEEP_TABLES,
        lambda _: CALL.explained(WHY_TABLES),
        sets="<sweep>/sets.json",
        figures="<sweep>/figures",
    output:
        page=update("<sweep>/report.html"),
        text=update("<sweep>/report.md"),
        answers=update("<sweep>/answers.txt"),
        junit=update("<sweep>/junit.xml"),
    log:
        "<sweep>/logs/page.log",
    params:
        folder=subpath(output.page, parent=True),
        below=CALL.names.comparison.min_ceiling,
    shell:
        "python -m gil_scaling.analysis.report {params.folder:q} {params.below:q} 2> {log:q}"


rule verdict:
    """Shows the answers, and fails where a run failed or a limit is exceeded, after everything else is made."""
    input:
        failures="<sweep>/tables/failures.csv",
        answers="<sweep>/answers.txt",
        junit="<sweep>/junit.xml",
    output:
        "<sweep>/verdict.txt",
    log:
        "<sweep>/logs/verdict.log",
    shell:
        "python -S -m gil_scaling.analysis.report.verdict {input.junit:q} {input.answers:q} {input.failures:q} > {output:q} 2> {log:q} "
        "|| failed=1; cat {output:q} {log:q} >&2; exit ${{failed:-0}}"


include: "scripts/rules/look.smk"
include: "scripts/rules/exchange.smk"
include: "scripts/rules/compare.smk"
include: "scripts/rules/check.smk"
include: "scripts/rules/why.smk"
include: "scripts/rules/prune.smk"
include: "scripts/rules/relock.smk"
include: "scripts/rules/machines.smk"
