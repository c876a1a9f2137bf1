# The comparison of several result sets; no other rule depends on it.


rule compare:
    """The comparison of the result sets that the config names, or of all; measures nothing."""
    input:
        "results/compare/report.html",
        "results/compare/report.md",
        "results/compare/junit.xml",
        "results/compare/verdict.txt",


rule contrast:
    """The tables and figures of several result sets."""
    output:
        update(expand("results/compare/tables/{table}.csv", table=TABLES)),
        sets=update("results/compare/sets.json"),
        figures=update(directory("results/compare/figures")),
    log:
        "results/compare/logs/contrast.log",
    threads: lambda wildcards: workflow.cores
    params:
        state=lambda _: CALL.names.comparison.digest,  # the sets are other sweeps' outputs, which are not to be made anew: no inputs
        sets=lambda _: CALL.names.comparison.file,
        folder=subpath(output.sets, parent=True),
    message:
        "Comparing the result sets"
    shell:
        "(python -m gil_scaling.analysis.tables {params.sets:q} {params.folder:q} "
        "&& python -m gil_scaling.analysis.figures {params.folder:q} {threads}) 2> {log:q} "
        "|| failed=1; cat {log:q} >&2; exit ${{failed:-0}}"


rule page_of_sets:
    """The report of several result sets as a page."""
    input:
        expand("results/compare/tables/{table}.csv", table=TABLES),
        sets="results/compare/sets.json",
        figures="results/compare/figures",
    output:
        page=update("results/compare/report.html"),
        text=update("results/compare/report.md"),
        answers=update("results/compare/answers.txt"),
        junit=update("results/compare/junit.xml"),
    log:
        "results/compare/logs/page_of_sets.log",
    params:
        folder=subpath(output.page, parent=True),
        below=CALL.names.comparison.min_ceiling,
        slower=CALL.names.comparison.fail_if_slower,
    shell:
        "python -m gil_scaling.analysis.report {params.folder:q} {params.below:q} {params.slower:q} 2> {log:q} "
        "|| failed=1; cat {log:q} {output.answers:q} >&2; exit ${{failed:-0}}"


rule gate:
    """Fails where a combination is beyond what fail_if_slower or fail_if_below allows."""
    input:
        "results/compare/junit.xml",
    output:
        "results/compare/verdict.txt",
    log:
        "results/compare/logs/gate.log",
    shell:
        "python -S -m gil_scaling.analysis.report.verdict {input:q} > {output:q} 2> {log:q} || failed=1; "
        "cat {output:q} {log:q} >&2; exit ${{failed:-0}}"
