"""The libraries in this process that may start threads of their own, such as the BLAS of numpy."""

import os

_LIBRARIES = (  # how the names of its files begin, and the variable that limits its threads
    ("OpenBLAS", ("libopenblas", "libscipy_openblas"), "OPENBLAS_NUM_THREADS"),
    ("MKL", ("libmkl_",), "MKL_NUM_THREADS"),
    ("BLIS", ("libblis",), "BLIS_NUM_THREADS"),
    ("OpenMP", ("libgomp", "libomp.", "libomp-", "libiomp"), "OMP_NUM_THREADS"),
)


def thread_libraries(maps: str = "/proc/self/maps") -> "dict[str, str] | None":
    """{library: its limit, as VARIABLE=value} of those that are loaded; None where the system does not tell.

    maps: the file that lists what is mapped into this process, on Linux.
    """
    try:
        with open(maps, errors="replace") as file:
            names = {os.path.basename(line.rstrip("\n")) for line in file}
    except OSError:
        return None
    return {
        library: f"{variable}={os.environ.get(variable, '')}"
        for library, beginnings, variable in _LIBRARIES
        if any(name.startswith(beginnings) for name in names)
    }
