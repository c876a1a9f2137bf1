"""Prints how precise the numbers are, and the failed runs; exits with status 1 where a run failed.

`python -m gil_scaling.analysis.report.verdict FOLDER`, the folder of the report.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from gil_scaling.analysis import phrases
from gil_scaling.analysis.report.precision import describe_precision
from gil_scaling.analysis.tables import read

_NAMED = 3  # runs of a group of failures that are named


def main(folder: str | Path) -> None:
    """Prints the rounds that more precision takes; raises SystemExit where a run failed, after a line per cause on stderr."""
    tables = read(Path(folder, "tables"), ("failures", "summary"))
    precision = describe_precision(tables["summary"])
    if precision:
        print(precision)
    failures = tables["failures"]
    for line in describe_failures(failures):
        print(line, file=sys.stderr)
    if len(failures):
        raise SystemExit(
            f"{phrases.format_count(len(failures), 'run')} failed; see {Path(folder, 'tables/failures.csv')}, the report, and "
            "their stderr in logs/runs/. Run the same command again to repeat only these."
        )
    print("Every supported run is ok.")


def describe_failures(failures: pd.DataFrame) -> Iterator[str]:
    """A line per build, status and reason, with the runs, of which the first few are named."""
    failures = failures.assign(reason=failures["reason"].fillna("no reason known"))
    for (build, status, reason), rows in failures.groupby(["build", "status", "reason"], sort=False):
        more = len(rows) - _NAMED
        names = ", ".join(rows["run"].head(_NAMED)) + (f" and {more} more" if more > 0 else "")
        yield f"{status} on {build}: {reason} ({phrases.format_count(len(rows), 'run')}: {names})"


if __name__ == "__main__":
    main(sys.argv[1])
