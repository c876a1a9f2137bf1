"""A digest of results: equal values give equal digests on every backend and build."""

import hashlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def digest(value: "Any") -> str:
    """The SHA-256 of a value's canonical form, as a hexadecimal string.

    Raises TypeError for objects whose repr holds their address: such a workload needs a `check`.
    """
    state = hashlib.sha256()
    _feed(state.update, value)
    return state.hexdigest()


def _feed(update: "Callable[[bytes], Any]", value: "Any") -> None:
    name = type(value).__name__.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        parts = [bytes(value)]
    elif isinstance(value, (list, tuple)):
        return _feed_items(update, name, value)
    elif isinstance(value, dict):
        return _feed_items(update, name, sorted(value.items(), key=repr))
    elif isinstance(value, (set, frozenset)):
        return _feed_items(update, name, sorted(value, key=repr))
    elif hasattr(value, "tobytes") and hasattr(value, "dtype"):
        parts = [repr((value.dtype, value.shape)).encode(), value.tobytes()]
    else:
        text = repr(value)
        if " at 0x" in text:
            raise TypeError(
                f"results of type {type(value).__name__} have no stable repr: add a check() to the workload"
            )
        parts = [text.encode("utf-8", "surrogatepass")]
    for part in parts:
        update(b"%s:%d:" % (name, len(part)))
        update(part)
    return None


def _feed_items(update: "Callable[[bytes], Any]", name: bytes, items: "Any") -> None:
    update(b"%s[%d" % (name, len(items)))
    for item in items:
        _feed(update, item)
    update(b"]")
