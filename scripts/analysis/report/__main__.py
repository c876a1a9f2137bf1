"""Builds the report of a sweep: `python -m scripts.analysis.report results/<machine>/<sweep>/plan.json REPORT.html REPORT.md`."""

import sys
from pathlib import Path

from scripts.analysis import facts
from scripts.analysis.report import markdown
from scripts.analysis.report.content import content
from scripts.analysis.report.page import render
from scripts.record import write_text


def main(plan, page, text):
    """Writes the page, and what of it is fit for pasting elsewhere."""
    found = content(Path(plan))
    write_text(page, render(found))
    write_text(text, markdown.render(found))


if __name__ == "__main__":
    with facts.ending_where_unusable():
        main(*sys.argv[1:])
