"""Digests of results by value: equal values give equal digests in every process of a build.

A value becomes a node: a head (its type, and what is flat of it) and children, which are values again. The digest of a node
is made of its head and the digests of its children, so that the order of a set or a dict does not count. Objects are what
they are pickled as, functions and classes their qualified names; no address is part of a digest. Types are: 1, 1.0 and True
differ. The walk has a stack of its own, so depth and cycles do no harm.
"""

import copyreg
import hashlib
import sys
from itertools import chain

from gil_scaling.measure import arrays

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from gil_scaling.measure.interfaces import Node

SIZE = 16  # bytes, of the digest of a result
_PROTOCOL = 4  # of pickle; fixed, because objects reduce to other values under other protocols
_MAX_INLINE = 1000  # bytes; a longer text is hashed once, wherever it occurs


def digest_each(results: "Iterable[Any]") -> bytes:
    """The digests of results, SIZE bytes each; raises TypeError as `digest` does.

    Each is made by itself: an object that two results share is two objects where they come from other processes.
    """
    return b"".join([_walk(result)[:SIZE] for result in results])


def digest(value: "Any") -> str:
    """The SHA-256 of a value as a hexadecimal string; raises TypeError for what cannot be pickled and shows its address."""
    return _walk(value).hex()


def _walk(value: "Any") -> bytes:
    known: dict[int, tuple[bytes, Any]] = {}  # by id; keeps the values, so that no id is used again
    depths: dict[int, int] = {}  # of the values on the stack, by id
    stack = [_Frame(None, (b"", [value], 0))]
    while True:
        frame = stack[-1]
        for child in frame.children:
            part = _encode(child)
            if part is None and id(child) in known:
                part = known[id(child)][0]
            elif part is None and id(child) in depths:  # a cycle: how far up it leads
                part = b"^%d;" % (len(stack) - depths[id(child)])
            elif part is None:
                depths[id(child)] = len(stack)
                stack.append(_Frame(child, _node_of(child)))
                break
            frame.add(part)
        else:
            finished = frame.digest()
            stack.pop()
            if not stack:
                return finished
            known[id(frame.value)] = (b"#" + finished, frame.value)
            del depths[id(frame.value)]
            stack[-1].add(b"#" + finished)


class _Frame:
    """A value on the stack of the walk, with the children that are left."""

    __slots__ = ("_group", "_parts", "_state", "add", "children", "value")

    def __init__(self, value: "Any", node: "Node") -> None:
        head, children, self._group = node
        self.value = value
        self.children = iter(children)
        self._state = hashlib.sha256(b"%d:%s" % (len(head), head))
        self._parts: list[bytes] = []
        self.add = self._parts.append if self._group else self._state.update

    def digest(self) -> bytes:
        groups = zip(*[iter(self._parts)] * self._group) if self._group else ()
        for part in chain.from_iterable(sorted(groups)):
            self._state.update(part)
        return self._state.digest()


# ---- plain values

_ENCODERS: "dict[type, Callable[[Any], bytes]]" = {
    type(None): lambda value: b"None;",
    bool: lambda value: b"%s;" % str(value).encode(),
    int: lambda value: _sized(b"i", value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)),
    float: lambda value: _sized(b"f", value.hex().encode()),
    complex: lambda value: _sized(b"c", f"{value.real.hex()},{value.imag.hex()}".encode()),
    str: lambda value: _sized(b"s", value.encode("utf-8", "surrogatepass")),
    bytes: lambda value: _sized(b"b", value),
}


def _sized(kind: bytes, text: bytes) -> bytes:
    return b"%s%d:%s" % (kind, len(text), text)


def _encode(value: "Any") -> "bytes | None":
    """The canonical form of a short plain value, or of a short tuple of such; None for all others."""
    kind = type(value)
    if kind is tuple and len(value) < 9:
        if not all(type(item) in _ENCODERS for item in value):
            return None
        parts = [_encode(item) for item in value]
        return None if None in parts else b"(%s)" % b"".join(parts)  # type: ignore[arg-type]
    if kind not in _ENCODERS or (kind in (str, bytes) and len(value) > _MAX_INLINE):
        return None
    return _ENCODERS[kind](value)


# ---- values with children


def _node_of(value: "Any") -> "Node":
    kind = type(value)
    if kind in _ENCODERS:
        return _ENCODERS[kind](value), (), 0
    if kind in (list, tuple):
        return kind.__name__.encode(), value, 0
    if kind in (set, frozenset):
        return kind.__name__.encode(), value, 1
    if kind is dict:
        return b"dict", chain.from_iterable(value.items()), 2
    return _special(value) or arrays.node_of(value) or _reduced(value)


def _special(value: "Any") -> "Node | None":
    """The node of a value that is more, or other, than what it is pickled as; None for all others."""
    kind = type(value)
    if isinstance(value, type) or kind.__name__ in ("function", "module"):
        return b"name", [_name(value)], 0
    if isinstance(value, (set, frozenset)):
        return b"set", [kind, frozenset(value), value.__reduce_ex__(_PROTOCOL)[2]], 0
    if isinstance(value, (bytearray, memoryview)):
        return b"bytes", [kind, bytes(value)], 0
    if kind in _VIEWS:
        return b"view", [kind, list(value)], 0
    if isinstance(value, _class("enum", "Enum")):
        return b"enum", [kind, value._value_], 0
    if isinstance(value, _class("fractions", "Fraction")):  # reduces to a text in 3.9, to two numbers since
        return b"fraction", [kind, value.numerator, value.denominator], 0
    if isinstance(value, _class("re", "Match")):
        return b"match", [value.re, value.string, value.regs], 0
    return None


_VIEWS: "tuple[type, ...]" = (type({}.keys()), type({}.values()), type({}.items()))


def _class(module: str, name: str) -> "Any":
    """A class of a module, () where that is not imported: then nothing is an instance of it."""
    return getattr(sys.modules.get(module), name, ())


def _name(value: "Any") -> str:
    """The qualified name of a class, function or module."""
    return f"{getattr(value, '__module__', None)}.{getattr(value, '__qualname__', value.__name__)}"


def _reduced(value: "Any") -> "Node":
    """The node of an object, from what it is pickled as; by its repr where it cannot be pickled but shows no address."""
    reduce = copyreg.dispatch_table.get(type(value))
    try:
        reduced = reduce(value) if reduce else value.__reduce_ex__(_PROTOCOL)
    except Exception as error:
        return b"repr", [type(value), _repr(value, error)], 0
    if isinstance(reduced, str):
        return b"global", [getattr(value, "__module__", None), reduced], 0
    function, arguments, state, items, pairs = (*reduced, None, None, None)[:5]
    if pairs is not None:
        pairs = list(pairs) if isinstance(value, _class("collections", "OrderedDict")) else dict(pairs)
    return b"object", [function, arguments, state, items and list(items), pairs], 0


def _repr(value: "Any", error: Exception) -> str:
    try:
        text = repr(value)
    except Exception:
        text = " at 0x"
    if " at 0x" in text or hex(id(value)) in text:
        raise TypeError(
            f"results of type {type(value).__name__} cannot be compared ({error}): add a check() to the workload"
        )
    return text
