"""One run: starts the measured build as a child, alone on the machine, and writes its record whatever happens.

`python -m gil_scaling.launch RUN RECORD LOG`, with the plan and its call in the environment. Standard library only, and little
of it: this is the price of each run.
"""

import fcntl
import json
import os
import signal
import sys
import time
from contextlib import contextmanager, suppress
from functools import partial

from gil_scaling import __version__, record, result_set
from gil_scaling.launch import disturbance, environment, processes, progress, supervisor
from gil_scaling.text import printable, scrub

LOCK = "/tmp/gil-scaling.lock"  # one for the machine, whoever measures
_FOLDERS, _PREFIX = "/tmp", "gil-scaling-run-"  # where each run has a folder of its own, and how its name begins
_KEPT_IN_RECORD = 2_000
_SAID_BY_BUILD = ("ok", "unsupported", "failed", "wrong_result")
_INTERRUPTING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def main(run, out, log, earlier="0"):
    """Measures one run of the current call and writes its record and log.

    earlier: how a launcher of this run ended before, as a shell tells it. Where a signal killed it that nobody sends to
    interrupt, the record says so; else this one ends likewise.
    """
    killer = _killer(int(earlier))
    out, log = map(os.path.abspath, (out, log))
    call = progress.current_call()
    entry = read_entry(call["plan"], run)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupted)
    if entry["spec"]["cpus"] is not None:
        os.sched_setaffinity(0, entry["spec"]["cpus"])
    with machine_to_itself():
        began = time.time()
        _end_what_was_left()
        result = _found(out, entry["spec"])
        if result is None:
            expected = _Expected(out, entry["expected"])
            result = _lost(entry, call, killer) if killer else _measure_in_quiet(entry, call, expected.digest)
            _keep(out, result, expected)
    with suppress(OSError):
        result_set.write_text(log, result["stderr_tail"])
    with suppress(OSError, ValueError):  # of the file that counts the runs
        _tell_progress(result, call, began)


def _killer(status):
    """The signal that killed a launcher which ended with a status, 0 for none; ends this one where it ended by itself."""
    if status and (status <= 128 or status - 128 in _INTERRUPTING):
        raise SystemExit(status)
    return max(0, status - 128)


def _keep(out, result, expected):
    """Writes a record; from here on nothing may fail the job, nor interrupt it: Snakemake would remove the record."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    with suppress(OSError):
        expected.keep(result["measured"])
    try:
        record.write(out, result)
    except OSError as error:
        raise SystemExit(f"{out}: the record cannot be written: {error.strerror}") from None


def _tell_progress(result, call, began):
    done, left_s = progress.advance(call, began)
    workers, said = outcome(result)
    _say(progress.line(done, call["runs"], result["spec"], workers, said, left_s))


def _say(line):
    """Writes a line to stderr where somebody listens; sys.stderr would try again at the end, and then fail the job."""
    with suppress(OSError):
        os.write(2, f"{line}\n".encode("utf-8", "backslashreplace"))


def _end_what_was_left():
    """Ends the processes of runs whose launcher was killed, and removes their folders: while this one has the lock, no other runs."""
    for folder in _run_folders():
        for pid in processes.inside(folder):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        _remove(folder)


def _run_folders():
    """The folders of runs that this user began and that are still there."""
    with os.scandir(_FOLDERS) as found:
        names = [one.name for one in found if one.name.startswith(_PREFIX) and one.is_dir(follow_symlinks=False)]
    folders = [f"{_FOLDERS}/{name}" for name in names if name.removeprefix(_PREFIX).replace("-", "").isdigit()]
    return [folder for folder in folders if os.stat(folder).st_uid == os.getuid()]


def _found(out, spec):
    """The record of this very run, where a launcher wrote it that outlived its call of Snakemake; None else."""
    try:
        found = record.read(out)
    except record.RecordError:
        return None
    return found if found["spec"] == spec and found["status"] in record.DONE else None


def _measure_in_quiet(entry, call, expected):
    """The record of one run: after a wait for quiet, or of the last of several attempts, where the config asks for it."""
    waited_s, attempts = 0.0, 1
    if entry["on_noise"] == "wait":
        waited_s = disturbance.wait_for_quiet(_cpus_of(entry), partial(_own_cpu_s, call))
    result = measure(entry, call, expected)
    while entry["on_noise"] == "repeat" and attempts <= disturbance.REPEAT_LIMIT and _is_unsteady(result):
        attempts += 1
        result = measure(entry, call, expected)
    return _sound({**result, "waited_s": waited_s, "attempts": attempts})


def _is_unsteady(result):
    flags = {found["flag"] for found in result["noise"]}
    return result["status"] == "ok" and not flags.isdisjoint(disturbance.UNSTEADY)


def read_entry(plan, run):
    """The line of a plan that is about a run: its spec, and what else is needed to start and to judge it."""
    key = json.dumps({"run": run})[:-1]
    with open(plan, encoding="utf-8") as file:
        for text in file:
            if text.startswith(key):
                return json.loads(text)
    raise SystemExit(f"{plan}: no run {run!r}")


def measure(entry, call, expected):
    """The record of one run, begun now."""
    watch = _Watch(entry, call)
    ended, result = _run_build(entry, expected)
    text = ended.output.decode("utf-8", "replace")
    return _record(entry, call, watch, ended, text, *judge(entry, ended, result, text), result)


def _lost(entry, call, killer):
    """The record of a run whose launcher was killed."""
    reason = f"what watches the run was ended by signal {_signal_name(killer)}: by the workload, or for want of memory"
    made = _record(entry, call, _Watch(entry, call), supervisor.Ended(), "", "crashed", reason, None)
    return _sound({**made, "waited_s": 0.0, "attempts": 1})


def _record(entry, call, watch, ended, text, status, reason, result):
    """The record of a run that ended just now; text: what it wrote; result: what the build left, or None."""
    seconds, fraction = divmod(watch.began_ns // 1000, 1_000_000)
    seen = watch.seen(ended.cpu_s)
    return {
        "format": record.FORMAT,
        "gil_scaling": __version__,
        "run": entry["run"],
        "spec": entry["spec"],
        "status": status,
        "reason": reason and _reason(reason),
        "call": {"id": call["id"], "time": call["time"]},
        "started": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{fraction:06}Z",
        "wall_s": ended.wall_s,
        "exit_code": ended.exit_code,
        "stderr_tail": text and _presentable(text)[-_KEPT_IN_RECORD:],
        **seen,
        "peak_memory_mb": ended.peak_memory_mb,
        "memory_kind": ended.memory_kind,
        "measured": result.get("measured") if status == "ok" else None,
    }


def _presentable(text):
    return printable(scrub(text))


def _reason(text):
    return _shortened(_presentable(_shortened(text, 10 * _KEPT_IN_RECORD)), _KEPT_IN_RECORD)


def _shortened(text, most):
    """Of a long text its beginning and its end."""
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}"


def _sound(made):
    """A record, or the one of a run that failed where it holds what no record may."""
    try:
        record.check(made)
        json.dumps(made, allow_nan=False)
    except (record.RecordError, ValueError, RecursionError) as error:
        reason = _reason(f"measured what no record may hold: {error}")
        return {**made, "status": "failed", "reason": reason, "measured": None}
    return made


def _cpus_of(entry):
    """The ids of the CPUs that a run may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(entry["spec"]["cpus"] or os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


class _Watch:
    """Reads the machine's state before and after a run; the fixed loop first and last, outside of the run's time."""

    def __init__(self, entry, call):
        self._cpus, self._call = _cpus_of(entry), call
        loop_s = disturbance.reference_loop_s()
        self.began_ns = time.time_ns()
        self._before = {**disturbance.read(self._cpus), "reference_loop_s": loop_s}
        self._own_s, self._snakemake_s, self._began = _own_cpu_s(call), _snakemake_cpu_s(call), time.monotonic()

    def seen(self, run_cpu_s):
        """What was seen until now, as fields of the record; run_cpu_s is the CPU time of the run's processes."""
        lasted_s = time.monotonic() - self._began
        own_s, snakemake_s = _own_cpu_s(self._call), _snakemake_cpu_s(self._call)
        after = disturbance.read(self._cpus)
        after["reference_loop_s"] = disturbance.reference_loop_s()
        all_own_s = None if run_cpu_s is None else own_s - self._own_s + run_cpu_s
        meanwhile = disturbance.between(self._before, after, lasted_s, all_own_s, len(self._cpus))
        return {
            "snakemake_cpu_s": None if snakemake_s is None else snakemake_s - self._snakemake_s,
            "state": {"before": self._before, "after": after, "meanwhile": meanwhile},
            "noise": disturbance.judge(self._before, after, meanwhile),
        }


def judge(entry, ended, result, text):
    """The status of a run and its reason, from how the child ended and what it said."""
    if entry["rejected"]:
        return "unsupported", entry["rejected"]
    if ended.problem:
        return "crashed", f"cannot be started: {ended.problem}"
    if ended.timed_out:
        return "timeout", f"took longer than the limit of {entry['timeout_s']:g} s"
    if ended.exit_code < 0 and not ended.lingered:
        return "crashed", f"ended by signal {_signal_name(-ended.exit_code)}"
    if result is None:
        last = text.strip().rpartition("\n")[2]
        return "crashed", f"ended with exit code {ended.exit_code} and no result: {last}".rstrip(": ")
    return result["status"], result.get("reason")


def _signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return str(number)


def outcome(result):
    """What the progress line says of a run: its number of workers and its time, or why there is none."""
    if result["status"] != "ok":
        last = result["reason"].strip().rpartition("\n")[2]
        return result["spec"]["workers"], f"{result['status']}: {last}"
    timed = "work_s" if result["spec"]["start"] == "together" else "total_s"
    counted = [sample for sample in result["measured"]["samples"] if not sample["warmup"]]
    times = sorted(sample[timed] for sample in counted)
    return counted[0]["workers"], progress.duration(times[len(times) // 2])


def _run_build(entry, expected):
    """Runs the build in a folder of its own; returns how it ended, and its result or None."""
    folder = f"{_FOLDERS}/{_PREFIX}{os.getpid()}-{time.time_ns()}"
    try:
        places = {key: entry[key] for key in ("reference", "backend_reference")}
        spec = {**entry["spec"], **places, "expected": expected, "thread_limits": environment.THREAD_LIMITS}
        _make_folder(folder, spec)
        command = [*entry["command"], "-m", "gil_scaling.measure", "run", folder]
        variables = environment.environment(entry["env"], entry["spec"]["round"])
        rejected = entry["rejected"]
        ended = supervisor.Ended() if rejected else supervisor.run(command, variables, folder, entry["timeout_s"])
        return ended, _read_result(folder)
    finally:
        with supervisor.undisturbed():
            _remove(folder)


def _make_folder(folder, spec):
    try:
        os.mkdir(folder, 0o700)
        with open(f"{folder}/spec.json", "w", encoding="utf-8") as file:
            json.dump(spec, file)
    except OSError as error:
        raise SystemExit(
            f"{_FOLDERS}: cannot hold the folder of a run: {error.strerror}. It must be writable and have room."
        ) from None


def _interrupted(number, _):
    raise SystemExit(128 + number)  # through the finally clauses, and without a record


def _remove(folder):
    """Removes a folder, however deep; by rm, because importing shutil costs more than the rest of the imports together."""
    with suppress(OSError):
        os.waitpid(os.posix_spawnp("rm", ["rm", "-rf", folder], os.environ), 0)


def _read_result(folder):
    """What the build left as its result; None where that is missing or garbage."""
    try:
        found = json.loads(result_set.read_bytes(f"{folder}/result.json"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("status") not in _SAID_BY_BUILD:
        return None
    return found if isinstance(found.get("reason"), type(None) if found["status"] == "ok" else str) else None


class _Expected:
    """The digest of the right results, kept beside the records by the first run that makes it."""

    def __init__(self, out, name):
        self.path = result_set.expected_path(os.path.dirname(os.path.dirname(out)), name)
        try:
            self.digest = json.loads(result_set.read_bytes(self.path))["digest"]
            self.digest = self.digest if isinstance(self.digest, str) else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            self.digest = None

    def keep(self, measured):
        """Keeps the digest that a run found, where none was known."""
        found = (measured or {}).get("expected")
        if found and not self.digest:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            result_set.write_text(self.path, json.dumps({"digest": found}) + "\n")


def _snakemake_cpu_s(call):
    return processes.cpu_s(call["pid"]) if call["host"] == os.uname().nodename else None


def _own_cpu_s(call):
    """The CPU time until now of this process and of Snakemake, where it runs on this machine."""
    return time.process_time() + (_snakemake_cpu_s(call) or 0.0)


@contextmanager
def machine_to_itself():
    """Waits until nobody else measures on this machine, and keeps others from it for as long as the context lasts."""
    try:
        lock = _open_lock()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("waiting: another sweep measures on this machine")
            fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError as error:
        needed = "It must be a file that everyone may read, in a folder that everyone may write to."
        raise SystemExit(f"{LOCK}: cannot keep two sweeps from measuring at once: {error.strerror}. {needed}") from None
    try:
        yield
    finally:
        os.close(lock)


def _open_lock():
    """A descriptor of the lock's file; a new one may be read by other users, whatever this one's umask."""
    umask = os.umask(0)
    try:
        return os.open(LOCK, os.O_CREAT | os.O_EXCL | os.O_RDONLY, 0o644)
    except FileExistsError:
        return os.open(LOCK, os.O_RDONLY | os.O_NONBLOCK)
    finally:
        os.umask(umask)


if __name__ == "__main__":
    main(*sys.argv[1:])
