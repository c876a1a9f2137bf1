"""Says whether every run went well, and how precise the numbers are; exits with 1 where a run failed.

`python -m gil_scaling.analysis.report.verdict TABLES`, the folder of the tables of a sweep.
"""

import sys
from pathlib import Path

from gil_scaling.analysis import facts
from gil_scaling.analysis.report import trust
from gil_scaling.analysis.tables import build as tables


def main(folder):
    """Prints how many rounds more precision takes; then the failures to stderr and exits with 1, or that there are none."""
    found = tables.read(folder, ["failures", "summary"])
    said = trust.precision(found["summary"])
    if said:
        print(said)
    rows = found["failures"].to_dict("records")
    for row in rows:
        print(f"{row['run']}: {row['status']}: {row['reason']}", file=sys.stderr)
    if rows:
        raise SystemExit(
            f"{len(rows)} of the runs failed; they are listed in {Path(folder, 'failures.csv')} and in the report, their stderr is in "
            "logs/runs/. The same command again repeats them, and them alone."
        )
    print("every supported run is ok")


if __name__ == "__main__":
    with facts.ending_where_unusable():
        main(*sys.argv[1:])
