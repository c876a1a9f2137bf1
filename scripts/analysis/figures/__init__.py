"""The figures: one file each, found by its place; `python -m scripts.analysis.figures FIGURE EXPERIMENT PLAN.json OUT.svg`.

A figure's module has TITLE (the question that it answers), PLACE (its number in the report) and draw(tables, experiment),
which gives a matplotlib Figure and its caption.
"""

import importlib
from pathlib import Path

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))


def load(name):
    """The module of a figure."""
    return importlib.import_module(f"{__name__}.{name}")
