"""Prints how precise the numbers are; exits with status 1 where a run failed.

`python -m gil_scaling.analysis.report.verdict FOLDER`, the folder of the report.
"""

import sys
from pathlib import Path

from gil_scaling.analysis import phrases
from gil_scaling.analysis.report.precision import describe_precision
from gil_scaling.analysis.tables import read


def main(folder: str | Path) -> None:
    """Prints the rounds that more precision takes; raises SystemExit where a run failed."""
    tables = read(Path(folder, "tables"), ("failures", "summary"))
    precision = describe_precision(tables["summary"])
    if precision:
        print(precision)
    failed = len(tables["failures"])
    if failed:
        raise SystemExit(
            f"{phrases.format_count(failed, 'run')} failed; see {Path(folder, 'tables/failures.csv')}, the report, and "
            "their stderr in logs/runs/."
        )
    print("Every supported run is ok.")


if __name__ == "__main__":
    main(sys.argv[1])
