"""Fetching URLs from a local server that answers after a fixed delay: waiting, during which the GIL is free.

With the GIL and without: threads are as many times faster as there are of them, up to the number of URLs; processes too,
less what starting them costs. The coroutine form speaks HTTP over asyncio's own streams, for urllib would block its loop.
"""

import os
from urllib.parse import urlsplit
from urllib.request import urlopen

from gil_scaling.measure.workloads import _beside

waits = True

os.environ["no_proxy"] = "127.0.0.1"  # a proxy of the user's is not to be measured


def context(delay_s=0.05):
    """The port of a server in a process of its own, which answers after delay_s seconds."""
    return _beside.peer("http", delay_s)


def tasks(context, count=4, delay_s=0.05):
    """count URLs of the server."""
    return [f"http://127.0.0.1:{context}/{number}" for number in range(count)]


def task(url):
    """The body behind the URL, by urllib."""
    with urlopen(url) as answer:
        return answer.read()


async def task_async(url):
    """The body behind the URL, by asyncio's streams."""
    import asyncio

    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"GET {parts.path} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.partition(b"\r\n\r\n")[2]
