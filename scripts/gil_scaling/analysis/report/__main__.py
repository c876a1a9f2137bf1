"""Builds the report of a sweep: `python -m gil_scaling.analysis.report results/<machine>/<sweep>/plan.json REPORT.html REPORT.md`."""

import sys
from pathlib import Path

from gil_scaling.analysis import facts
from gil_scaling.analysis.report import markdown
from gil_scaling.analysis.report.content import content
from gil_scaling.analysis.report.page import render
from gil_scaling.result_set import write_text


def main(plan, page, text):
    """Writes the page, and what of it is fit for pasting elsewhere."""
    found = content(Path(plan))
    write_text(page, render(found))
    write_text(text, markdown.render(found))


if __name__ == "__main__":
    with facts.ending_where_unusable():
        main(*sys.argv[1:])
