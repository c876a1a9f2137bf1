"""Copying memory beyond the last-level cache: a limit that is the machine's and not the interpreter's.

With the GIL: a copy of bytes is one C call that holds it, and threads take as long as the sequence. Without it, and in
processes: faster only until the memory's bandwidth is used up, on many machines well before the CPUs are.
"""


def tasks(size=67_108_864, copies=10, count=4):
    """count tasks, each of which copies a buffer of size bytes so often; size is to exceed the last-level cache."""
    return [(number, size, copies) for number in range(count)]


def task(argument):
    """The length and the last byte of the last copy."""
    number, size, copies = argument
    source = bytearray([number % 256]) * size  # filled, for pages of zeros alone may all be one
    target = bytearray(size)
    for _ in range(copies):
        target[:] = source
    return len(target), target[-1]
