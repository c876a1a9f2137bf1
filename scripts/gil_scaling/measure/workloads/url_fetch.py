"""Fetching URLs from a local server that answers after a fixed delay: waiting, during which the GIL is free.

With the GIL and without: threads scale with their number, up to the number of URLs; processes too, less the cost of
starting them. The coroutine form speaks HTTP over asyncio's own streams, because urllib would block its loop.
"""

from urllib.parse import urlsplit
from urllib.request import HTTPHandler, OpenerDirector

from gil_scaling.measure.workloads import _background

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager

waits = True

# urlopen would read certificates at the first call, which takes longer than the answer, and use the user's proxy.
_opener = OpenerDirector()
_opener.add_handler(HTTPHandler())


def context(delay_s: float = 0.05) -> "AbstractContextManager[int]":
    """The port of a server in a separate process that answers after delay_s seconds."""
    return _background.local_server("http", delay_s)


def tasks(context: int, count: int = 4, delay_s: float = 0.05) -> list[str]:
    """`count` URLs of the server."""
    return [f"http://127.0.0.1:{context}/{number}" for number in range(count)]


def task(url: str) -> bytes:
    """The body behind the URL, by urllib."""
    with _opener.open(url) as answer:
        body: bytes = answer.read()
        return body


async def task_async(url: str) -> bytes:
    """The body behind the URL, by asyncio's streams."""
    import asyncio

    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"GET {parts.path} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.partition(b"\r\n\r\n")[2]
