"""One call of numpy after the other, on arrays of `size` elements: how much of a call do threads share?

`operation` is one of those that numpy's developers measure: add_out, add, plus, add_mixed, add_reduce, sin, sin_scalar, sinc and
times_pi, which multiplies by the constant `np.pi`. Meant for `scaling: weak` and `start: together`. Unsupported where the build has
no numpy. With the GIL: threads take turns on small arrays; with 100,000 elements they scale, because numpy releases the GIL in the
loop. Without it: large arrays scale with the CPUs; small ones as far as the function, the type of the elements and the
constant, which all threads share, let them: each call changes their reference counts.
"""

from gil_scaling.measure.workloads import _numpy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Argument = tuple[int, str, int, int]

available = _numpy.available


def tasks(operation: str = "sin", size: int = 4, turns: int = 200_000, count: int = 8) -> "list[Argument]":
    """`count` tasks that each call the operation `turns` times."""
    if operation not in OPERATIONS:
        raise ValueError(f"operation: no operation {operation!r}. Known: {', '.join(OPERATIONS)}.")
    return [(number, operation, size, turns) for number in range(count)]


def task(argument: "Argument") -> float:
    """The sum over the last result."""
    import numpy

    number, operation, size, turns = argument
    numbers, ones = numpy.arange(size, dtype="float64"), numpy.full(size, number + 1.0)
    return float(numpy.sum(OPERATIONS[operation](numpy, numbers, ones, turns)))


def _add_out(numpy: "Any", a: "Any", b: "Any", turns: int) -> "Any":
    result = numpy.empty_like(a)
    for _ in range(turns):
        numpy.add(a, b, out=result)
    return result


def _add(numpy: "Any", a: "Any", b: "Any", turns: int) -> "Any":
    for _ in range(turns):
        result = numpy.add(a, b)
    return result


def _plus(numpy: "Any", a: "Any", b: "Any", turns: int) -> "Any":
    for _ in range(turns):
        result = a + b
    return result


def _add_mixed(numpy: "Any", a: "Any", b: "Any", turns: int) -> "Any":
    """Elements of two types: numpy has to find the conversion."""
    b = b.astype("int64")
    for _ in range(turns):
        result = numpy.add(a, b)
    return result


def _add_reduce(numpy: "Any", a: "Any", b: "Any", turns: int) -> "Any":
    for _ in range(turns):
        result = numpy.add.reduce(a)
    return result


def _sin(numpy: "Any", a: "Any", b: "Any", turns: int) -> "Any":
    for _ in range(turns):
        result = numpy.sin(a)
    return result


def _sin_scalar(numpy: "Any", a: "Any", b: "Any", turns: int) -> "Any":
    """A scalar of numpy in place of an array."""
    scalar = b[0]
    for _ in range(turns):
        result = numpy.sin(scalar)
    return result


def _sinc(numpy: "Any", a: "Any", b: "Any", turns: int) -> "Any":
    """A function that numpy writes in Python."""
    for _ in range(turns):
        result = numpy.sinc(a)
    return result


def _times_pi(numpy: "Any", a: "Any", b: "Any", turns: int) -> "Any":
    for _ in range(turns):
        result = a * numpy.pi
    return result


OPERATIONS: "dict[str, Callable[[Any, Any, Any, int], Any]]" = {
    function.__name__[1:]: function
    for function in (_add_out, _add, _plus, _add_mixed, _add_reduce, _sin, _sin_scalar, _sinc, _times_pi)
}
