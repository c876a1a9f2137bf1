"""Workers that read one value from one dict again and again: reading alone can be what does not scale. Twin: own_read.

With the GIL: threads take as long as the sequence. Without it: each read counts the value's references up and down, and
the CPUs contend for that counter: threads gain less than on values of their own, and on many CPUs lose.
Processes and interpreters read copies of their own, as many times faster as there are CPUs.
"""

sharing = "read"


def tasks(n=1_000_000, count=4):
    """count tasks that read n times each."""
    return [n] * count


def shared():
    """The dict; its value is an object whose references are counted, as a string or a small number would not be."""
    return {"value": (object(),)}


def task(n, shared):
    """Reads n times; returns how many of them gave a value."""
    found = 0
    for _ in range(n):
        if shared["value"]:
            found += 1
    return found


def check(results, arguments):
    """Each read gave the value."""
    if results != arguments:
        raise ValueError(f"{results} reads gave the value, of {arguments}")
