"""Multiplying matrices with numpy: a BLAS that releases the GIL, and that may start threads of its own.

Unsupported where the build has no numpy. A run gives the BLAS one thread, unless the build's `env` sets OPENBLAS_NUM_THREADS or
the like. With the GIL and without: with one thread each, workers scale with the CPUs; with as many as there are CPUs, one worker
uses them all, and more workers only get in each other's way.
"""

from gil_scaling.measure.workloads import _numpy

available = _numpy.available


def tasks(size: int = 400, products: int = 20, count: int = 8) -> list[tuple[int, int, int]]:
    """`count` tasks that each multiply two matrices of size × size floats `products` times."""
    return [(number, size, products) for number in range(count)]


def task(argument: tuple[int, int, int]) -> float:
    """The sum over the last product: of whole numbers, so that it is exact in whatever order they are added."""
    import numpy

    number, size, products = argument
    first = (numpy.arange(size * size, dtype="float64").reshape(size, size) + number) % 10
    second = first.T.copy()
    for _ in range(products):
        result = first @ second
    return float(result.sum())
