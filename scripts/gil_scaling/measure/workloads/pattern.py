"""What Python code is made of, piece by piece: which piece keeps threads from scaling on a free-threaded build?

`name` is one of 24 patterns, after those of CPython's ftscalingbench: a call, an object created, a constant loaded, again and
again. Meant for `scaling: weak`, where each worker does the whole work, and `start: together`. With the GIL: the
throughput stays that of one thread, whatever the pattern. Without it: it grows with the CPUs; a pattern whose throughput does
not grow shows what the threads contend for, a reference count or a lock that they share.
"""

import collections
import copy
import dataclasses
import math
import operator
import threading
import typing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


def tasks(name: str = "pyfunction", turns: int = 400_000) -> list[tuple[str, int]]:
    """One task: `turns` turns of a pattern, fewer for patterns with long turns."""
    if name not in PATTERNS:
        raise ValueError(f"name: no pattern {name!r}. Known: {', '.join(PATTERNS)}.")
    return [(name, turns)]


def task(argument: tuple[str, int]) -> "Any":
    """The result of the last turn."""
    name, turns = argument
    return PATTERNS[name](turns)


def _object_cfunction(turns: int) -> "Any":
    """C functions: methods of a local list."""
    items = [1] * 100
    for i in range(turns):
        items.pop()
        items.append(i)
    return items[-1]


def _cmodule_function(turns: int) -> "Any":
    """A function of a C module."""
    for i in range(turns):
        result = math.cos(i / 100)
    return round(result, 12)


def _object_lookup_special(turns: int) -> "Any":
    """A built-in that looks up a special method."""
    for i in range(turns):
        result = round(i / 3)
    return result


class _Manager:
    def __enter__(self) -> "_Manager":
        return self

    def __exit__(self, *error: object) -> None:
        return None


def _context_manager(turns: int) -> "Any":
    """A context manager written in Python."""
    manager = _Manager()
    for i in range(turns // 2):
        with manager:
            result = i
    return result


def _mult_constant(turns: int) -> "Any":
    """A number times a constant."""
    result = 1.0
    for _ in range(turns):
        result *= 1.000001
    return round(result, 9)


def _count_up(turns: int) -> "Iterator[int]":
    yield from range(turns)


def _generator(turns: int) -> "Any":
    """A generator."""
    for i in _count_up(turns):
        result = i
    return result


class _Thing:
    def __init__(self, value: int) -> None:
        self.value = value

    def method(self) -> int:
        return self.value


class _Derived(_Thing):
    def method(self) -> int:
        return super().method()

    @classmethod
    def class_method(cls, value: int) -> int:
        return value

    @staticmethod
    def static_method(value: int) -> int:
        return value


def _pymethod(turns: int) -> "Any":
    """A method written in Python."""
    thing = _Thing(3)
    for _ in range(turns):
        result = thing.method()
    return result


def _pyfunction(turns: int) -> "Any":
    """A Python function defined in the function that calls it."""

    def square(i: int) -> int:
        return i * i

    for i in range(turns):
        result = square(i)
    return result


def _square(i: int) -> int:
    return i * i


def _module_function(turns: int) -> "Any":
    """A Python function of the module."""
    for i in range(turns):
        result = _square(i)
    return result


def _load_string_const(turns: int) -> "Any":
    """A constant string."""
    result = 0
    for i in range(turns):
        if i == "a constant":  # type: ignore[comparison-overlap]
            result += 7
        else:
            result += 1
    return result


def _load_tuple_const(turns: int) -> "Any":
    """A constant tuple."""
    result = 0
    for i in range(turns):
        if i == (1, 2):  # type: ignore[comparison-overlap]
            result += 7
        else:
            result += 1
    return result


def _create_pyobject(turns: int) -> "Any":
    """Objects of a class written in Python."""
    for i in range(turns):
        result = _Thing(i)
    return result.value


def _create_closure(turns: int) -> "Any":
    """Functions created again and again."""
    for i in range(turns):

        def closure(i=i):  # type: ignore[no-untyped-def]  # annotations would be made in each turn
            return i

        result: Any = closure
    return result()


def _create_dict(turns: int) -> "Any":
    """Dicts."""
    for i in range(turns):
        result = {"key": i}
    return result["key"]


_local = threading.local()


def _thread_local_read(turns: int) -> "Any":
    """Attributes of a threading.local."""
    _local.value = 10
    for _ in range(turns):
        result = _local.value
    return result


_call_method = operator.methodcaller("method")


def _method_caller(turns: int) -> "Any":
    """An operator.methodcaller shared by all threads."""
    thing = _Thing(5)
    for _ in range(turns):
        result = _call_method(thing)
    return result


@dataclasses.dataclass
class _Data:
    x: int
    y: int


def _instantiate_dataclass(turns: int) -> "Any":
    """Objects of a dataclass."""
    for i in range(turns):
        result = _Data(i, 2)
    return result.x


_Named = collections.namedtuple("_Named", ["x", "y"])


def _instantiate_namedtuple(turns: int) -> "Any":
    """Objects of a collections.namedtuple."""
    for i in range(turns):
        result = _Named(i, 2)
    return result.x


class _TypedNamed(typing.NamedTuple):
    x: int
    y: int


def _instantiate_typing_namedtuple(turns: int) -> "Any":
    """Objects of a typing.NamedTuple."""
    for i in range(turns):
        result = _TypedNamed(i, 2)
    return result.x


def _deepcopy(turns: int) -> "Any":
    """Deep copies of a small local dict."""
    original = {"list": [1, 2], "tuple": (1, None)}
    for _ in range(turns // 20):
        result = copy.deepcopy(original)
    return result["list"]


def _super_call(turns: int) -> "Any":
    """A method that calls the one it overrides."""
    thing = _Derived(3)
    for _ in range(turns):
        result = thing.method()
    return result


def _classmethod_call(turns: int) -> "Any":
    """A class method."""
    for i in range(turns):
        result = _Derived.class_method(i)
    return result


def _staticmethod_call(turns: int) -> "Any":
    """A static method."""
    for i in range(turns):
        result = _Derived.static_method(i)
    return result


def _setattr_non_interned(turns: int) -> "Any":
    """Attributes whose names are created at run time."""
    prefix = "name"
    for i in range(turns // 10):
        thing = _Thing(i)
        for number in range(5):
            setattr(thing, f"{prefix}_{number}", None)
    return thing.value


PATTERNS: "dict[str, Callable[[int], Any]]" = {
    function.__name__[1:]: function
    for function in (
        _object_cfunction,
        _cmodule_function,
        _object_lookup_special,
        _context_manager,
        _mult_constant,
        _generator,
        _pymethod,
        _pyfunction,
        _module_function,
        _load_string_const,
        _load_tuple_const,
        _create_pyobject,
        _create_closure,
        _create_dict,
        _thread_local_read,
        _method_caller,
        _instantiate_dataclass,
        _instantiate_namedtuple,
        _instantiate_typing_namedtuple,
        _deepcopy,
        _super_call,
        _classmethod_call,
        _staticmethod_call,
        _setattr_non_interned,
    )
}
