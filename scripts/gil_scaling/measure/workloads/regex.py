"""Searching text with regular expressions: C code that holds the GIL, with many matches per call.

With the GIL: threads take as long as sequential, and no other thread runs during a long search. Without it, and in
processes: scales with the CPUs; the compiled pattern is shared, but only read.
"""

import re

_PATTERN = re.compile(r"(\w+)@(\w+)\.(?:org|net)")


def tasks(lines: int = 4000, repeat: int = 5, count: int = 8) -> list[tuple[int, int, int]]:
    """`count` tasks that each search a text of `lines` lines `repeat` times."""
    return [(number, lines, repeat) for number in range(count)]


def task(argument: tuple[int, int, int]) -> tuple[int, tuple[str, str]]:
    """How many addresses it found, and the last of them."""
    number, lines, repeat = argument
    text = "\n".join(f"line {i} of user{i}@host{number}.{'org' if i % 3 else 'com'} and more" for i in range(lines))
    for _ in range(repeat):
        matches = _PATTERN.findall(text)
    return len(matches), matches[-1]
