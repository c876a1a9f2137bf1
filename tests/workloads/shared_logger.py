"""Threads that log to one logger: each record takes the lock of its handler."""

import io
import logging


def tasks(n: int = 5_000, count: int = 4) -> list[int]:
    """`count` tasks that log n messages each."""
    return [n] * count


def shared() -> logging.Logger:
    """A logger with a handler that writes to memory."""
    logger = logging.Logger("shared")
    logger.addHandler(logging.StreamHandler(io.StringIO()))
    return logger


def task(n: int, shared: logging.Logger) -> int:
    """Logs n messages; returns n."""
    for i in range(n):
        shared.warning("message %d", i)
    return n
