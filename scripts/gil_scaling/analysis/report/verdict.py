"""Prints the answers of a sweep; exits with status 1 where a run failed.

`python -S -m gil_scaling.analysis.report.verdict ANSWERS FAILURES`, the paths of answers.txt and of failures.csv. Standard
library only, so that it does not wait for imports.
"""

import csv
import sys
from pathlib import Path


def main(answers: str | Path, failures: str | Path) -> None:
    """Prints the answers, and that all runs are ok; raises SystemExit where a run failed."""
    print(Path(answers).read_text(encoding="utf-8"), end="")
    with open(failures, encoding="utf-8", newline="") as file:
        failed = sum(1 for _ in csv.reader(file)) - 1
    if failed:
        raise SystemExit(
            f"{failed:,} run{'' if failed == 1 else 's'} failed; see {failures}, the report, and their stderr in logs/runs/."
        )
    print("Every supported run is ok.")


if __name__ == "__main__":
    main(*sys.argv[1:])
