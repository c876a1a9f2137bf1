"""What runs beside the tasks of a workload: peers in processes of their own, and threads or processes that keep CPUs busy.

The imports stand where they are needed: a process that runs a task imports this module, too, and it would pay for them.
"""

import sys
from contextlib import contextmanager
from time import perf_counter


@contextmanager
def peer(kind, *arguments):
    """The port of a peer, started for as long as the context lasts."""
    import subprocess

    from gil_scaling.measure.workloads import _peer

    command = [sys.executable, "-I", "-S", _peer.__file__, kind, *map(str, arguments)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


_SPIN = "while True: pass"


class Busy:
    """So many CPU-bound threads of this interpreter, or processes, for as long as the context lasts."""

    def __init__(self, kind, count):
        if kind not in ("thread", "process"):
            raise ValueError(f"busy: {kind!r} is neither 'thread' nor 'process'")
        self._kind = kind
        self._rates = [0.0] * count
        self._crew = []
        self._stop = False

    def __enter__(self):
        import subprocess
        import threading

        for number in range(len(self._rates)):
            if self._kind == "process":
                self._crew.append(subprocess.Popen([sys.executable, "-I", "-S", "-c", _SPIN], stdin=subprocess.DEVNULL))
            else:
                self._crew.append(threading.Thread(target=self._spin, args=(number,)))
                self._crew[-1].start()
        return self

    def __exit__(self, *error):
        self._stop = True
        for one in self._crew:
            if self._kind == "process":
                one.kill()
                one.wait()
            else:
                one.join()

    def _spin(self, number):
        began = perf_counter()
        done = 0
        while not self._stop:
            for _ in range(1000):
                pass
            done += 1000
        self._rates[number] = done / (perf_counter() - began)

    @property
    def turns_per_s(self):
        """What the threads got done together, once they have ended; None for processes."""
        return None if self._kind == "process" else sum(self._rates)


def echo_until_closed(client_port, order):
    """Answers in this thread what the client asks, until it has carried out its order; what it measured."""
    import json
    import socket

    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(("127.0.0.1", client_port)) as control,
    ):
        order = dict(order, port=server.getsockname()[1])
        control.sendall(json.dumps(order).encode() + b"\n")
        connection, _ = server.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection:
            while True:
                data = connection.recv(65536)
                if not data:
                    break
                connection.sendall(data)
        with control.makefile("rb") as answer:
            return json.loads(answer.readline())


def quantiles_ms(name, seconds):
    """{name_p5_ms, …}: percentiles (nearest rank), the median among them, and the maximum, in ms."""
    ranked = sorted(seconds)
    found = {f"p{share}": ranked[-(-len(ranked) * share // 100) - 1] for share in (5, 25, 50, 75, 90, 95, 99)}
    found["max"] = ranked[-1]
    return {f"{name}_{key}_ms": value * 1000 for key, value in found.items()}


def mean_turns_per_s(results):
    """{busy_turns_per_s}: what the busy threads of a task got done, the tasks' mean; None for processes."""
    rates = [result["turns_per_s"] for result in results]
    return {"busy_turns_per_s": None if None in rates else sum(rates) / len(rates)}
