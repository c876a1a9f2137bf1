"""Writes the report of a folder with sets.json, tables/ and figures/: `python -m gil_scaling.analysis.report FOLDER`."""

import sys
from pathlib import Path

from gil_scaling.analysis.report import markdown, page
from gil_scaling.analysis.report.answers import main_answers
from gil_scaling.analysis.report.page_data import page_data
from gil_scaling.result_set import write_text


def main(folder: str | Path) -> None:
    """Writes report.html, its answers and main tables as report.md, and its main answers as answers.txt."""
    data = page_data(Path(folder))
    write_text(Path(folder, "report.html"), page.render(data))
    write_text(Path(folder, "report.md"), markdown.render(data))
    lines = [*main_answers(data["answers"]), *data["precision"]]
    write_text(Path(folder, "answers.txt"), "".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    main(sys.argv[1])
