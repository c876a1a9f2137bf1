"""JSON as json reads and writes it, without what json imports, which takes each run longer than all else that it imports.

The functions of C are those that json itself uses. They are not public: where one is missing or differs, and for all that is
no valid JSON, json does it, with its messages.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SPACE = " \t\n\r"
_CONSTANTS = {"-Infinity": -float("inf"), "Infinity": float("inf"), "NaN": float("nan")}


class _Settings:
    """Those of json.JSONDecoder() for its scanner."""

    strict = True
    object_hook = object_pairs_hook = array_hook = None
    parse_float, parse_int, parse_constant = float, int, staticmethod(_CONSTANTS.__getitem__)


def loads(text: str | bytes) -> Any:
    """json.loads(text), of a text in UTF-8."""
    try:
        from _json import make_scanner

        whole = text if isinstance(text, str) else text.decode("utf-8")
        start = len(whole) - len(whole.lstrip(_SPACE))
        value, end = make_scanner(_Settings)(whole, start)  # type: ignore[arg-type]
        if not whole[end:].strip(_SPACE):
            return value
    except (ImportError, AttributeError, TypeError, ValueError, StopIteration):
        pass
    import json

    return json.loads(text)


def dumps(value: Any, *, sort_keys: bool = False, allow_nan: bool = True) -> str:
    """json.dumps(value, sort_keys=sort_keys, allow_nan=allow_nan)."""
    try:
        from _json import encode_basestring_ascii, make_encoder

        options = (None, ": ", ", ", sort_keys, False, allow_nan)
        return "".join(make_encoder({}, _refuse, encode_basestring_ascii, *options)(value, 0))
    except (ImportError, TypeError, ValueError):
        pass
    import json

    return json.dumps(value, sort_keys=sort_keys, allow_nan=allow_nan)


def _refuse(_: object) -> None:
    raise TypeError
