"""Changes objects that workers share, before they begin, to see what the sharing costs them.

An immortal object has no reference count to contend for; of an object of which each worker has a copy, there is nothing to
contend for. A process in which objects were made immortal is good for nothing else.
"""

import copy
import functools
import sys
from _thread import get_ident
from types import FunctionType

from gil_scaling.measure.check import Unsupported
from gil_scaling.measure.objects import ARGUMENT, ATTRIBUTE, CELL, CONSTANT, DEFAULT, ITEM, SHARED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gil_scaling.measure.interfaces import Job, Record
    from gil_scaling.measure.objects import Address
    from gil_scaling.measure.worker import Shared
    from gil_scaling.measure.workload import Workload

IMMORTAL, COPIES = "immortal", "copies"

_STEPS: "dict[str, Callable[[Any, Any], Any]]" = {
    ITEM: lambda value, key: value[key],
    ATTRIBUTE: lambda value, name: vars(value)[name] if isinstance(value, type) else getattr(value, name),
    DEFAULT: lambda value, index: value.__defaults__[index],
    CONSTANT: lambda value, index: value.__code__.co_consts[index],
    CELL: lambda value, index: value.__closure__[index].cell_contents,
}


def change(changes: "list[Record]", job: "Job", workload: "Workload") -> None:
    """Changes objects of a job that is about to run, and its workload: {"how": IMMORTAL or COPIES, "addresses"} each.

    A copy is of the root of an address: of all that the tasks share, or of a global. Raises Unsupported where an object, or this
    build, does not allow it.
    """
    for each in changes:
        if each["how"] == IMMORTAL:
            for address in each["addresses"]:
                _make_immortal(_resolve(address, job))
    for root in [address[0] for each in changes if each["how"] == COPIES for address in each["addresses"]]:
        if root[0] == SHARED:
            job.shared = _OwnShared(job.shared, workload)  # type: ignore[assignment]
        else:
            workload.task = _TaskOnCopies(workload.module.task, *root[1:])


def _resolve(address: "Address", job: "Job") -> "Any":
    """The object at an address."""
    (root, *names), *steps = address
    if root == SHARED:
        (value,) = job.shared.arguments()
    elif root == ARGUMENT:
        value = job.arguments[names[0]]
    else:
        value = vars(sys.modules[names[0]])[names[1]]
    for step, key in steps:
        value = _STEPS[step](value, key)
    return value


def _make_immortal(value: "Any") -> None:
    """Not by the documented PyUnstable_SetImmortal of 3.15: that refuses an object to which anything else refers."""
    import ctypes

    function = getattr(ctypes.pythonapi, "_Py_SetImmortal", None)
    if function is None:
        raise Unsupported("this build does not export _Py_SetImmortal")
    function.argtypes, function.restype = [ctypes.py_object], None
    function(value)


def _copy(value: "Any") -> "Any":
    """A copy of a cache or a built-in container; raises Unsupported for all else.

    Copies of instances would keep their attributes in another way, which takes other times.
    """
    if hasattr(value, "cache_parameters"):  # of functools.lru_cache
        return functools.lru_cache(**value.cache_parameters())(value.__wrapped__)
    if type(value) not in (dict, list, set):
        raise Unsupported(f"no copies of a {type(value).__name__}: only of dicts, lists, sets and lru_caches")
    try:
        return copy.deepcopy(value)
    except Exception as error:
        raise Unsupported(f"a {type(value).__name__} cannot be copied: {error}") from error


class _OwnShared:
    """In place of worker.Shared: each worker makes shared state of its own; the thread that made this keeps the original."""

    def __init__(self, shared: "Shared", workload: "Workload") -> None:
        self._by_thread = {get_ident(): shared.arguments()}
        self._make = workload.module.shared

    def arguments(self) -> "tuple[Any, ...]":
        """What a task takes after its argument."""
        thread = get_ident()
        if thread not in self._by_thread:
            self._by_thread[thread] = (self._make(),)
        return self._by_thread[thread]


class _TaskOnCopies:
    """A task that finds a copy per worker under the name of a global, as do the functions of its module that it calls."""

    def __init__(self, task: "Any", module: str, name: str) -> None:
        if type(task) is not FunctionType or task.__module__ != module:
            raise Unsupported(f"no copies of a global of {module}: the task is no function of that module")
        _copy(task.__globals__[name])  # raises what it would raise in a worker
        self._task, self._name = task, name
        self._by_thread: dict[int, FunctionType] = {}

    def __call__(self, *arguments: "Any") -> "Any":
        """Runs the task."""
        thread = get_ident()
        if thread not in self._by_thread:
            self._by_thread[thread] = _with_global(self._task, self._name, _copy(self._task.__globals__[self._name]))
        return self._by_thread[thread](*arguments)


def _with_global(task: FunctionType, name: str, value: "Any") -> FunctionType:
    """A copy of a function for which, and for the functions of its module, a global has another value."""
    namespace = {**task.__globals__, name: value}
    for key, each in task.__globals__.items():
        if type(each) is FunctionType and each.__globals__ is task.__globals__:
            namespace[key] = _on_globals(each, namespace)
    return _on_globals(task, namespace)


def _on_globals(function: FunctionType, namespace: "dict[str, Any]") -> FunctionType:
    made = FunctionType(function.__code__, namespace, function.__name__, function.__defaults__, function.__closure__)
    made.__kwdefaults__ = function.__kwdefaults__
    return made
