"""What Python code is made of, piece by piece: which piece keeps threads from scaling on a free-threaded build?

`name` is one of 24 patterns, after those of CPython's ftscalingbench: a call, an object made, a constant loaded, again and
again. Meant for `scaling: weak`, where each worker does the whole work, and `start: together`. With the GIL: the
throughput stays that of one thread, whatever the pattern. Without it: it grows with the CPUs; a pattern with which it does
not names what the threads contend for, a reference count or a lock that they share.
"""

import collections
import copy
import dataclasses
import math
import operator
import threading
import typing


def tasks(name="pyfunction", turns=400_000):
    """One task: so many turns of a pattern, fewer for those whose turn is long."""
    if name not in PATTERNS:
        raise ValueError(f"name: no pattern {name!r}. Known: {', '.join(PATTERNS)}.")
    return [(name, turns)]


def task(argument):
    """What the last turn gave."""
    name, turns = argument
    return PATTERNS[name](turns)


def _object_cfunction(turns):
    """Methods of a list of one's own, which are C functions."""
    items = [1] * 100
    for i in range(turns):
        items.pop()
        items.append(i)
    return items[-1]


def _cmodule_function(turns):
    """A function of a C module."""
    for i in range(turns):
        found = math.cos(i / 100)
    return round(found, 12)


def _object_lookup_special(turns):
    """A built-in that looks up a special method."""
    for i in range(turns):
        found = round(i / 3)
    return found


class _Manager:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


def _context_manager(turns):
    """A context manager written in Python."""
    manager = _Manager()
    for i in range(turns // 2):
        with manager:
            found = i
    return found


def _mult_constant(turns):
    """A number times a constant of the code."""
    found = 1.0
    for _ in range(turns):
        found *= 1.000001
    return round(found, 9)


def _count_up(turns):
    yield from range(turns)


def _generator(turns):
    """A generator."""
    for i in _count_up(turns):
        found = i
    return found


class _Thing:
    def __init__(self, value):
        self.value = value

    def method(self):
        return self.value


class _Heir(_Thing):
    def method(self):
        return super().method()

    @classmethod
    def class_method(cls, value):
        return value

    @staticmethod
    def static_method(value):
        return value


def _pymethod(turns):
    """A method written in Python."""
    thing = _Thing(3)
    for _ in range(turns):
        found = thing.method()
    return found


def _pyfunction(turns):
    """A function in Python that is made here."""

    def square(i):
        return i * i

    for i in range(turns):
        found = square(i)
    return found


def _square(i):
    return i * i


def _module_function(turns):
    """A function in Python that stands in a module."""
    for i in range(turns):
        found = _square(i)
    return found


def _load_string_const(turns):
    """A text that is a constant of the code."""
    found = 0
    for i in range(turns):
        if i == "a constant":
            found += 7
        else:
            found += 1
    return found


def _load_tuple_const(turns):
    """A tuple that is a constant of the code."""
    found = 0
    for i in range(turns):
        if i == (1, 2):
            found += 7
        else:
            found += 1
    return found


def _create_pyobject(turns):
    """Objects of a class written in Python."""
    for i in range(turns):
        found = _Thing(i)
    return found.value


def _create_closure(turns):
    """Functions made again and again."""
    for i in range(turns):

        def closure(i=i):
            return i

        found = closure
    return found()


def _create_dict(turns):
    """Dicts."""
    for i in range(turns):
        found = {"key": i}
    return found["key"]


_local = threading.local()


def _thread_local_read(turns):
    """Attributes of a threading.local."""
    _local.value = 10
    for _ in range(turns):
        found = _local.value
    return found


_call_method = operator.methodcaller("method")


def _method_caller(turns):
    """An operator.methodcaller that all share."""
    thing = _Thing(5)
    for _ in range(turns):
        found = _call_method(thing)
    return found


@dataclasses.dataclass
class _Data:
    x: int
    y: int


def _instantiate_dataclass(turns):
    """Objects of a dataclass."""
    for i in range(turns):
        found = _Data(i, 2)
    return found.x


_Named = collections.namedtuple("_Named", ["x", "y"])


def _instantiate_namedtuple(turns):
    """Objects of a collections.namedtuple."""
    for i in range(turns):
        found = _Named(i, 2)
    return found.x


class _TypedNamed(typing.NamedTuple):
    x: int
    y: int


def _instantiate_typing_namedtuple(turns):
    """Objects of a typing.NamedTuple."""
    for i in range(turns):
        found = _TypedNamed(i, 2)
    return found.x


def _deepcopy(turns):
    """Deep copies of a small dict of one's own."""
    original = {"list": [1, 2], "tuple": (1, None)}
    for _ in range(turns // 20):
        found = copy.deepcopy(original)
    return found["list"]


def _super_call(turns):
    """A method that calls the one it overrides."""
    thing = _Heir(3)
    for _ in range(turns):
        found = thing.method()
    return found


def _classmethod_call(turns):
    """A class method."""
    for i in range(turns):
        found = _Heir.class_method(i)
    return found


def _staticmethod_call(turns):
    """A static method."""
    for i in range(turns):
        found = _Heir.static_method(i)
    return found


def _setattr_non_interned(turns):
    """Attributes whose names are made when the code runs."""
    prefix = "name"
    for i in range(turns // 10):
        thing = _Thing(i)
        for number in range(5):
            setattr(thing, f"{prefix}_{number}", None)
    return thing.value


PATTERNS = {
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
