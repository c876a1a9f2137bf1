"""Copying memory beyond the last-level cache: a limit of the machine, not of the interpreter.

With the GIL: copying bytes is one C call that holds it, and threads take as long as sequential. Without it, and in
processes: faster only until the memory bandwidth is used up, on many machines well before the CPUs are.
"""


def tasks(size: int = 67_108_864, copies: int = 10, count: int = 4) -> list[tuple[int, int, int]]:
    """`count` tasks that each make `copies` copies of a buffer of size bytes, larger than the last-level cache."""
    return [(number, size, copies) for number in range(count)]


def task(argument: tuple[int, int, int]) -> tuple[int, int]:
    """The length and the last byte of the last copy."""
    number, size, copies = argument
    source = bytearray([number % 256]) * size  # filled, because pages of zeros may all be a single one
    target = bytearray(size)
    for _ in range(copies):
        target[:] = source
    return len(target), target[-1]
