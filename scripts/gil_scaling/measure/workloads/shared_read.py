"""Workers that read one value from one dict again and again: even reading may not scale. Counterpart: own_read.

With the GIL: threads take as long as sequential. Without it: each read increments and decrements the value's reference
count, for which the CPUs contend: threads gain less than with values of their own, and on many CPUs lose.
Processes and interpreters read copies and scale with the CPUs.
"""

sharing = "read"


def tasks(n: int = 1_000_000, count: int = 4) -> list[int]:
    """`count` tasks that read n times each."""
    return [n] * count


def shared() -> dict[str, tuple[object]]:
    """The dict; its value is an object with a reference count, which a string or a small number would not have."""
    return {"value": (object(),)}


def task(n: int, shared: dict[str, tuple[object]]) -> int:
    """Reads n times; returns how many reads gave a value."""
    reads = 0
    for _ in range(n):
        if shared["value"]:
            reads += 1
    return reads


def check(results: list[int], arguments: list[int]) -> None:
    """Each read gave the value."""
    if results != arguments:
        raise ValueError(f"{results} reads gave the value, of {arguments}")
