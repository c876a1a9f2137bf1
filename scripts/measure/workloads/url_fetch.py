"""Fetching URLs from a local server that answers after a fixed delay: waiting, during which the GIL is free.

With the GIL and without: threads are as many times faster as there are of them, up to the number of URLs; processes too,
less what starting them costs. asyncio is not, for urllib blocks its loop; the coroutine form speaks HTTP over
asyncio's own streams, and is.
"""

import os
import subprocess
import sys
from contextlib import contextmanager
from urllib.parse import urlsplit
from urllib.request import urlopen

waits = True

os.environ["no_proxy"] = "127.0.0.1"  # a proxy of the user's is not to be measured

_SERVER = """
import socketserver, sys, time
from http.server import BaseHTTPRequestHandler

delay_s = float(sys.argv[1])

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(delay_s)
        body = self.path.encode() * 64
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass

class Server(socketserver.ThreadingTCPServer):
    request_queue_size = 128
    daemon_threads = True

server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


@contextmanager
def context(delay_s=0.05):
    """The address of a server in a process of its own, which answers after delay_s seconds."""
    command = [sys.executable, "-S", "-c", _SERVER, str(delay_s)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        port = int(server.stdout.readline())
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def tasks(context, count=4, delay_s=0.05):
    """count URLs of the server."""
    return [f"{context}/{number}" for number in range(count)]


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
