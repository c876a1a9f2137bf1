"""What runs beside the tasks of a workload: servers in processes of their own, and threads or processes that keep CPUs busy.

Imports stand where they are needed: a process that runs a task imports this module too, and would pay for them.
"""

import sys
from contextlib import contextmanager
from time import perf_counter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


@contextmanager
def local_server(kind: str, *arguments: object) -> "Iterator[int]":
    """Starts a local server; yields its port."""
    import subprocess

    from gil_scaling.measure.workloads import _local_server

    command = [sys.executable, "-I", "-S", _local_server.__file__, kind, *map(str, arguments)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    output: Any = process.stdout
    try:
        yield int(output.readline())
    finally:
        process.kill()
        process.wait()
        output.close()


_SPIN = "while True: pass"


class Busy:
    """CPU-bound threads of this interpreter, or processes, that run while the context is open."""

    def __init__(self, kind: str, count: int) -> None:
        if kind not in ("thread", "process"):
            raise ValueError(f"busy: {kind!r} is neither 'thread' nor 'process'")
        self._kind = kind
        self._rates = [0.0] * count
        self._workers: list[Any] = []
        self._stop = False

    def __enter__(self) -> "Busy":
        import subprocess
        import threading

        for number in range(len(self._rates)):
            if self._kind == "process":
                command = [sys.executable, "-I", "-S", "-c", _SPIN]
                self._workers.append(subprocess.Popen(command, stdin=subprocess.DEVNULL))
            else:
                self._workers.append(threading.Thread(target=self._spin, args=(number,)))
                self._workers[-1].start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop = True
        for worker in self._workers:
            if self._kind == "process":
                worker.kill()
                worker.wait()
            else:
                worker.join()

    def _spin(self, number: int) -> None:
        start = perf_counter()
        turns = 0
        while not self._stop:
            for _ in range(1000):
                pass
            turns += 1000
        self._rates[number] = turns / (perf_counter() - start)

    @property
    def turns_per_s(self) -> "float | None":
        """The turns per second of all threads together, once they have ended; None for processes."""
        return None if self._kind == "process" else sum(self._rates)


def echo_until_closed(client_port: int, order: "dict[str, Any]") -> "Any":
    """Answers the client's requests in this thread until it has carried out its order; returns what it measured."""
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


def quantiles_ms(name: str, seconds: list[float]) -> dict[str, float]:
    """{name_p5_ms, …}: percentiles (nearest rank), the median among them, and the maximum, in ms."""
    ranked = sorted(seconds)
    ranks = {percent: int(-(-len(ranked) * percent // 100)) for percent in (5, 25, 50, 75, 90, 95, 99)}
    quantiles = {f"p{percent}": ranked[rank - 1] for percent, rank in ranks.items()}
    quantiles["max"] = ranked[-1]
    return {f"{name}_{key}_ms": value * 1000 for key, value in quantiles.items()}


def mean_turns_per_s(results: "list[dict[str, Any]]") -> "dict[str, float | None]":
    """{busy_turns_per_s}: the turns per second of the busy threads, mean over the tasks; None for processes."""
    rates = [result["turns_per_s"] for result in results]
    return {"busy_turns_per_s": None if None in rates else sum(rates) / len(rates)}
