# What is sent to others: files of pyperf, and the result set as one archive.


rule pyperf:
    """The times of this sweep as files of pyperf, one for each build."""
    input:
        *TABULATED,
        "<sweep>/pyperf",


rule export:
    """The samples in the format of pyperf."""
    input:
        samples="<sweep>/tables/samples.csv",
        runs="<sweep>/tables/runs.csv",
        builds="<sweep>/tables/builds.csv",
    output:
        update(directory("<sweep>/pyperf")),
    log:
        "<sweep>/logs/export.log",
    params:
        tables=subpath(input.samples, parent=True),
    message:
        "Writing the files of pyperf"
    shell:
        "python -m gil_scaling.analysis.exchange.pyperf {params.tables:q} {output:q} 2> {log:q}"


# Without an output it is done at each call: the archive also holds the other sweeps of the machine, which are no inputs.
rule bundle:
    """The result set of this machine as one archive to send."""
    input:
        *REPORTED,
        "<sweep>/pyperf",
        page="<sweep>/report.html",
    log:
        "<set>/logs/bundle.log",
    params:
        folder=subpath(input.page, ancestor=2),
        archive=CALL.names.archive,
    message:
        "Packing the archive"
    shell:
        "python -m gil_scaling.analysis.exchange.pack {params.folder:q} {params.archive:q} 2> {log:q}"
