"""Says how a sweep or comparison ended; exits with status 1 where a limit of the config is exceeded or a run failed.

`python -S -m gil_scaling.analysis.report.verdict JUNIT [ANSWERS FAILURES]`: the paths of junit.xml and, of a sweep, of
answers.txt and failures.csv. Standard library only, so that it does not wait for imports.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree


def main(junit: str | Path, answers: str | Path | None = None, failures: str | Path | None = None) -> None:
    """Prints the answers and what the limits found; raises SystemExit where something failed, after a line for each on stderr."""
    if answers:
        print(Path(answers).read_text(encoding="utf-8"), end="")
    reasons = list(_read_limits(junit, is_sweep=failures is not None))
    failed = _count_rows(failures) if failures else 0
    if failed:
        reasons.append(
            f"{failed:,} run{'' if failed == 1 else 's'} failed; see {failures}, the report, and their stderr in logs/runs/."
        )
    elif failures:
        print("Every supported run is ok.")
    if reasons:
        raise SystemExit("\n".join(reasons))


def _read_limits(junit: str | Path, *, is_sweep: bool) -> Iterator[str]:
    """Prints what each limit found; why it fails, where it does."""
    limits = [suite for suite in ElementTree.parse(junit).getroot() if suite.find("system-out") is not None]
    if not limits and not is_sweep:
        print("neither fail_if_slower nor fail_if_below is set: nothing was checked")
    for suite in limits:
        summary = suite.findtext("system-out")
        if summary:
            print(summary)
        for failure in suite.iter("failure"):
            print(failure.get("message"), file=sys.stderr)
        yield from filter(None, [suite.findtext("system-err")])


def _count_rows(table: str | Path) -> int:
    """The rows of a CSV file, without its head."""
    with open(table, encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


if __name__ == "__main__":
    main(*sys.argv[1:])
