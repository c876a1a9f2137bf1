"""Shared by the numpy workloads: whether the build has numpy, and adding arrays."""

from gil_scaling.measure.optional import explain_missing


def available(backend_kind: str) -> "str | None":
    """None, or why this build or backend cannot."""
    reason = explain_missing("numpy")
    if reason is None and backend_kind == "interpreters":
        return "numpy can only be imported in the main interpreter of a process"
    return reason


def tasks(size: int, additions: int, count: int) -> list[tuple[int, int, int]]:
    """`count` tasks that each add two arrays of size floats `additions` times."""
    return [(number, size, additions) for number in range(count)]


def task(argument: tuple[int, int, int]) -> float:
    """The sum over the last result."""
    import numpy

    number, size, additions = argument
    first = numpy.arange(size, dtype="float64")
    second = numpy.full(size, float(number))
    result = numpy.empty(size)
    for _ in range(additions):
        numpy.add(first, second, out=result)
    return float(result.sum())
