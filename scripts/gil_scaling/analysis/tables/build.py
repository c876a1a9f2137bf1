"""Earlier names of what tables/__init__.py holds, until its users have moved on."""

from pathlib import Path

from gil_scaling.analysis.tables import make as tables  # noqa: F401
from gil_scaling.analysis.tables import of_experiment  # noqa: F401
from gil_scaling.analysis.tables import read as _read
from gil_scaling.analysis.tables.__main__ import main  # noqa: F401


def read(folder, chosen=None):
    """The tables in a folder."""
    return _read(Path(folder)) if chosen is None else _read(Path(folder), tuple(chosen))
