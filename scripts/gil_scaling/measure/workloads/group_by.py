"""Grouping the rows of a data frame by a key and summing a column, `repeat` times per task.

`library` is pandas or polars; unsupported where the build does not have it. A run gives polars one thread, unless the build's
`env` sets POLARS_MAX_THREADS. With the GIL: threads gain, because both libraries release the GIL in their loops; those of pandas
wait for each other in the Python code around the loops, the more the smaller the frame. Without it: threads scale with the CPUs until
the memory bandwidth is used up; polars 2.1 has no wheel for such builds.
"""

from gil_scaling.measure.optional import explain_missing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Argument = tuple[int, int, int, int, str]


def available(backend_kind: str, library: str = "pandas") -> "str | None":
    """None, or why this build or backend cannot."""
    reason = explain_missing(library) if library in _SUM_BY_KEY else None
    if reason is None and backend_kind == "interpreters":
        return f"{library} can only be imported in the main interpreter of a process"
    return reason


def tasks(
    rows: int = 100_000, groups: int = 1000, repeat: int = 10, count: int = 8, library: str = "pandas"
) -> "list[Argument]":
    """`count` tasks that each make a frame of `rows` rows and sum one column by another `repeat` times."""
    if library not in _SUM_BY_KEY:
        raise ValueError(f"library: no library {library!r}. Known: {', '.join(_SUM_BY_KEY)}.")
    return [(number, rows, groups, repeat, library) for number in range(count)]


def task(argument: "Argument") -> tuple[int, int]:
    """The number of groups and the largest sum."""
    number, rows, groups, repeat, library = argument
    return _SUM_BY_KEY[library](number, rows, groups, repeat)


def _sum_with_pandas(number: int, rows: int, groups: int, repeat: int) -> tuple[int, int]:
    import numpy
    import pandas

    places = numpy.arange(number, number + rows)
    frame = pandas.DataFrame({"key": places * 7919 % groups, "value": places % 97})
    for _ in range(repeat):
        sums = frame.groupby("key")["value"].sum()
    return len(sums), int(sums.max())


def _sum_with_polars(number: int, rows: int, groups: int, repeat: int) -> tuple[int, int]:
    import polars

    place = polars.int_range(number, number + rows)
    frame = polars.select(key=place * 7919 % groups, value=place % 97)
    for _ in range(repeat):
        sums = frame.group_by("key").agg(polars.col("value").sum())
    return len(sums), int(sums["value"].max())


_SUM_BY_KEY: "dict[str, Callable[[int, int, int, int], tuple[int, int]]]" = {
    "pandas": _sum_with_pandas,
    "polars": _sum_with_polars,
}
