"""Round trips with a local server that answers at once: waits so short that the work between them counts.

With the GIL and without: threads gain, sometimes more than expected, because a CPU that is kept busy answers at once, and
one that went idle has to wake up first. Coroutines gain less: asyncio's work per message takes about as long as
the answer.
"""

import socket

from gil_scaling.measure.workloads import _background

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    Argument = tuple[int, int, bytes]

waits = True


def context() -> "AbstractContextManager[int]":
    """The port of an echo server in a separate process."""
    return _background.local_server("echo")


def tasks(context: int, messages: int = 500, size: int = 64, count: int = 8) -> "list[Argument]":
    """`count` tasks that each send `messages` messages of size bytes, one after the other, over a connection of their own."""
    return [(context, messages, bytes([number % 256]) * size) for number in range(count)]


def task(argument: "Argument") -> int:
    """How many bytes came back unchanged."""
    port, messages, message = argument
    unchanged = 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(messages):
            connection.sendall(message)
            answer = b""
            while len(answer) < len(message):
                answer += connection.recv(65536)
            unchanged += len(message) if answer == message else 0
    return unchanged


async def task_async(argument: "Argument") -> int:
    """The same with asyncio's streams."""
    import asyncio  # here, because each process would pay for it

    port, messages, message = argument
    unchanged = 0
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(messages):
        writer.write(message)
        answer = await reader.readexactly(len(message))
        unchanged += len(message) if answer == message else 0
    writer.close()
    await writer.wait_closed()
    return unchanged


def check(results: list[int], arguments: "list[Argument]") -> None:
    """All bytes came back."""
    expected = [messages * len(message) for _, messages, message in arguments]
    if results != expected:
        raise ValueError(f"{results} bytes came back of {expected}")
