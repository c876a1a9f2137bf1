"""One run: starts the measured build as a child, alone on the machine, and writes its record whatever happens.

`python -m scripts.launch RUN RECORD LOG`, with the plan and its call in the environment. Standard library only, and little
of it: this is the price of each run.
"""

import fcntl
import json
import os
import select
import signal
import sys
import time

from scripts import child, process_tree, progress, record

LOCK = "/tmp/gil-scaling.lock"  # one for the machine, whoever measures
_KEPT_OF_LOG = 20_000
_KEPT_IN_RECORD = 2_000
_POLL_MEMORY_S = 0.002


def main(run, out, log):
    """Measures one run of the current call and writes its record and log."""
    out, log = map(os.path.abspath, (out, log))
    call = progress.current_call()
    entry = read_entry(call["plan"], run)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupted)
    with open(_lock_file(), "rb") as lock:
        _take(lock)
        began = time.time()
        expected = _Expected(out, entry["expected"])
        result = measure(entry, call, expected.digest)
    expected.keep(result["measured"])
    record.write(out, result)
    record.write_text(log, result["stderr_tail"])
    done, left_s = progress.advance(call, began)
    workers, said = outcome(result)
    print(progress.line(done, call["runs"], entry["spec"], workers, said, left_s), file=sys.stderr)


def read_entry(plan, run):
    """The line of a plan that is about a run: spec, command, env, both references, timeout_s, expected."""
    key = json.dumps({"run": run})[:-1]
    with open(plan, encoding="utf-8") as file:
        for text in file:
            if text.startswith(key):
                return json.loads(text)
    raise SystemExit(f"{plan}: no run {run!r}")


def measure(entry, call, expected):
    """The record of one run, begun now."""
    before, snakemake_before = state(), _snakemake_cpu_s(call)
    seconds, fraction = divmod(time.time_ns() // 1000, 1_000_000)
    started = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{fraction:06}Z"
    folder = f"/tmp/gil-scaling-{os.getpid()}-{time.time_ns()}"
    os.mkdir(folder, 0o700)
    try:
        places = {key: entry[key] for key in ("reference", "backend_reference")}
        spec = {**entry["spec"], **places, "expected": expected}
        with open(f"{folder}/spec.json", "w", encoding="utf-8") as file:
            json.dump(spec, file)
        ended = _Ended() if entry["rejected"] else _run_child(entry, folder)
        result = _read_result(folder)
        text = _end_of_log(folder)
    finally:
        _remove(folder)
    snakemake_after = _snakemake_cpu_s(call)
    status, reason = judge(entry, ended, result, text)
    if text or reason:
        reason, text = reason and record.scrub(reason), record.scrub(text)
    return {
        "format": record.FORMAT,
        "run": entry["run"],
        "spec": entry["spec"],
        "status": status,
        "reason": reason,
        "call": {"id": call["id"], "time": call["time"]},
        "started": started,
        "wall_s": ended.wall_s,
        "exit_code": ended.exit_code,
        "stderr_tail": text[-_KEPT_IN_RECORD:],
        "snakemake_cpu_s": None if snakemake_before is None else snakemake_after - snakemake_before,
        "state": {"before": before, "after": state()},
        "peak_memory_mb": ended.peak_memory_mb,
        "memory_kind": ended.memory_kind,
        "measured": (result or {}).get("measured") if status == "ok" else None,
    }


def judge(entry, ended, result, text):
    """The status of a run and its reason, from how the child ended and what it said."""
    if entry["rejected"]:
        return "unsupported", entry["rejected"]
    if ended.timed_out:
        return "timeout", f"took longer than the limit of {entry['timeout_s']:g} s"
    if ended.exit_code < 0:
        return "crashed", f"ended by signal {signal.Signals(-ended.exit_code).name}"
    if result is None:
        last = text.strip().rpartition("\n")[2]
        return "crashed", f"ended with exit code {ended.exit_code} and no result: {last}".rstrip(": ")
    return result["status"], result["reason"]


def outcome(result):
    """What the progress line says of a run: its number of workers and its time, or why there is none."""
    if result["status"] != "ok":
        return result["spec"]["workers"], f"{result['status']}: {result['reason'].splitlines()[-1]}"
    timed = "work_s" if result["spec"]["start"] == "together" else "total_s"
    counted = [sample for sample in result["measured"]["samples"] if not sample["warmup"]]
    times = sorted(sample[timed] for sample in counted)
    return counted[0]["workers"], progress.duration(times[len(times) // 2])


class _Ended:
    """How a child ended; without an exit code where none was started."""

    def __init__(self):
        self.exit_code = self.peak_memory_mb = self.memory_kind = None
        self.wall_s = 0.0
        self.timed_out = False


def _run_child(entry, folder):
    """Starts the build, waits for its end or the time limit, and leaves nothing of it running."""
    if entry["spec"]["cpus"] is not None:
        os.sched_setaffinity(0, entry["spec"]["cpus"])
    events, tell = os.pipe()
    os.set_inheritable(tell, True)
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker)
    command = [*entry["command"], "-m", "scripts.measure", "run", folder, str(tell)]
    environment = child.environment(entry["env"], entry["spec"]["round"])
    os.chdir(folder)
    began = time.monotonic()
    pid = os.posix_spawn(
        command[0],
        command,
        environment,
        file_actions=(
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ),
        setsid=True,
    )
    os.close(tell)
    try:
        return _wait(pid, events, wake, began, entry["timeout_s"])
    finally:
        _kill_group(pid)


def _wait(pid, events, wake, began, timeout_s):
    ended = _Ended()
    watched = [events, wake]
    reading_memory = False
    while True:
        left = began + timeout_s - time.monotonic()
        ended.timed_out = left <= 0
        if ended.timed_out:
            _kill_group(pid)
            _, status = os.waitpid(pid, 0)
        else:
            pause = min(left, _POLL_MEMORY_S) if reading_memory else left
            ready, _, _ = select.select(watched, [], [], pause)
            if events in ready:
                said = os.read(events, 4096)
                reading_memory = said.endswith(b"memory_begin\n")
                if b"memory_begin" in said:  # also of a sample that is over by now
                    _note_memory(ended, pid)
                elif not said:
                    watched.remove(events)
            elif reading_memory:
                _note_memory(ended, pid)
            found, status = os.waitpid(pid, os.WNOHANG)
            if not found:
                continue
        ended.exit_code = os.waitstatus_to_exitcode(status)
        ended.wall_s = time.monotonic() - began
        return ended


def _note_memory(ended, pid):
    found, kind = process_tree.memory(pid)
    if found is not None and found > (ended.peak_memory_mb or 0):
        ended.peak_memory_mb, ended.memory_kind = found, kind


def _kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _interrupted(number, _):
    raise SystemExit(128 + number)  # through the finally clauses, and without a record


def _remove(folder):
    import shutil  # here, because it costs more than the rest of the imports together

    shutil.rmtree(folder, ignore_errors=True)


def _read_result(folder):
    try:
        with open(f"{folder}/result.json", encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def _end_of_log(folder):
    try:
        with open(f"{folder}/log", "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _KEPT_OF_LOG))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


class _Expected:
    """The digest of the right results, kept beside the records by the first run that makes it."""

    def __init__(self, out, name):
        self.path = os.path.join(os.path.dirname(out), "..", "expected", f"{name}.json")
        try:
            with open(self.path, encoding="utf-8") as file:
                self.digest = json.load(file)["digest"]
        except (OSError, ValueError, KeyError, TypeError):
            self.digest = None

    def keep(self, measured):
        """Keeps the digest that a run found, where none was known."""
        found = (measured or {}).get("expected")
        if found and not self.digest:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            record.write_text(self.path, json.dumps({"digest": found}) + "\n")


def state():
    """What tells how busy the machine is: load, CPU pressure in percent, stolen CPU time in seconds; None if unknown."""
    return {
        "load_1min": os.getloadavg()[0],
        "cpu_pressure_percent": _cpu_pressure_percent(),
        "steal_s": _steal_s(),
    }


def _cpu_pressure_percent():
    try:
        with open("/proc/pressure/cpu") as file:
            return float(file.readline().split()[1].partition("=")[2])
    except (OSError, IndexError, ValueError):
        return None


def _steal_s():
    try:
        with open("/proc/stat") as file:
            return int(file.readline().split()[8]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return None


def _snakemake_cpu_s(call):
    return process_tree.cpu_s(call["pid"]) if call["host"] == os.uname().nodename else None


def _lock_file():
    try:
        os.close(os.open(LOCK, os.O_CREAT | os.O_EXCL | os.O_RDONLY, 0o644))
    except FileExistsError:
        pass
    return LOCK


def _take(lock):
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("waiting: another sweep measures on this machine", file=sys.stderr)
        fcntl.flock(lock, fcntl.LOCK_EX)


if __name__ == "__main__":
    main(*sys.argv[1:])
