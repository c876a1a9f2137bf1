"""Draws one figure of one experiment from the tables beside a plan."""

import sys
from pathlib import Path

from scripts.analysis import tables
from scripts.analysis.figures import _style, load


def main(figure, experiment, plan, out):
    """Writes the figure as SVG, with its question as title and its caption as description."""
    _style.theme()
    module = load(figure)
    drawn, caption = module.draw(tables.read(Path(plan).parent / "tables"), experiment)
    about = {"Title": module.TITLE, "Description": caption, "Date": None, "Creator": None}
    drawn.savefig(out, format="svg", metadata=about)


if __name__ == "__main__":
    main(*sys.argv[1:])
