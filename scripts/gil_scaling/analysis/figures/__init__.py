"""The figures: one file each, found by its place; `python -m gil_scaling.analysis.figures FOLDER` draws all.

A figure's module has
  TITLE     the question that it answers
  PLACE     its number in the report
  HEADLINE  optional: the words under which its answers open the report
  OF_SWEEP  optional: True draws it once for all experiments together instead of once for each
  draw(tables)  returns a Drawn (figure, answers in words, how to read it, data), or raises Missing with what is missing

Modules that the figures share: drawing, panels (a grid of axes), heatmap (tables of coloured cells), looks (colours, markers, orders).
"""

import importlib
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

from gil_scaling.result_set import INDEX

_PUNCTUATION = re.compile(r"([^\w\s])")
_SHARED = ("drawing", "heatmap", "looks", "panels")

_FILES = (path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))
NAMES = sorted(set(_FILES) - set(_SHARED))


def load(name: str) -> ModuleType:
    """The module of a figure."""
    return importlib.import_module(f"{__name__}.{name}")


def in_order() -> list[str]:
    """The names of all figures in the order in which the report shows them."""
    return sorted(NAMES, key=lambda name: (load(name).PLACE, name))


def title(name: str) -> str:
    """The question that a figure answers."""
    return str(load(name).TITLE)


def captions(folder: Path | str) -> dict[str, str]:
    """{name: caption as reStructuredText} of the figures drawn into a folder, for Snakemake's own report."""
    return {
        entry["name"]: _PUNCTUATION.sub(r"\\\1", entry["caption"]) for entry in read_index(folder) if entry["caption"]
    }


def read_index(folder: Path | str) -> list[dict[str, Any]]:
    """The entries of the figures of a folder, drawn or missing, as __main__ writes them; [] where there is no index.

    Keys: name (of the files), figure, experiment (None: all), title, headline, answers, caption, missing (None: drawn).
    """
    path = Path(folder, INDEX)
    entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return entries
