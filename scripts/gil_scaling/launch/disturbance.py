"""The state of the machine around a run: what is read before and after it, and which flags follow from that.

Standard library only, and little of it: each run pays for it. What the run itself does never counts: neither its timings
nor the pressure that its own workers make.
"""

import os
import time

from gil_scaling.launch import cgroup

# Seen beyond these, a run is flagged.
MOST_OTHER_SHARE = 0.05  # of the CPUs that the run may use, taken by other processes or by the hypervisor
LEAST_OTHER_S = 0.03  # for /proc/stat counts in ticks of 10 ms a CPU
MOST_DRIFT = 0.10  # of the reference loop, from before the run to after it
MOST_THROTTLED_SHARE = 0.01  # of the time that the run's CPUs had

_PARTS, _TURNS = 4, 185_000  # of the reference loop: 20 ms in all on a server CPU of 2023
_WATCH_S = 0.3
WAIT_LIMIT_S = 60.0
REPEAT_LIMIT = 3

UNSTEADY = ("noisy", "drifting")  # the flags after which a run is worth repeating: they may pass


def read(cpus):
    """What can be read now; counters in seconds since the machine's start, None for what this system does not tell.

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


def reference_loop_s(clock=time.perf_counter):
    """The time of a fixed piece of work of about 20 ms: four times its fastest quarter, so that a pause does not count."""
    quarters = []
    for _ in range(_PARTS):
        began = clock()
        total = 0
        for turn in range(_TURNS):
            total += turn
        quarters.append(clock() - began)
    return _PARTS * min(quarters)


def between(before, after, seconds, own_cpu_s, count):
    """What happened between two readings.

    seconds: of wall clock; own_cpu_s: CPU time of ours meanwhile, None if unknown; count: how many CPUs there were.
    Returns seconds of CPU time: of others, stolen by the hypervisor, and lost to the cgroup's quota.
    """
    passed = {
        name: None if None in (before[name], after[name]) else after[name] - before[name]
        for name in ("busy_s", "steal_s", "throttled_s")
    }
    unknown = own_cpu_s is None or passed["busy_s"] is None
    return {
        "seconds": seconds,
        "cpus": count,
        "other_cpu_s": None if unknown else max(0.0, passed["busy_s"] - own_cpu_s),
        "own_cpu_s": own_cpu_s,
        "steal_s": passed["steal_s"],
        "throttled_s": passed["throttled_s"],
    }


def judge(before, after, meanwhile):
    """The flags that a run gets: a list of {flag, reading, value, limit}."""
    had_s = meanwhile["seconds"] * meanwhile["cpus"]
    loops = before.get("reference_loop_s"), after.get("reference_loop_s")
    taken = [meanwhile["other_cpu_s"], meanwhile["steal_s"]]
    seen = (
        ("noisy", "other_share", _share(taken[0], had_s), MOST_OTHER_SHARE),
        ("noisy", "steal_share", _share(taken[1], had_s), MOST_OTHER_SHARE),
        ("throttled", "throttled_share", _share(meanwhile["throttled_s"], had_s, 0.0), MOST_THROTTLED_SHARE),
        ("drifting", "reference_loop_drift", None if None in loops else abs(loops[1] / loops[0] - 1), MOST_DRIFT),
    )
    return [
        {"flag": flag, "reading": reading, "value": value, "limit": most}
        for flag, reading, value, most in seen
        if value is not None and value > most
    ]


def _share(taken_s, had_s, least_s=LEAST_OTHER_S):
    """The share that was taken of what there was; 0 where it is too little to be told from the counting of ticks."""
    if taken_s is None or had_s <= 0:
        return None
    return taken_s / had_s if taken_s > least_s else 0.0


def wait_for_quiet(cpus, own_cpu_s, limit_s=WAIT_LIMIT_S, sleep=time.sleep, clock=time.monotonic, look=read):
    """Waits until other processes leave the CPUs alone, at most limit_s; returns the seconds waited.

    own_cpu_s(): the CPU time of ours until now, in seconds, which does not count. Watching once takes 0.3 s.
    """
    began = clock()
    while True:
        before, own_before, at = look(cpus), own_cpu_s(), clock()
        sleep(_WATCH_S)
        meanwhile = between(before, look(cpus), clock() - at, own_cpu_s() - own_before, len(cpus))
        waited = clock() - began
        quiet = {"reference_loop_s": None}
        if not judge(quiet, quiet, meanwhile):
            return max(0.0, waited - _WATCH_S)
        if waited >= limit_s:
            return waited


def _cpu_times(cpus):
    """(CPU time used, CPU time stolen by the hypervisor) of these CPUs since the machine's start, in seconds."""
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


def _load_1min():
    try:
        return os.getloadavg()[0]
    except OSError:  # Linux reads it from /proc
        return None


def _cpu_pressure():
    """(percent of the last 10 s, seconds since the start) in which a task waited for a CPU."""
    try:
        with open("/proc/pressure/cpu") as file:
            words = dict(word.split("=") for word in file.readline().split()[1:])
        return float(words["avg10"]), int(words["total"]) * 1e-6
    except (OSError, KeyError, ValueError):
        return None, None


def _frequency_mhz(cpus):
    """The mean frequency of the CPUs now."""
    found = [_number(f"/sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq") for cpu in cpus]
    return None if None in found else sum(found) / len(found) / 1000


def _temperature_c():
    """The temperature of the hottest zone."""
    folder = "/sys/class/thermal"
    try:
        zones = [name for name in os.listdir(folder) if name.startswith("thermal_zone")]
    except OSError:
        return None
    found = [_number(f"{folder}/{zone}/temp") for zone in zones]
    return max((value / 1000 for value in found if value is not None), default=None)


def _number(path):
    try:
        with open(path) as file:
            return int(file.read())
    except (OSError, ValueError):
        return None
