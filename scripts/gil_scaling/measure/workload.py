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


_GUARD = 'move it under `if __name__ == "__main__":`'
_COROUTINE, _VARARGS = 0x80, 0x04  # flags of code objects, as in inspect, which workers do without
_HOOKS = ("tasks", "task", "task_async", "context", "shared", "before_sample", "check", "metrics", "segments")


class Workload:
    """A loaded workload file; pickled as its reference alone.

    task: the function that runs a task; task_async: its coroutine form, None without one; is_coroutine: whether there is no
    blocking form: then task is the coroutine form, too; opened: (id of the process that opened its context, the context).
    """

    __slots__ = ("has_shared", "is_coroutine", "module", "opened", "reference", "task", "task_async")

    def __init__(self, reference: str, module: "Any") -> None:
        for name in _HOOKS:
            function = getattr(module, name, None)
            if function is not None and not callable(function):
                raise TypeError(
                    f"{name!r} of workload {reference!r} is {function!r:.60}, not a function: rename it, or see the README"
                )
            if function is not None and not name.startswith("task_") and name != "task" and _is_coroutine(function):
                raise TypeError(
                    f"{name!r} of the workload is `async def`, but nothing awaits it: make it a plain function"
                )
        self.task: Any = getattr(module, "task", None) or getattr(module, "task_async", None)
        for name, function in (("tasks", getattr(module, "tasks", None)), ("task", self.task)):
            if function is None:
                raise TypeError(f"workload {reference!r} lacks the function {name!r}")
        self.reference = reference
        self.module = module
        self.is_coroutine = _is_coroutine(self.task)
        self.task_async: Any = getattr(module, "task_async", self.task if self.is_coroutine else None)
        self.has_shared = hasattr(module, "shared")
        self.opened: tuple[int | None, Any] = None, None

    def __reduce__(self) -> "tuple[Any, ...]":
        return load, (self.reference,)

    def tasks(self, params: "dict[str, Any]", **extra: "Any") -> "list[Any]":
        """The list of task arguments; `context` and `workers` come from extra where `tasks` names them."""
        function = self.module.tasks
        made = function(**params, **select_parameters(function, extra))
        if not hasattr(made, "__iter__") and not hasattr(made, "__getitem__"):
            raise TypeError(f"tasks() returned {made!r:.60}: it must return the list of the tasks' arguments")
        return list(made)

    def open_context(self, params: "dict[str, Any]") -> "AbstractContextManager[Any]":
        """The workload's context manager, called with those params that it names; an empty one without."""
        from contextlib import nullcontext  # here, as workers do without it

        context = getattr(self.module, "context", None)
        made: Any = nullcontext() if context is None else context(**select_parameters(context, params))
        if not hasattr(made, "__exit__"):
            raise TypeError(
                f"context() returned a {type(made).__name__}: it must return a context manager, as a function does that "
                "yields once under `@contextlib.contextmanager`"
            )
        return made  # type: ignore[no-any-return]

    def call_hook(self, name: str, *arguments: "Any") -> "Any":
        """Calls an optional function such as `check` with as many arguments as it takes; None where there is none."""
        function = getattr(self.module, name, None)
        if function is None:
            return None
        required, most = _positional(function)
        if required > len(arguments):
            raise TypeError(
                f"{name!r} of the workload takes {required} arguments, but is called with {len(arguments)}: results, "
                "arguments and what the tasks share. Rename it if it is not meant for this"
            )
        return function(*arguments[:most])


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


def find_obstacle(spec: "dict[str, Any]", backend: "Any", workload: "Any") -> "str | None":
    """Why the hooks `available` of a backend and a workload say that this build cannot run a combination, or None.

    spec: with backend, backend_params and params. The hooks import the packages that the combination needs.
    """
    facts = {"backend": spec["backend"], "backend_kind": backend.kind, "by_hand": backend.by_hand}
    for part, params in ((backend, spec["backend_params"]), (workload, spec["params"])):
        available = getattr(part, "available", None)
        reason: str | None = available(**select_parameters(available, {**params, **facts})) if available else None
        if reason:
            return reason
    return None


def _load_module(reference: str, package: str) -> "Any":
    """The module of a name in a package, or of a path; raises ImportError or whatever the file raises."""
    if os.sep not in reference:
        return _import(f"{package}.{reference}")
    try:
        return _load_file(reference)
    except SystemExit as error:
        raise ImportError(f"the file parses sys.argv at import, or exits (SystemExit: {error}); {_GUARD}") from error
    except Exception as error:
        if _starts_processes(error):
            raise ImportError(
                f"the file starts processes at import ({type(error).__name__}: {error}); {_GUARD}"
            ) from error
        raise


def _starts_processes(error: Exception) -> bool:
    """Whether an exception comes from multiprocessing: a new process imports the workload, and thus starts another one."""
    traceback = error.__traceback__
    while traceback is not None:
        if str(traceback.tb_frame.f_globals.get("__name__")).startswith("multiprocessing."):
            return True
        traceback = traceback.tb_next
    return type(error).__name__ == "BrokenProcessPool"


def _import(name: str) -> "Any":
    __import__(name)  # importlib would be one more import per worker
    return sys.modules[name]


def _load_file(reference: str) -> "Any":
    """The module of a file: by itself, or as a member of the package whose path follows // in the reference."""
    root, _, member = reference.rpartition("//")
    if root:
        _add_folder(root)
        return _import(os.path.splitext(member)[0].replace(os.sep, "."))
    from importlib.util import module_from_spec, spec_from_file_location

    folder, file = os.path.split(reference)
    _add_folder(folder)
    name = os.path.splitext(file)[0].replace(".", "_")  # a dotted name would be that of a package's module
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


def _add_folder(folder: str) -> None:
    """Makes the modules of a folder importable, after the standard library: a user's queue.py must not hide another."""
    if folder not in sys.path:
        installed = (place for place, path in enumerate(sys.path) if path.endswith(("site-packages", "dist-packages")))
        sys.path.insert(next(installed, len(sys.path)), folder)


def select_parameters(function: "Callable[..., Any]", values: "dict[str, Any]") -> "dict[str, Any]":
    """Those values whose names are parameters of the function."""
    code = _code(function)
    if code is None:
        from inspect import signature  # here, because few callables are no functions

        return {name: values[name] for name in signature(function).parameters if name in values}
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return {name: values[name] for name in names if name in values}


def _positional(function: "Callable[..., Any]") -> "tuple[int, int | None]":
    """How many positional arguments a function requires, and takes at most; None: any number."""
    code = _code(function)
    if code is None:
        from inspect import Parameter, signature

        parameters = list(signature(function).parameters.values())
        taken = [
            each for each in parameters if each.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
        ]
        required = sum(each.default is Parameter.empty for each in taken)
        has_more = any(each.kind is Parameter.VAR_POSITIONAL for each in parameters)
        return required, None if has_more else len(taken)
    required = code.co_argcount - len(_unwrap(function).__defaults__ or ())
    return required, None if code.co_flags & _VARARGS else code.co_argcount


def _code(function: "Any") -> "Any":
    """The code of a function, also of a decorated one; None for any other callable, such as a partial or an object."""
    function = _unwrap(function)
    return function.__code__ if type(function).__name__ == "function" else None


def _is_coroutine(function: "Any") -> bool:
    """Whether calling it gives a coroutine: an `async def`, a partial of one, or an object whose __call__ is one."""
    while hasattr(function, "func"):
        function = function.func
    code = _code(function) or _code(getattr(function, "__func__", None)) or _code(type(function).__call__)
    return code is not None and bool(code.co_flags & _COROUTINE)


def _unwrap(function: "Any") -> "Any":
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function
