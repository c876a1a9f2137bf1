"""The state of the machine around a run: readings before and after it, and the flags that follow from them.

Standard library only, and little of it: each run pays for it. What the run itself does never counts: neither its timings
nor the pressure of its own workers.
"""

from __future__ import annotations

import os
import time

from gil_scaling.launch import cgroup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from gil_scaling.launch.interfaces import Readings
    from gil_scaling.record import Noise, State

# Limits beyond which a run is flagged
MAX_OTHER_SHARE = 0.05  # of the run's CPUs, taken by other processes or the hypervisor
MIN_OTHER_S = 0.03  # less is below the resolution of /proc/stat, which counts ticks of 10 ms per CPU
MAX_DRIFT = 0.10  # of the reference loop, from before the run to after it
MAX_THROTTLED_SHARE = 0.01  # of the time of the run's CPUs

_PARTS, _TURNS = 32, 23_125  # of the reference loop: 20 ms in all on a server CPU of 2023
_TIMED_PARTS = 4
# In the middle of a part the sum exceeds 2**30, from which on Python adds more slowly. So it was in the 8 parts of records of
# 2026-11-26 and before, which began at 0: times of both compare, within 2 %.
_FIRST_SUM = 2**30 - (_TURNS // 2) ** 2 // 2
_MAX_LOOP_AGE_S = 1.0  # between two runs; Snakemake takes a tenth of it
_WATCH_S = 0.3
WAIT_LIMIT_S = 60.0
REPEAT_LIMIT = 3

UNSTEADY = ("noisy", "drifting")  # flags of disturbances that may pass, so that repeating the run helps


def read(cpus: list[int]) -> Readings:
    """The readings of now: counters in seconds since boot, None for what this system does not provide.

    cpus: ids of the CPUs that runs may use.
    """
    busy_s, steal_s = _cpu_times(cpus)
    percent, pressure_s = _cpu_pressure()
    return {
        "load_1min": _load_1min(),
        "cpu_pressure_percent": percent,
        "cpu_pressure_s": pressure_s,
        "busy_s": busy_s,
        "steal_s": steal_s,
        "throttled_s": cgroup.throttled_s(),
        "frequency_mhz": _frequency_mhz(cpus),
        "temperature_c": _temperature_c(),
    }


def reference_loop_s(clock: Callable[[], float] = time.perf_counter) -> float:
    """The time of a fixed loop of about 20 ms: 32 times the fastest of four of its 32 parts, so that a pause does not count."""
    parts = []
    for _ in range(_TIMED_PARTS):
        began = clock()
        total = _FIRST_SUM
        for turn in range(_TURNS):
            total += turn
        parts.append(clock() - began)
    return _PARTS * min(parts)


def read_loop(path: str, cpus: list[int], clock: Callable[[], float] = time.monotonic) -> float | None:
    """The reference loop after a run that has just ended on these CPUs, which is that before the next one; None without it."""
    try:
        with open(path) as file:
            ended, loop_s, *ids = file.read().split()
        is_new = 0.0 <= clock() - float(ended) <= _MAX_LOOP_AGE_S
        return float(loop_s) if is_new and ids == [*map(str, cpus)] and 0.0 < float(loop_s) < 1e3 else None
    except (OSError, ValueError):
        return None


def keep_loop(path: str, cpus: list[int], loop_s: float, clock: Callable[[], float] = time.monotonic) -> None:
    """Keeps the reference loop after a run for the next one, whose `read_loop` takes it."""
    try:
        with open(path, "w") as file:
            file.write(" ".join(map(str, (clock(), loop_s, *cpus))))
    except OSError:
        pass  # then the next run runs it, too


class Watch:
    """Reads the state of the machine before and after a run; the reference loop runs outside the time of the run."""

    def __init__(
        self,
        cpus: list[int],
        own_cpu_s: Callable[[], float],
        snakemake_cpu_s: Callable[[], float | None],
        loop_path: str | None,
    ) -> None:
        """cpus: of the run; own_cpu_s, snakemake_cpu_s: CPU time so far of our processes, and of Snakemake alone.

        loop_path: where the reference loop is kept from one run to the next, None for runs that do not follow each other.
        """
        self._cpus, self._own_cpu_s, self._snakemake_cpu_s = cpus, own_cpu_s, snakemake_cpu_s
        self._loop_path = loop_path
        loop_s = (loop_path and read_loop(loop_path, cpus)) or reference_loop_s()
        self.started_ns = time.time_ns()
        self._before = {**read(cpus), "reference_loop_s": loop_s}
        self._own_before, self._snakemake_before = own_cpu_s(), snakemake_cpu_s()
        self._started = time.monotonic()
        self.snakemake_cpu_s: float | None = None
        self.state: State
        self.noise: list[Noise]

    def stop(self, run_cpu_s: float | None) -> Watch:
        """Takes the readings after the run, which used run_cpu_s seconds of CPU time; sets state and noise."""
        seconds = time.monotonic() - self._started
        own_s, snakemake_s = self._own_cpu_s() - self._own_before, self._snakemake_cpu_s()
        after = read(self._cpus)
        after["reference_loop_s"] = loop_s = reference_loop_s()
        if self._loop_path:
            keep_loop(self._loop_path, self._cpus, loop_s)
        all_own_s = None if run_cpu_s is None else own_s + run_cpu_s
        meanwhile = between(self._before, after, seconds, all_own_s, len(self._cpus))
        if snakemake_s is not None and self._snakemake_before is not None:
            self.snakemake_cpu_s = snakemake_s - self._snakemake_before
        self.state = {"before": self._before, "after": after, "meanwhile": meanwhile}
        self.noise = judge(self._before, after, meanwhile)
        return self


def between(before: Readings, after: Readings, seconds: float, own_cpu_s: float | None, count: int) -> Readings:
    """The seconds of CPU time between two readings: of others, stolen by the hypervisor, lost to the cgroup's quota.

    seconds: of wall time; own_cpu_s: CPU time of our processes, None where unknown; count: number of CPUs.
    """
    busy_s = _difference("busy_s", before, after)
    return {
        "seconds": seconds,
        "cpus": count,
        "other_cpu_s": None if own_cpu_s is None or busy_s is None else max(0.0, busy_s - own_cpu_s),
        "own_cpu_s": own_cpu_s,
        "steal_s": _difference("steal_s", before, after),
        "throttled_s": _difference("throttled_s", before, after),
    }


def _difference(name: str, before: Readings, after: Readings) -> float | None:
    first, last = before[name], after[name]
    return None if first is None or last is None else last - first


def judge(before: Readings, after: Readings, meanwhile: Readings) -> list[Noise]:
    """The disturbances of a run: each reading beyond its limit."""
    cpu_s = (meanwhile["seconds"] or 0.0) * (meanwhile["cpus"] or 0)
    loop_before, loop_after = before.get("reference_loop_s"), after.get("reference_loop_s")
    drift = abs(loop_after / loop_before - 1) if loop_before and loop_after else None
    readings = (
        ("noisy", "other_share", _share(meanwhile["other_cpu_s"], cpu_s), MAX_OTHER_SHARE),
        ("noisy", "steal_share", _share(meanwhile["steal_s"], cpu_s), MAX_OTHER_SHARE),
        ("throttled", "throttled_share", _share(meanwhile["throttled_s"], cpu_s, 0.0), MAX_THROTTLED_SHARE),
        ("drifting", "reference_loop_drift", drift, MAX_DRIFT),
    )
    return [
        {"flag": flag, "reading": reading, "value": value, "limit": limit}
        for flag, reading, value, limit in readings
        if value is not None and value > limit
    ]


def _share(taken_s: float | None, cpu_s: float, min_s: float = MIN_OTHER_S) -> float | None:
    """The share of the CPU time that was taken; 0 below the resolution of the counters."""
    if taken_s is None or cpu_s <= 0:
        return None
    return taken_s / cpu_s if taken_s > min_s else 0.0


def wait_for_quiet(
    cpus: list[int],
    own_cpu_s: Callable[[], float],
    limit_s: float = WAIT_LIMIT_S,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    read: Callable[[list[int]], Readings] = read,
) -> float:
    """Waits until other processes leave the CPUs alone, at most limit_s; returns the seconds waited.

    own_cpu_s(): the CPU time of our processes so far, which does not count. One look takes 0.3 s.
    """
    began = clock()
    while True:
        before, own_before, at = read(cpus), own_cpu_s(), clock()
        sleep(_WATCH_S)
        meanwhile = between(before, read(cpus), clock() - at, own_cpu_s() - own_before, len(cpus))
        waited = clock() - began
        if not judge({}, {}, meanwhile):
            return max(0.0, waited - _WATCH_S)
        if waited >= limit_s:
            return waited


def _cpu_times(cpus: list[int]) -> tuple[float, float] | tuple[None, None]:
    """(CPU time used, CPU time stolen by the hypervisor) of these CPUs since boot, in seconds."""
    names = {f"cpu{cpu}" for cpu in cpus}
    try:
        tick_s = 1 / os.sysconf("SC_CLK_TCK")
        with open("/proc/stat") as file:
            rows = [list(map(int, line.split()[1:9])) for line in file if line.partition(" ")[0] in names]
        if len(rows) < len(names):
            return None, None
        user, nice, system, _, _, interrupts, soft_interrupts, stolen = map(sum, zip(*rows, strict=True))
        return (user + nice + system + interrupts + soft_interrupts) * tick_s, stolen * tick_s
    except (OSError, ValueError):
        return None, None


def _load_1min() -> float | None:
    try:
        return os.getloadavg()[0]
    except OSError:  # Linux reads it from /proc
        return None


def _cpu_pressure() -> tuple[float, float] | tuple[None, None]:
    """(percent of the last 10 s, seconds since boot) in which a task waited for a CPU."""
    try:
        with open("/proc/pressure/cpu") as file:
            words = dict(word.split("=") for word in file.readline().split()[1:])
        return float(words["avg10"]), int(words["total"]) * 1e-6
    except (OSError, KeyError, ValueError):
        return None, None


def _frequency_mhz(cpus: list[int]) -> float | None:
    """The mean frequency of the CPUs now."""
    khz = [_read_int(f"/sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq") for cpu in cpus]
    known = [value for value in khz if value is not None]
    return sum(known) / len(known) / 1000 if known and len(known) == len(khz) else None


def _temperature_c() -> float | None:
    """The temperature of the hottest zone."""
    folder = "/sys/class/thermal"
    try:
        zones = [name for name in os.listdir(folder) if name.startswith("thermal_zone")]
    except OSError:
        return None
    readings = [_read_int(f"{folder}/{zone}/temp") for zone in zones]
    return max((value / 1000 for value in readings if value is not None), default=None)


def _read_int(path: str) -> int | None:
    try:
        with open(path) as file:
            return int(file.read())
    except (OSError, ValueError):
        return None
