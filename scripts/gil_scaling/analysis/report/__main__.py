"""Writes the report of a folder with sets.json, tables/ and figures/.

`python -m gil_scaling.analysis.report FOLDER [BELOW [SLOWER]]`; BELOW: the share of the process ceiling in fail_if_below,
SLOWER: the percentage of fail_if_slower; None for no limit.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from gil_scaling.analysis.documents import exit_on_error
from gil_scaling.analysis.report import gate, junit, markdown, page
from gil_scaling.analysis.report.answers import main_answers
from gil_scaling.analysis.report.page_data import page_data
from gil_scaling.analysis.tables import read
from gil_scaling.result_set import SETS, TABLES, write_text


def main(folder: str | Path, below: str = "None", slower: str = "None") -> None:
    """Writes report.html, its answers and main tables as report.md, its main answers as answers.txt, the outcome as junit.xml."""
    folder = Path(folder)
    checks = list(_check(folder, below, slower))
    data = page_data(folder, checks)
    write_text(folder / "report.html", page.render(data))
    write_text(folder / "report.md", markdown.render(data))
    lines = [*main_answers(data["answers"]), *data["reenabled_gil"], *data["precision"]]
    write_text(folder / "answers.txt", "".join(f"{line}\n" for line in lines))
    summary = read(folder / TABLES, ("summary",))["summary"]
    write_text(folder / "junit.xml", junit.render(data["title"], summary, checks))


def _check(folder: Path, below: str, slower: str) -> Iterator[gate.Check]:
    """What the limits find; of several result sets of one machine the last is compared with the ceiling."""
    if slower != "None":
        yield gate.check_slower(read(folder / TABLES, ("changes", "one_sided")), float(slower))
    if below != "None":
        sets = json.loads((folder / SETS).read_text(encoding="utf-8"))["sets"]
        last = {each["machine"]: each["label"] for each in sets}
        yield gate.check_ceiling(read(folder / TABLES, ("summary",))["summary"], last.values(), float(below))


if __name__ == "__main__":
    with exit_on_error():
        main(*sys.argv[1:])
