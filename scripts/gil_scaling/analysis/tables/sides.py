"""Earlier names of what pairs.py and columns.py hold, until the figures have moved on."""

from gil_scaling.analysis.columns import AGAIN, BUILD, MACHINE  # noqa: F401


def named(found):
    """The tables, whose column build names each build as drawn."""
    return found


def against(row):
    """What the build of a row is compared with, as drawn."""
    return row["against_build"]
