"""Says whether every run went well: `python -m scripts.analysis.verdict failures.csv`; the exit status is 1 if not."""

import csv
import sys


def main(failures):
    """Prints the failures to stderr and exits with 1, or prints that there are none."""
    with open(failures, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        print(f"{row['run']}: {row['status']}: {row['reason']}", file=sys.stderr)
    if rows:
        raise SystemExit(
            f"{len(rows)} of the runs failed; they are listed in {failures} and in the report, their stderr is in "
            "logs/runs/. The same command again repeats them, and them alone."
        )
    print("every supported run is ok")


if __name__ == "__main__":
    main(sys.argv[1])
