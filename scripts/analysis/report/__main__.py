"""Builds the report of a sweep: `python -m scripts.analysis.report results/<machine>/<sweep>/plan.json report.html`."""

import sys
from pathlib import Path

from scripts.analysis.report.content import content
from scripts.analysis.report.page import render
from scripts.record import write_text


def main(plan, out):
    """Writes the page."""
    write_text(out, render(content(Path(plan))))


if __name__ == "__main__":
    main(*sys.argv[1:])
