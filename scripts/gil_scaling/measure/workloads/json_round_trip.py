"""Texts of JSON, read and written: C code that makes many Python objects and holds the GIL.

With the GIL: threads take as long as the sequence. Without it: faster with the CPUs, a little less than a loop is, for all
threads allocate. Processes likewise, unless the data has to be brought to them.
"""

import json


def tasks(records=2000, repeat=5, count=8):
    """count tasks, each of which writes and reads so many records repeat times."""
    return [(number, records, repeat) for number in range(count)]


def task(argument):
    """How many values came back as they were."""
    number, records, repeat = argument
    data = [{"id": i, "name": f"record {number} {i}", "tags": ["a", "b"], "value": i / 7} for i in range(records)]
    right = 0
    for _ in range(repeat):
        right += sum(one == other for one, other in zip(json.loads(json.dumps(data)), data))
    return right
