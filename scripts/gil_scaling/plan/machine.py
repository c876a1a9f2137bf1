"""Facts of this machine from its operating system: CPUs, memory, kernel."""

import math
import os
import platform
import re
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gil_scaling.launch import cgroup

_CPU = Path("/sys/devices/system/cpu")


def label() -> str:
    """The machine's default label: its host name without the domain, made a valid file name."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname().partition(".")[0]).lstrip("_-")[:60] or "machine"


def allowed_cpus() -> list[int]:
    """The ids of the CPUs that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def physical_cpus(cpus: Iterable[int]) -> list[int]:
    """The first of these CPUs on each physical core, ordered by memory node."""
    first: dict[tuple[int, int], int] = {}
    for cpu in cpus:
        first.setdefault(_core(cpu), cpu)
    return sorted(first.values(), key=lambda cpu: (_node(cpu), cpu))


def choose_cpus(wanted: str | int | list[int]) -> list[int] | None:
    """The CPU ids of the config's `cpus`; None for all.

    wanted: all, physical, a number of physical cores, or a list of ids. Raises ValueError if this machine has too few.
    """
    allowed = allowed_cpus()
    if wanted == "all":
        return None
    if not hasattr(os, "sched_setaffinity"):
        raise ValueError("this system cannot bind a process to CPUs; only 'all' works here")
    if isinstance(wanted, list):
        missing = sorted(set(wanted) - set(allowed))
        if missing:
            raise ValueError(f"no CPU {missing[0]} here; usable are {allowed}")
        return sorted(set(wanted))
    physical = physical_cpus(allowed)
    if isinstance(wanted, str):
        return sorted(physical)
    if wanted > len(physical):
        raise ValueError(f"{wanted} physical cores wanted, {len(physical)} are usable here")
    return sorted(physical[:wanted])


def usable(cpus: list[int] | None = None) -> int:
    """The number of CPUs that runs can keep busy: these (None: all allowed), limited by the cgroup's quota."""
    count = len(cpus or allowed_cpus())
    quota = cgroup.quota()
    return count if quota is None else min(count, math.ceil(quota))


def facts() -> dict[str, Any]:
    """The content of machine.json; None for facts that this system does not report."""
    allowed = allowed_cpus()
    return {
        "host": socket.gethostname() or None,
        "cpu_model": _cpu_model(),
        "sockets": len({_core(cpu)[0] for cpu in allowed}),
        "physical_cpus": len(physical_cpus(allowed)),
        "logical_cpus": os.cpu_count(),
        "usable_cpus": usable(),
        "cgroup_quota_cpus": cgroup.quota(),
        "smt": _read_number(_CPU / "smt/active"),
        "governor": _read(_CPU / "cpu0/cpufreq/scaling_governor"),
        "turbo": _turbo(),
        "caches": _caches(),
        "memory_mb": _memory_mb(),
        "kernel": platform.release(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "libc": " ".join(platform.libc_ver()) or None,
        "hypervisor": _hypervisor(),
    }


def _core(cpu: int) -> tuple[int, int]:
    topology = _CPU / f"cpu{cpu}/topology"
    package = _read_number(topology / "physical_package_id")
    core = _read_number(topology / "core_id")
    return (package or 0, cpu if core is None else core)


def _node(cpu: int) -> int:
    nodes = (_CPU / f"cpu{cpu}").glob("node[0-9]*")
    return min((int(node.name[4:]) for node in nodes), default=0)


def _cpu_model() -> str | None:
    for line in (_read(Path("/proc/cpuinfo")) or "").splitlines():
        if line.startswith(("model name", "Model")):
            return line.partition(":")[2].strip()
    return platform.processor() or None


def _caches() -> dict[str, str | None] | None:
    """The caches of the first CPU as {name: size}, for example {"L2": "1024K"}."""
    caches = {}
    for folder in sorted((_CPU / "cpu0/cache").glob("index*")):
        level, kind = _read(folder / "level"), _read(folder / "type") or ""
        caches[f"L{level}{kind[0].lower() if kind in ('Data', 'Instruction') else ''}"] = _read(folder / "size")
    return caches or None


def _memory_mb() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    except (ValueError, OSError):
        return None


def _turbo() -> int | None:
    disabled = _read_number(_CPU / "intel_pstate/no_turbo")
    return _read_number(_CPU / "cpufreq/boost") if disabled is None else 1 - disabled


def _hypervisor() -> str | None:
    if sys.platform != "linux":
        return None
    is_guest = " hypervisor" in (_read(Path("/proc/cpuinfo")) or "")
    return (_read(Path("/sys/class/dmi/id/sys_vendor")) or "unknown") if is_guest else None


def _read(path: Path) -> str | None:
    try:
        return path.read_text().strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _read_number(path: Path) -> int | None:
    text = _read(path)
    return int(text) if text is not None and text.lstrip("-").isdigit() else None
