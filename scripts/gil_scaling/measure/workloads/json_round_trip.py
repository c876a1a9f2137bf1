"""Writing and reading JSON: C code that makes many Python objects and holds the GIL.

`library` is json, of the standard library, orjson or msgspec; unsupported where the build does not have it. With the GIL: threads
take as long as sequential, whatever the library. Without it: scales with the CPUs, a little less than a plain loop does,
because all threads allocate. Processes likewise, unless the data has to be sent to them. Beware: a library that does not declare
support for running without the GIL switches it on again, which the flag gil_reenabled shows.
"""

from gil_scaling.measure.optional import explain_missing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Functions = tuple[Callable[[Any], Any], Callable[[Any], Any]]


def available(library: str = "json") -> "str | None":
    """None, or why this build cannot."""
    return explain_missing(library) if library in _FUNCTIONS else None  # tasks() rejects an unknown one


def tasks(
    records: int = 2000, repeat: int = 5, count: int = 8, library: str = "json"
) -> list[tuple[int, int, int, str]]:
    """`count` tasks that each write and read `records` records `repeat` times."""
    if library not in _FUNCTIONS:
        raise ValueError(f"library: no library {library!r}. Known: {', '.join(_FUNCTIONS)}.")
    return [(number, records, repeat, library) for number in range(count)]


def task(argument: tuple[int, int, int, str]) -> int:
    """How many records came back unchanged."""
    number, records, repeat, library = argument
    write, read = _FUNCTIONS[library]()
    data = [{"id": i, "name": f"record {number} {i}", "tags": ["a", "b"], "value": i / 7} for i in range(records)]
    equal = 0
    for _ in range(repeat):
        equal += sum(after == before for after, before in zip(read(write(data)), data))
    return equal


def _of_json() -> "Functions":
    import json

    return json.dumps, json.loads


def _of_orjson() -> "Functions":
    import orjson

    return orjson.dumps, orjson.loads


def _of_msgspec() -> "Functions":
    import msgspec.json

    return msgspec.json.encode, msgspec.json.decode


_FUNCTIONS: "dict[str, Callable[[], Functions]]" = {
    "json": _of_json,
    "orjson": _of_orjson,
    "msgspec": _of_msgspec,
}
