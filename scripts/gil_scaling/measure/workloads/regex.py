"""Searching texts with regular expressions: C code that holds the GIL, called for many matches at once.

With the GIL: threads take as long as the sequence, and a long search lets nobody else run meanwhile. Without it, and in
processes: as many times faster as there are CPUs; the compiled pattern is shared, and read only.
"""

import re

_PATTERN = re.compile(r"(\w+)@(\w+)\.(?:org|net)")


def tasks(lines=4000, repeat=5, count=8):
    """count tasks, each of which searches a text of so many lines repeat times."""
    return [(number, lines, repeat) for number in range(count)]


def task(argument):
    """How many addresses it found, and the last of them."""
    number, lines, repeat = argument
    text = "\n".join(f"line {i} of user{i}@host{number}.{'org' if i % 3 else 'com'} and more" for i in range(lines))
    for _ in range(repeat):
        found = _PATTERN.findall(text)
    return len(found), found[-1]
