# The comparison of several result sets; no other rule depends on it.


rule compare:
    """What the result sets named by the config say together; measures nothing."""
    input:
        "results/compare/report.html",
        "results/compare/report.md",
        "results/compare/verdict.txt",


rule contrast:
    """The tables, figures and page of several result sets."""
    output:
        update(expand("results/compare/tables/{table}.csv", table=TABLES)),
        page=update("results/compare/report.html"),
        text=update("results/compare/report.md"),
        answers=update("results/compare/answers.txt"),
        sets=update("results/compare/sets.json"),
        figures=update(directory("results/compare/figures")),
    log:
        "results/compare/logs/contrast.log",
    threads: lambda wildcards: workflow.cores
    params:
        state=lambda _: CALL.names.comparison.digest,  # the sets are other sweeps' outputs, which are not to be made anew: no inputs
        sets=lambda _: CALL.names.comparison.file,
        folder=subpath(output.page, parent=True),
    message:
        "Comparing the result sets"
    shell:
        "(python -m gil_scaling.analysis.tables {params.sets:q} {params.folder:q} "
        "&& python -m gil_scaling.analysis.figures {params.folder:q} {threads} "
        "&& python -m gil_scaling.analysis.report {params.folder:q}) 2> {log:q} "
        "|| failed=1; cat {log:q} {output.answers:q} >&2; exit ${{failed:-0}}"


rule gate:
    """Fails where a combination became slower by more than fail_if_slower allows."""
    input:
        expand("results/compare/tables/{table}.csv", table=("changes", "one_sided")),
        page="results/compare/report.html",
    output:
        "results/compare/verdict.txt",
    log:
        "results/compare/logs/gate.log",
    params:
        folder=subpath(input.page, parent=True),
        limit=CALL.names.comparison.fail_if_slower,
    shell:
        "python -m gil_scaling.analysis.report.gate {params.folder:q} {params.limit:q} > {output:q} 2> {log:q} || failed=1; "
        "cat {output:q} {log:q} >&2; exit ${{failed:-0}}"
