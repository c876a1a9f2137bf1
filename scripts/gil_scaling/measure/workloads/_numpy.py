"""What the workloads of numpy share: whether the build has it, and a sum of arrays."""


def available(backend_kind):
    """None, or why this build or backend cannot."""
    try:
        import numpy  # noqa: F401
    except ImportError as error:
        return f"numpy cannot be imported in this Python: {error}".partition("\n")[0]
    if backend_kind == "interpreters":
        return "numpy can be imported in a process's main interpreter only"
    return None


def tasks(size, additions, count):
    """count tasks, each of which adds two arrays of size floats so often."""
    return [(number, size, additions) for number in range(count)]


def task(argument):
    """The sum over the last result."""
    import numpy

    number, size, additions = argument
    first = numpy.arange(size, dtype="float64")
    second = numpy.full(size, float(number))
    result = numpy.empty(size)
    for _ in range(additions):
        numpy.add(first, second, out=result)
    return float(result.sum())
