"""Writing and reading JSON: C code that makes many Python objects and holds the GIL.

With the GIL: threads take as long as sequential. Without it: scales with the CPUs, a little less than a plain loop does,
because all threads allocate. Processes likewise, unless the data has to be sent to them.
"""

import json


def tasks(records: int = 2000, repeat: int = 5, count: int = 8) -> list[tuple[int, int, int]]:
    """`count` tasks that each write and read `records` records `repeat` times."""
    return [(number, records, repeat) for number in range(count)]


def task(argument: tuple[int, int, int]) -> int:
    """How many records came back unchanged."""
    number, records, repeat = argument
    data = [{"id": i, "name": f"record {number} {i}", "tags": ["a", "b"], "value": i / 7} for i in range(records)]
    equal = 0
    for _ in range(repeat):
        equal += sum(after == before for after, before in zip(json.loads(json.dumps(data)), data))
    return equal
