"""Separates the files of a user's code, workloads included, from the standard library and from the rest of this package."""

import os

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_WORKLOADS = os.path.join(_PACKAGE, "measure", "workloads") + os.sep
_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_INSTALLED = (_LIBRARY + "site-packages", _LIBRARY + "dist-packages")


def is_library(path: str) -> bool:
    """Whether code is of the standard library, or of no file, such as that of a dataclass."""
    return path.startswith("<") or (path.startswith(_LIBRARY) and not path.startswith(_INSTALLED))


def is_measuring(path: str) -> bool:
    """Whether code is of this package, other than a workload."""
    return path.startswith(_PACKAGE) and not path.startswith(_WORKLOADS)
