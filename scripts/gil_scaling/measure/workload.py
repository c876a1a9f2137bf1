"""Loads workloads and backends from their files and calls a workload's functions with the parameters that they name.

Every worker imports this module, and importing is part of what a process costs: it stays light.
"""

import importlib
import os
import sys
from contextlib import nullcontext

PACKAGE = "gil_scaling.measure.workloads"
_BACKENDS = "gil_scaling.measure.backends"

_loaded = {}


class Workload:
    """A workload file, loaded; it crosses to other processes and interpreters as its reference alone."""

    __slots__ = ("has_shared", "module", "reference", "task")

    def __init__(self, reference, module):
        for member in ("tasks", "task"):
            if not callable(getattr(module, member, None)):
                raise TypeError(f"workload {reference!r} lacks the function {member!r}")
        self.reference = reference
        self.module = module
        self.task = module.task
        self.has_shared = hasattr(module, "shared")

    def __reduce__(self):
        return load, (self.reference,)

    def tasks(self, params, **extra):
        """The list of task arguments; `context` and `workers` come from extra where `tasks` names them."""
        function = self.module.tasks
        return list(function(**params, **named_of(function, extra)))

    def open_context(self, params):
        """The workload's context manager, called with those of the params that it names; one of nothing without."""
        context = getattr(self.module, "context", None)
        return nullcontext() if context is None else context(**named_of(context, params))

    def hook(self, name, *arguments):
        """Calls `check` or `metrics` where the workload has it, with as many arguments as it takes."""
        function = getattr(self.module, name, None)
        if function is None:
            return None
        return function(*arguments[: _unwrapped(function).__code__.co_argcount])


def load(reference):
    """The workload of a name in this package or of a path to a file, loaded once per interpreter.

    Raises ImportError or whatever the file raises, TypeError where it lacks `tasks` or `task`.
    """
    workload = _loaded.get(reference)
    if workload is None:
        workload = _loaded[reference] = Workload(reference, load_module(reference, PACKAGE))
    return workload


def load_backend(reference):
    """The module of a backend, by its name in this package or the path of its file.

    What it does not declare is set as for a custom backend: kind "threads", no form by hand, no start together.
    """
    backend = load_module(reference, _BACKENDS)
    for name, default in (("kind", "threads"), ("together", False), ("by_hand", None)):
        if not hasattr(backend, name):
            setattr(backend, name, default)
    return backend


def load_module(reference, package):
    """The module of a name in a package, or of a path; raises ImportError or whatever the file raises."""
    if os.sep not in reference:
        return importlib.import_module(f"{package}.{reference}")
    from importlib.util import module_from_spec, spec_from_file_location

    folder, file = os.path.split(reference)
    if folder not in sys.path:
        sys.path.append(folder)  # last: a user's queue.py must not hide the standard library's
    name = os.path.splitext(file)[0]
    if name in sys.modules or name in getattr(sys, "stdlib_module_names", ()):
        name = f"own_{name}"
    spec = spec_from_file_location(name, reference)
    module = module_from_spec(spec)
    sys.modules[name] = module  # before it runs, so that what it defines can be pickled
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def named_of(function, values):
    """Those of the values whose names are parameters of the function."""
    code = _unwrapped(function).__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return {name: values[name] for name in names if name in values}


def _unwrapped(function):
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function
