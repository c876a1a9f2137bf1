"""Samples the workers of a run from outside: what starts the process that runs the tasks, and reads its stacks meanwhile.

It runs on the measured build's own executable, because the stacks of another version cannot be read, and is the parent of the
process that it reads, because Linux allows that to parents (yama, ptrace_scope 1). `_remote_debugging` is not public; the
public profiling.sampling (3.15) writes files, but has no interface that returns what was seen.
"""

import json
import os
import select
import subprocess
from time import perf_counter, process_time

from gil_scaling.measure import remote
from gil_scaling.measure.explain import BEGIN, END
from gil_scaling.measure.source_lines import functions_around, relative_names
from gil_scaling.measure.stacks import Places, Seen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gil_scaling.measure.interfaces import Record
    from gil_scaling.measure.remote import Reader
    from gil_scaling.measure.stacks import Place

INTERVAL_S = 0.002  # between two samples
_MAX_READ = 65536
_APART = ("processes", "interpreters")  # kinds of workers that a thread of the run does not see


def main(folder: str, events: str) -> None:
    """Runs what folder/spec.json asks for under a sampler; leaves result.json with what was seen in `measured`.

    Where the stacks cannot be read from outside, a thread of the run reads them, if that sees all workers.
    """
    with open(f"{folder}/spec.json") as file:
        spec = json.load(file)
    watch = Watch(Places(spec["files"]), spec["backend_kind"])
    unreadable = _run(folder, spec, watch)
    if unreadable and spec["backend_kind"] in _APART:
        _write_result(folder, {"status": "unsupported", "reason": unreadable})
    elif unreadable:
        _run(folder, {**spec, "is_inside": True}, None)
    with open(f"{folder}/result.json") as file:
        result = json.load(file)
    _write_result(folder, _complete(result, watch, spec["directory"], unreadable))
    os.write(int(events), b"measured\n")


def _run(folder: str, spec: "Record", watch: "Watch | None") -> "str | None":
    """Runs the process that runs the tasks, watched where there is a watch; returns why it cannot be, and then ends it."""
    with open(f"{folder}/spec.json", "w") as file:
        json.dump(spec, file)
    pipe, end = os.pipe()
    child = subprocess.Popen(
        [*spec["command"], "-m", "gil_scaling.measure", "explain", folder, str(end)], pass_fds=[end]
    )
    os.close(end)
    try:
        if watch is not None:
            watch.run(child.pid, pipe)
    except remote.Unreadable as error:
        child.kill()
        return str(error)
    except BaseException:
        child.kill()  # before it leaves a result, which would lack what was seen
        raise
    finally:
        code = child.wait()
        os.close(pipe)
    if not os.path.exists(f"{folder}/result.json"):
        _end_like(code)
    return None


def _write_result(folder: str, result: "Record") -> None:
    with open(f"{folder}/result.json", "w") as file:
        json.dump(result, file)


def _end_like(code: int) -> None:
    """Ends as the child ended, which left no result."""
    if code < 0:
        os.kill(os.getpid(), -code)
    raise SystemExit(code)


def _complete(result: "Record", watch: "Watch", directory: str, unreadable: "str | None") -> "Record":
    """The result with what was seen; unsupported where that is nothing. unreadable: why it was not seen from outside."""
    if result["status"] != "ok":
        return result
    seen = result["measured"].get("seen") or watch.describe()
    if seen["lines"]:
        pauses = result["measured"]["pauses"] or watch.describe_pauses()
        seen = {**with_sources(seen, directory), "unreadable": unreadable}
        measured = {**result["measured"], "pauses": pauses, "seen": seen}
        return {**result, "measured": measured}
    reason = "the sampler saw no line of the workload: its tasks are too short, or run outside of Python"
    if seen["errors"]:
        reason = (
            f"none of {seen['errors']} stacks could be read: deeper than the sampler follows them, or of another kind"
        )
    return {"status": "unsupported", "reason": reason}


def with_sources(seen: "Record", directory: str) -> "Record":
    """What was seen, with the names of files in place of their paths, and with the text of the functions around the lines."""
    lines_of: dict[str, set[int]] = {}
    for path, line, *_ in seen["lines"]:
        lines_of.setdefault(path, set()).add(line)
    names = relative_names(lines_of, directory)
    texts = {names[path]: functions_around(path, lines) for path, lines in lines_of.items()}
    return {**seen, "lines": [[names[path], *others] for path, *others in seen["lines"]], "texts": texts}


class Watch:
    """Samples a process from each BEGIN to the next END, as explain.py sends them, until it has measured."""

    def __init__(self, places: Places, backend_kind: str) -> None:
        self.seen = Seen()
        self._places, self._backend_kind = places, backend_kind
        self._reader: Reader | None = None
        self._is_on = False
        self._window_s = self._cpu_s = 0.0
        self._began = (0.0, 0.0)

    def run(self, pid: int, pipe: int) -> None:
        """Samples a process whose events come from a pipe; raises remote.Unreadable at its first BEGIN."""
        last = due = 0.0
        while True:
            wait_s = max(0.0, due - perf_counter()) if self._is_on else None
            if select.select([pipe], [], [], wait_s)[0]:
                events = os.read(pipe, _MAX_READ).decode().split()
                if not events or events[-1] not in (BEGIN, END):
                    return
                self._switch(events[-1] == BEGIN, pid)
                last = perf_counter()
                due = last + INTERVAL_S
            else:
                now = perf_counter()
                self._tick(now - last)
                last = now
                due = max(due + INTERVAL_S, perf_counter() + INTERVAL_S / 2)

    def _switch(self, is_on: bool, pid: int) -> None:
        if is_on and not self._is_on:
            self._reader = self._reader or remote.open_reader(pid, self._backend_kind)
            self._reader.begin()
            self._began = perf_counter(), process_time()
        elif self._is_on and not is_on:
            self._window_s += perf_counter() - self._began[0]
            self._cpu_s += process_time() - self._began[1]
        self._is_on = is_on

    def _tick(self, seconds: float) -> None:
        """Reads all threads once; seconds: since the time before."""
        try:
            inside, holders = self._look()
        except Exception:  # what changes while it is read may be anything: a path with a null byte in it, say
            self.seen.errors += 1
            return
        if inside:
            self.seen.add(inside, seconds, holders)

    def _look(self) -> "tuple[list[tuple[Place, str]], list[Place] | None]":
        """What the threads that run tasks do, and which of them hold the GIL, as Seen.add takes them."""
        reader: Any = self._reader
        inside: list[tuple[Place, str]] = []
        holders: list[Place] = []
        for thread in reader.read():
            place = self._places.find(thread.frames)
            if place is None:
                continue
            state, run_queue_s = reader.read_state(thread)
            if state is None:  # it has ended
                continue
            inside.append((place, state))
            self.seen.run_queue_s += run_queue_s
            if thread.has_gil:
                holders.append(place)
        return inside, holders if reader.knows_holder else None

    def describe_pauses(self) -> "Record | None":
        """The pauses of the garbage collector that were seen from outside."""
        return self._reader.describe_pauses() if self._reader else None

    def describe(self) -> "Record":
        """What was seen, and what the sampler itself took: CPU time in cpu_s of the window_s that it was at work."""
        return {
            **self.seen.describe(),
            "method": "outside",
            "interval_s": INTERVAL_S,
            "window_s": self._window_s,
            "cpu_s": self._cpu_s,
        }
