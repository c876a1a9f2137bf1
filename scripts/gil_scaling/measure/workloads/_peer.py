"""The other side of a connection, as a program of its own: `_peer.py http DELAY_S`, `_peer.py echo` or `_peer.py client`.

It prints its port on 127.0.0.1 and serves until it is killed.
http: answers each request after DELAY_S seconds. echo: sends back what it gets. client: takes an order (a line of JSON)
on each connection, makes requests of 8 bytes to the echo thread whose port it names, and sends back what it measured.
"""

import json
import select
import socket
import socketserver
import sys
import time

REQUEST = 8  # bytes


class _Server(socketserver.ThreadingTCPServer):
    request_queue_size = 128
    daemon_threads = True


class _Http(socketserver.StreamRequestHandler):
    def handle(self):
        path = self.rfile.readline().split()[1]
        while self.rfile.readline().strip():
            pass
        time.sleep(self.server.delay_s)
        body = path * 64
        self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


class _Echo(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            data = self.request.recv(65536)
            if not data:
                return
            self.request.sendall(data)


class _Client(socketserver.StreamRequestHandler):
    def handle(self):
        order = json.loads(self.rfile.readline())
        with socket.create_connection(("127.0.0.1", order["port"])) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answer = _ORDERS[order["do"]](connection, order)
        self.wfile.write(json.dumps(answer).encode() + b"\n")


def ping(connection, order):
    """Sends a request each period_s, whether or not the ones before were answered; the seconds each answer took.

    They count from the moment when the request was due, so that no late request hides a wait.
    """
    clock = time.perf_counter
    period_s, count = order["period_s"], order["count"]
    latencies, late, received = [], [], 0
    began = clock() + period_s
    while received < count * REQUEST:
        sent = len(late)
        wait_s = None if sent == count else max(0.0, began + sent * period_s - clock())
        readable, _, _ = select.select([connection], [], [], wait_s)
        now = clock()
        if readable:
            data = connection.recv(65536)
            if not data:
                break
            received += len(data)
            while len(latencies) < received // REQUEST:
                latencies.append(now - (began + len(latencies) * period_s))
        while len(late) < count and now >= began + len(late) * period_s:
            late.append(now - (began + len(late) * period_s))
            connection.sendall(bytes(REQUEST))
    return {"latencies_s": latencies, "client_late_s": late}


def ask(connection, order):
    """Sends a request as soon as the one before is answered, for duration_s; how many there were in which time."""
    clock = time.perf_counter
    round_trips = 0
    began = clock()
    while clock() - began < order["duration_s"]:
        connection.sendall(bytes(REQUEST))
        received = 0
        while received < REQUEST:
            received += len(connection.recv(REQUEST))
        round_trips += 1
    return {"round_trips": round_trips, "elapsed_s": clock() - began}


_HANDLERS = {"http": _Http, "echo": _Echo, "client": _Client}
_ORDERS = {"ping": ping, "ask": ask}


def main(kind, delay_s="0"):
    """Serves as the kind of peer that is asked for."""
    with _Server(("127.0.0.1", 0), _HANDLERS[kind]) as server:
        server.delay_s = float(delay_s)
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
