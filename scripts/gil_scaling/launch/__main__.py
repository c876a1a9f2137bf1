"""Launches one run: measures it alone on the machine and writes its record, whatever happens.

`python -S -m gil_scaling.launch RUN RECORD LOG [STATUS]`, with the call and its plan in the environment. Standard library
only, and little of it: each run pays for it. Jobs call `run` by `-c`, as `-m` imports more.
"""

from __future__ import annotations

import os
import sys
from mmap import ACCESS_READ, mmap

from gil_scaling import quick_json, record, result_set
from gil_scaling.launch import failures, lock, measurement, progress, run_folder, supervisor

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal

    from gil_scaling.launch.interfaces import CallInfo, Entry
else:
    import _signal as signal  # without enum, which signal imports for names that are not needed here

_INTERRUPTIONS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def main(run: str, out: str, log: str, earlier_status: str = "0") -> None:
    """Measures one run of the current call and writes its record and log.

    earlier_status: the exit status of a launcher of this run that failed, as shells report it. Where a signal killed it
    that is not an interruption, the record says so; otherwise this launcher exits with the same status.
    """
    killer = _killer_of(int(earlier_status))
    out, log = os.path.abspath(out), os.path.abspath(log)
    call = progress.current_call()
    entry = read_entry(call["plan"], run)
    supervisor.exit_on_interruption()  # then no record is written
    if entry["spec"]["cpus"] is not None:
        os.sched_setaffinity(0, entry["spec"]["cpus"])
    with lock.MachineLock():
        lock.check_call(call)
        run_folder.clean_up()
        result = _read_finished(out, entry, call) or _measure(entry, call, out, killer)
    _write_log(log, result["stderr_tail"])


def _killer_of(status: int) -> int:
    """The signal that killed a launcher with an exit status, 0 for none; exits where it ended by itself."""
    if status and (status <= 128 or status - 128 in _INTERRUPTIONS):
        raise SystemExit(status)
    return max(0, status - 128)


def read_entry(plan: str, run: str) -> Entry:
    """The line of a plan about a run, found without reading the file into memory: with 10,000 runs that takes ten times as long."""
    key = quick_json.dumps({"run": run})[:-1].encode()
    with open(plan, "rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as text:
        start = text.find(b"\n" + key) + 1
        if start:
            file.seek(start)
            entry: Entry = quick_json.loads(file.readline())
            return entry
    raise SystemExit(f"{plan}: has no run {run!r}")


def _read_finished(out: str, entry: Entry, call: CallInfo) -> record.Record | None:
    """The record of this very run, if a launcher of this call wrote it that was killed then; one of another call pairs with no other run."""
    try:
        finished = record.read(out)
    except record.RecordError:
        return None
    is_same = finished["spec"] == entry["spec"] and finished["call"]["id"] == call["id"]
    return finished if is_same and finished["status"] in record.DONE else None


def _measure(entry: Entry, call: CallInfo, out: str, killer: int) -> record.Record:
    expected = _Expected(out, entry["expected"])
    earlier = failures.earlier_failure(entry["spec"], call)
    if killer:
        result = measurement.record_killed_launcher(entry, call, killer)
    elif earlier:
        result = measurement.record_unmeasured(entry, call, *earlier)
    else:
        result = measurement.measure_when_quiet(entry, call, expected.digest)
    _write(out, result, expected, call)
    return result


def _write(out: str, result: record.Record, expected: _Expected, call: CallInfo) -> None:
    """Writes a record; from here on nothing may fail or interrupt the job: Snakemake would remove the record."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    expected.keep(result)
    failures.note(result, call)
    try:
        record.write(out, result)
    except OSError as error:
        raise SystemExit(f"{out}: cannot write the record: {error.strerror}") from None


class _Expected:
    """The digest of the correct results, kept in the result set by the first run that computes it."""

    def __init__(self, out: str, name: str) -> None:
        self._path = result_set.expected_path(os.path.dirname(os.path.dirname(out)), name)
        self.digest: str | None = None
        try:
            digest = quick_json.loads(result_set.read_bytes(self._path))["digest"]
            self.digest = digest if isinstance(digest, str) else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            pass

    def keep(self, result: record.Record) -> None:
        """Keeps the digest that a run computed, if none was known."""
        digest = result["measured"] and result["measured"]["expected"]
        if digest and not self.digest:
            try:
                result_set.write_text(self._path, quick_json.dumps({"digest": digest}) + "\n")
            except OSError:
                pass  # the next run computes it again


def _write_log(log: str, text: str) -> None:
    try:
        with open(log, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        pass  # the record has the text, too


def run() -> None:
    """Measures the run that the command line names."""
    main(*sys.argv[1:])


if __name__ == "__main__":
    run()
