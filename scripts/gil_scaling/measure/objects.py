"""Finds the objects that lines of code share between workers: those whose reference count the workers contend for.

For free-threaded builds, in an extra run that nobody times. A candidate is an object that two or more workers load in a line,
neither immortal nor with deferred reference counts. An address leads to it in another process: a root, what the tasks get or a
global of a module, and the steps from there: [["shared"], ["item", "value"]].
"""

import os
import sys
from _thread import get_native_id
from collections import deque
from functools import cache
from itertools import islice
from types import FunctionType, MemberDescriptorType, ModuleType

from gil_scaling.measure import expressions
from gil_scaling.measure.user_code import is_library, is_measuring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType
    from typing import Any

    from gil_scaling.measure.interfaces import Job, Record

    Address = list[list[Any]]

SHARED, ARGUMENT, GLOBAL = "shared", "argument", "global"  # roots
ITEM, ATTRIBUTE, DEFAULT, CONSTANT, CELL = "item", "attribute", "default", "constant", "cell"  # steps

_newer: "Any" = sys  # with what older builds lack
_GC_BITS = 11  # offset of the byte ob_gc_bits in the objects of free-threaded builds, 3.13 to 3.15
_DEFERRED = 1 << 6  # _PyGC_BITS_DEFERRED
_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE
_OBSERVATIONS = 20  # of a line, per worker
_MAX_DEPTH, _MAX_PARTS, _MAX_VISITED = 5, 10_000, 100_000  # of the search for addresses


def available() -> "str | None":
    """Why this build does not show which objects workers contend for; None if it does."""
    if getattr(sys, "_is_gil_enabled", bool)() or not hasattr(sys, "_is_gil_enabled"):
        return "with the GIL no two workers use an object at once"
    if not hasattr(sys, "_is_immortal"):
        return "this build does not show which objects are immortal (from 3.14 on they do)"
    try:
        import ctypes  # noqa: F401
    except ImportError:
        return "this build has no ctypes, to read the header of an object"
    return None


def is_contended(value: "Any") -> bool:
    """Whether workers that load an object contend for its reference count."""
    import ctypes

    bits: int = ctypes.c_ubyte.from_address(id(value) + _GC_BITS).value
    return not _newer._is_immortal(value) and not bits & _DEFERRED


class Watch:
    """Sees, inside a with statement, which objects each worker loads in some lines. lines: {(real path, line)}."""

    _TOOL = 3  # of sys.monitoring; 0 to 2 and 5 have a meaning

    def __init__(self, lines: "set[tuple[str, int]]") -> None:
        self._lines = lines
        self._resolve = cache(os.path.realpath)
        self._main = get_native_id()
        self._loaded: dict[tuple[CodeType, int], list[Any]] = {}
        self._observations: dict[tuple[CodeType, int], dict[int, int]] = {}  # {place: {worker: how many}}
        self.values: dict[int, Any] = {}  # {id: object}, which keeps the object alive and its id unique
        self.workers: dict[tuple[str, int, Any, int], set[int]] = {}  # {(file, line, expression, id): workers}

    def __enter__(self) -> "Watch":
        monitoring = _newer.monitoring
        monitoring.use_tool_id(self._TOOL, "gil_scaling")
        monitoring.register_callback(self._TOOL, monitoring.events.LINE, self._observe)
        monitoring.set_events(self._TOOL, monitoring.events.LINE)
        return self

    def __exit__(self, *_: object) -> None:
        _newer.monitoring.set_events(self._TOOL, 0)
        _newer.monitoring.free_tool_id(self._TOOL)

    def _observe(self, code: "CodeType", line: int) -> "Any":
        """Called in the thread that is about to run a line."""
        if (self._resolve(code.co_filename), line) not in self._lines:
            return _newer.monitoring.DISABLE
        worker = get_native_id()
        if worker == self._main:
            return None
        place = code, line
        counts = self._observations.setdefault(place, {})
        counts[worker] = counts.get(worker, 0) + 1
        if counts[worker] <= _OBSERVATIONS:
            self._read(place, worker, is_first=counts[worker] == 1)
        elif len(counts) > 1 and min(list(counts.values())) > _OBSERVATIONS:
            return _newer.monitoring.DISABLE
        return None

    def _read(self, place: "tuple[CodeType, int]", worker: int, *, is_first: bool) -> None:
        code, line = place
        if place not in self._loaded:
            self._loaded[place] = expressions.with_items(expressions.loaded(code, line))
        frame = sys._getframe(2)
        for expression in self._loaded[place]:
            is_group = expression[0] == expressions.ITEMS
            value: Any = expressions.MISSING if is_group and not is_first else expressions.evaluate(expression, frame)
            if value is expressions.MISSING:
                continue
            for each in value[:_MAX_PARTS] if is_group else [value]:
                self.values[id(each)] = each
                self.workers.setdefault((self._resolve(code.co_filename), line, expression, id(each)), set()).add(
                    worker
                )


def candidates(watch: Watch, job: "Job") -> "list[Record]":
    """The contended objects that two or more workers load, per expression, in the order in which they were seen.

    Each is {"file", "line", "expression", "type", "objects", "addresses"}: objects is their number; addresses has those to which
    a way leads.
    """
    shared: dict[tuple[str, int, Any], list[int]] = {}
    for (file, line, expression, number), workers in watch.workers.items():
        if len(workers) > 1 and is_contended(watch.values[number]):
            shared.setdefault((file, line, expression), []).append(number)
    addresses = _find_addresses({number for numbers in shared.values() for number in numbers}, job)
    return [
        {
            "file": file,
            "line": line,
            "expression": expressions.text(expression),
            "type": type(watch.values[numbers[0]]).__name__,
            "objects": len(numbers),
            "addresses": [addresses[number] for number in numbers if number in addresses],
        }
        for (file, line, expression), numbers in shared.items()
    ]


def _find_addresses(numbers: "set[int]", job: "Job") -> "dict[int, Address]":
    """A shortest address of each object with one of these ids, of those that have one."""
    queue = deque(_roots(job))
    found: dict[int, Address] = {}
    visited: set[int] = set()
    while queue and len(found) < len(numbers) and len(visited) < _MAX_VISITED:
        address, value = queue.popleft()
        if id(value) not in visited:
            visited.add(id(value))
            if id(value) in numbers:
                found[id(value)] = address
            if len(address) <= _MAX_DEPTH:
                queue.extend(([*address, step], part) for step, part in islice(_parts(value), _MAX_PARTS))
    return found


def _roots(job: "Job") -> "Iterator[tuple[Address, Any]]":
    for value in job.shared.arguments():
        yield [[SHARED]], value
    for index, argument in enumerate(job.arguments):
        yield [[ARGUMENT, index]], argument
    for module_name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if type(module) is ModuleType and file and not is_library(file) and not is_measuring(file):
            for name, value in list(vars(module).items()):
                if type(value) is not ModuleType:
                    yield [[GLOBAL, module_name, name]], value


def _parts(value: "Any") -> "Iterator[tuple[list[Any], Any]]":
    """(step, part) of what an object holds and a step can name."""
    for key, part in expressions.items(value):
        if type(key) in expressions.KEYS:
            yield [ITEM, key], part
    if type(value) is FunctionType:
        yield from _parts_of_function(value)
    elif isinstance(value, type):
        if value.__flags__ & _HEAP_TYPE:
            yield from (([ATTRIBUTE, name], part) for name, part in list(vars(value).items()))
    else:
        yield from (([ATTRIBUTE, name], part) for name, part in list(getattr(value, "__dict__", {}).items()))
        for name in _slots(type(value)):
            part = expressions.attribute(value, name)
            if part is not expressions.MISSING:
                yield [ATTRIBUTE, name], part


def _parts_of_function(function: FunctionType) -> "Iterator[tuple[list[Any], Any]]":
    for index, part in enumerate(function.__defaults__ or ()):
        yield [DEFAULT, index], part
    for index, part in enumerate(function.__code__.co_consts):
        yield [CONSTANT, index], part
    for index, cell in enumerate(function.__closure__ or ()):
        try:
            yield [CELL, index], cell.cell_contents
        except ValueError:  # it is empty
            continue


def _slots(kind: type) -> "Iterator[str]":
    for each in kind.__mro__:
        if each.__flags__ & _HEAP_TYPE:
            yield from (name for name, member in list(vars(each).items()) if type(member) is MemberDescriptorType)
