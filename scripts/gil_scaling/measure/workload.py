"""Loads workloads and backends from their files and calls a workload's functions with the parameters that they name.

Every worker imports this module, and importing is part of what a process costs: it stays light.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import Any

    from gil_scaling.measure.interfaces import Backend

_WORKLOADS = "gil_scaling.measure.workloads"
_BACKENDS = "gil_scaling.measure.backends"

_loaded: "dict[str, Workload]" = {}


class Workload:
    """A loaded workload file; pickled as its reference alone."""

    __slots__ = ("has_shared", "module", "reference", "task")

    def __init__(self, reference: str, module: "Any") -> None:
        for name in ("tasks", "task"):
            if not callable(getattr(module, name, None)):
                raise TypeError(f"workload {reference!r} lacks the function {name!r}")
        self.reference = reference
        self.module = module
        self.task = module.task
        self.has_shared = hasattr(module, "shared")

    def __reduce__(self) -> "tuple[Any, ...]":
        return load, (self.reference,)

    def tasks(self, params: "dict[str, Any]", **extra: "Any") -> "list[Any]":
        """The list of task arguments; `context` and `workers` come from extra where `tasks` names them."""
        function = self.module.tasks
        return list(function(**params, **select_parameters(function, extra)))

    def open_context(self, params: "dict[str, Any]") -> "AbstractContextManager[Any]":
        """The workload's context manager, called with those params that it names; an empty one without."""
        from contextlib import nullcontext  # here, as workers do without it

        context = getattr(self.module, "context", None)
        return nullcontext() if context is None else context(**select_parameters(context, params))

    def call_hook(self, name: str, *arguments: "Any") -> "Any":
        """Calls an optional function such as `check` with as many arguments as it takes; None where there is none."""
        function = getattr(self.module, name, None)
        if function is None:
            return None
        return function(*arguments[: _unwrap(function).__code__.co_argcount])


def load(reference: str) -> Workload:
    """The workload of a name in this package or of a path to a file, loaded once per interpreter.

    Raises ImportError or whatever the file raises, TypeError where it lacks `tasks` or `task`.
    """
    workload = _loaded.get(reference)
    if workload is None:
        workload = _loaded[reference] = Workload(reference, _load_module(reference, _WORKLOADS))
    return workload


def load_backend(reference: str) -> "Backend":
    """The module of a backend, by its name in this package or the path of its file.

    A custom backend that declares nothing counts as threads that cannot start together, with no form by hand.
    """
    backend: Any = _load_module(reference, _BACKENDS)
    for name, default in (("kind", "threads"), ("together", False), ("by_hand", None)):
        if not hasattr(backend, name):
            setattr(backend, name, default)
    module: Backend = backend
    return module


def _load_module(reference: str, package: str) -> "Any":
    """The module of a name in a package, or of a path; raises ImportError or whatever the file raises."""
    if os.sep not in reference:
        name = f"{package}.{reference}"
        __import__(name)  # importlib would be one more import per worker
        return sys.modules[name]
    from importlib.util import module_from_spec, spec_from_file_location

    folder, file = os.path.split(reference)
    if folder not in sys.path:
        sys.path.append(folder)  # last: a user's queue.py must not hide the standard library's
    name = os.path.splitext(file)[0]
    if name in sys.modules or name in getattr(sys, "stdlib_module_names", ()):
        name = f"own_{name}"
    spec: Any = spec_from_file_location(name, reference)
    module = module_from_spec(spec)
    sys.modules[name] = module  # before it runs, so that what it defines can be pickled
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def select_parameters(function: "Callable[..., Any]", values: "dict[str, Any]") -> "dict[str, Any]":
    """Those values whose names are parameters of the function."""
    code = _unwrap(function).__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return {name: values[name] for name in names if name in values}


def _unwrap(function: "Any") -> "Any":
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function
