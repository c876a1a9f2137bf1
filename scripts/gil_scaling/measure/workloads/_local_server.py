"""The other side of a connection, as a separate program: `_local_server.py http DELAY_S`, `… echo` or `… client`.

It prints its port on 127.0.0.1 and serves until it is killed.
http: answers each request after DELAY_S seconds. echo: sends back what it receives. client: takes an order (a line of JSON)
on each connection, sends requests of 8 bytes to the echo thread whose port the order names, and returns what it measured.
"""

import json
import select
import socket
import socketserver
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

REQUEST = 8  # bytes


class _Server(socketserver.ThreadingTCPServer):
    request_queue_size = 128
    daemon_threads = True
    delay_s = 0.0


class _Http(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        path = self.rfile.readline().split()[1]
        while self.rfile.readline().strip():
            pass
        time.sleep(self.server.delay_s)
        body = path * 64
        self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            data = self.request.recv(65536)
            if not data:
                return
            self.request.sendall(data)


class _Client(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        order = json.loads(self.rfile.readline())
        with socket.create_connection(("127.0.0.1", order["port"])) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answer = _ORDERS[order["do"]](connection, order)
        self.wfile.write(json.dumps(answer).encode() + b"\n")


def ping(connection: socket.socket, order: "dict[str, Any]") -> dict[str, list[float]]:
    """Sends a request every period_s, whether or not the ones before were answered; returns the latencies in seconds.

    A latency counts from the time when the request was due, so that no late request hides a wait.
    """
    clock = time.perf_counter
    period_s, count = order["period_s"], order["count"]
    latencies: list[float] = []
    late: list[float] = []
    received = 0
    start = clock() + period_s
    while received < count * REQUEST:
        sent = len(late)
        wait_s = None if sent == count else max(0.0, start + sent * period_s - clock())
        readable, _, _ = select.select([connection], [], [], wait_s)
        now = clock()
        if readable:
            data = connection.recv(65536)
            if not data:
                break
            received += len(data)
            while len(latencies) < received // REQUEST:
                latencies.append(now - (start + len(latencies) * period_s))
        while len(late) < count and now >= start + len(late) * period_s:
            late.append(now - (start + len(late) * period_s))
            connection.sendall(bytes(REQUEST))
    return {"latencies_s": latencies, "client_late_s": late}


def ask(connection: socket.socket, order: "dict[str, Any]") -> dict[str, float]:
    """Sends a request as soon as the one before is answered, for duration_s; returns the round trips and the time."""
    clock = time.perf_counter
    round_trips = 0
    start = clock()
    while clock() - start < order["duration_s"]:
        connection.sendall(bytes(REQUEST))
        received = 0
        while received < REQUEST:
            received += len(connection.recv(REQUEST))
        round_trips += 1
    return {"round_trips": round_trips, "elapsed_s": clock() - start}


_HANDLERS: dict[str, type[socketserver.BaseRequestHandler]] = {"http": _Http, "echo": _Echo, "client": _Client}
_ORDERS: "dict[str, Any]" = {"ping": ping, "ask": ask}


def main(kind: str, delay_s: str = "0") -> None:
    """Runs the server of a kind."""
    with _Server(("127.0.0.1", 0), _HANDLERS[kind]) as server:
        server.delay_s = float(delay_s)
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
