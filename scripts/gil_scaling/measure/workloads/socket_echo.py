"""Round trips with a local server that answers at once: waits so short that the work between them counts.

With the GIL and without: threads gain, at times more than one might expect, for a CPU that is kept busy answers at once, and
one that went idle has to wake up first. Coroutines gain less: what asyncio does for each message takes about as long as
the answer.
"""

import socket

from gil_scaling.measure.workloads import _beside

waits = True


def context():
    """The port of an echo server in a process of its own."""
    return _beside.peer("echo")


def tasks(context, messages=500, size=64, count=8):
    """count tasks, each of which sends so many messages of size bytes, one after the other, over a connection of its own."""
    return [(context, messages, bytes([number % 256]) * size) for number in range(count)]


def task(argument):
    """How many bytes came back as they were sent."""
    port, messages, message = argument
    right = 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(messages):
            connection.sendall(message)
            answer = b""
            while len(answer) < len(message):
                answer += connection.recv(65536)
            right += len(message) if answer == message else 0
    return right


async def task_async(argument):
    """The same by asyncio's streams."""
    import asyncio  # here, because each process would pay for it

    port, messages, message = argument
    right = 0
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(messages):
        writer.write(message)
        answer = await reader.readexactly(len(message))
        right += len(message) if answer == message else 0
    writer.close()
    await writer.wait_closed()
    return right


def check(results, arguments):
    """All bytes came back."""
    asked = [messages * len(message) for _, messages, message in arguments]
    if results != asked:
        raise ValueError(f"{results} bytes came back of {asked}")
