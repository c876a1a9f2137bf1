"""What several tests share: the root of the project, records and result sets made by hand, and running Python."""

import base64
import hashlib
import importlib
import json
import os
import subprocess
import sys
import time
import zipfile
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from gil_scaling import __version__, record
from gil_scaling.analysis import tables
from gil_scaling.analysis.read import Source, read_sets, read_sweep
from gil_scaling.plan import builds
from gil_scaling.plan.prober import ProbeError, Prober

ROOT = Path(__file__).parent.parent
NEWEST = "3.14"  # the newest build with a GIL that the tests know


def missing(what):
    """Skips the test on a user's machine, and fails it in continuous integration."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing")
    pytest.skip(f"{what} is missing")


def find_build(name, tmp_path_factory):
    """The build of a name on this machine; the test is skipped, or fails in CI, if there is none."""
    try:
        return _find_once(name, tmp_path_factory.getbasetemp() / "probes.json")
    except (builds.BuildError, ProbeError) as error:
        missing(f"Python {name} ({error})")


@cache
def _find_once(name, probes):
    """A build, found once in a process: shims of pyenv that fail, and uv, take up to two seconds to answer."""
    return builds.find({"name": name}, Prober(probes))


def workload_text(source):
    """The text of a workload of two tasks, with the function `task` of the source."""
    return f"import os, signal, sys, time\ndef tasks(count=2): return [0] * count\n{source}"


def make_spec(**changes):
    """The spec of a run, for records made by hand."""
    spec = {
        "workload": "py_loop",
        "workload_digest": "0" * 16,
        "params": {"count": 2, "n": 10},
        "backend": "thread",
        "backend_params": {},
        "backend_digest": None,
        "workers": 2,
        "switch_interval_s": 0.005,
        "start": "natural",
        "scaling": "strong",
        "cpus": None,
        "python": "3.14",
        "fingerprint": "1" * 16,
        "options": [],
        "env": {},
        "protocol": record.PROTOCOL,
        "warmups": 1,
        "repeats": 1,
        "round": 1,
    }
    return {**spec, **changes}


def make_sample(total_s=1.0, *, warmup=False, workers=2, durations=None, gil=True, interval_s=0.005, **changes):
    """A sample whose tasks, one after the other, begin 0.1 s after its start, or earlier if they would not end within it."""
    durations = (0.4 * min(1, total_s),) * 2 if durations is None else durations
    startup_s = max(0.0, min(0.1, total_s / 10, total_s - sum(durations)))
    ends = [startup_s + sum(durations[: place + 1]) for place in range(len(durations))]
    sample = {
        "warmup": warmup,
        "total_s": total_s,
        "startup_s": startup_s,
        "work_s": sum(durations),
        "teardown_s": total_s - startup_s - sum(durations),
        "cpu_s": 0.9,
        "task_cpu_s": sum(durations),
        "workers": workers,
        "workers_used": workers,
        "start_method": None,
        "voluntary_switches": 10,
        "involuntary_switches": 20,
        "worker_peak_mb": [30.0] * workers,
        "gil_before": [gil] * workers,
        "gil": [gil] * workers,
        "switch_intervals_s": [interval_s] * workers,
        "tasks": {
            "index": list(range(len(durations))),
            "worker": [place % workers for place in range(len(durations))],
            "start_s": [end - duration for end, duration in zip(ends, durations, strict=True)],
            "end_s": ends,
            "cpu_s": list(durations),
        },
        "task_summary": None,
        "metrics": {},
        "segments": None,
    }
    return {**sample, **changes}


def make_record(run="run", total_s=1.0, samples=None, spec=None, **changes):
    """A record of a run that is ok, with one warm-up and one sample that counts."""
    workers = (spec or {}).get("workers", 2)
    if samples is None:
        sample = make_sample(total_s, workers=workers)
        first = {"warmup": True, "total_s": total_s + 8, "startup_s": sample["startup_s"] + 8}
        samples = [{**deepcopy(sample), **first}, sample]
    made = {
        "format": record.FORMAT,
        "gil_scaling": __version__,
        "run": run,
        "spec": make_spec(**(spec or {})),
        "status": "ok",
        "reason": None,
        "call": {"id": "call-1", "time": "2026-01-01T00:00:00Z", "host": "node-1"},
        "started": "2026-01-01T00:00:01Z",
        "wall_s": 5.0,
        "exit_code": 0,
        "stderr_tail": "",
        "snakemake_cpu_s": 0.001,
        "state": {
            "before": {"load_1min": 0.5, "reference_loop_s": 0.02},
            "after": {"load_1min": 0.5, "reference_loop_s": 0.02},
            "meanwhile": {"other_cpu_s": 0.01},
        },
        "noise": [],
        "waited_s": 0.0,
        "attempts": 1,
        "peak_memory_mb": 12.5,
        "memory_kind": "pss",
        "measured": {
            "gil_before": True,
            "gil_after": True,
            "switch_interval_s": 0.005,
            "clock_cost_s": 1e-6,
            "expected": None,
            "flags": {},
            "samples": samples,
        },
    }
    return {**made, **changes}


BUILD_FACTS = {
    "gil": True,
    "compiler": "GCC 12",
    "pgo": False,
    "lto": False,
    "version": "3.14.6",
    "implementation": "cpython",
    "free_threaded": False,
    "jit": {"available": False, "enabled": False},
    "options": [],
    "env": {},
    "configure_arguments": [],
    "packages": {},
}


def write_result_set(
    folder, records, *, machine="m", sweep="s", experiments=("e",), roles=None, builds=None, cpus=2, declared=None
):
    """Writes a result set of records made by hand; returns the path of its plan.

    roles: {run name: role}; builds: {name: changes to BUILD_FACTS}; cpus: how many the machine has; declared:
    {workload: what its file declares}.
    """
    builds = builds or {name: {} for name in {one["spec"]["python"] for one in records}}
    for part in ("runs", "pythons", f"{sweep}/tables", f"{sweep}/figures"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for one in records:
        (folder / "runs" / f"{one['run']}.json").write_text(json.dumps(one))  # not synced to the disk, as runs are
    for name, changes in builds.items():
        (folder / "pythons" / f"{name}.json").write_text(
            json.dumps({"name": name, **BUILD_FACTS, "fingerprint": name, **changes})
        )
    (folder / "machine.json").write_text(json.dumps({"usable_cpus": cpus, "cpu_model": "A CPU"}))
    (folder / sweep / "config.yaml").write_text("experiments: []\n")
    reference = sorted(builds)[0]
    runs = []
    for one in records:
        role = (roles or {}).get(one["run"], "asked")
        uses = [
            {"experiment": name, "role": role, "reference": reference, "is_ceiling": role == "ceiling"}
            for name in experiments
        ]
        kind = backend_kind(one["spec"]["backend"])
        facts = {"waits": False, "no_speedup": False, **(declared or {}).get(one["spec"]["workload"], {})}
        runs.append({"run": one["run"], **facts, "backend_kind": kind, "uses": uses})
    plan = {
        "format": 1,
        "machine": machine,
        "sweep": sweep,
        "builds": [f"pythons/{name}.json" for name in builds],
        "experiments": list(experiments),
        "sizes": [],
        "noise_sweep": "noise",
        "runs": runs,
    }
    path = folder / sweep / "plan.json"
    path.write_text(json.dumps(plan))
    return path


def backend_kind(backend):
    """The kind of a backend, as its file declares it."""
    try:
        return importlib.import_module(f"gil_scaling.measure.backends.{backend}").kind
    except ModuleNotFoundError:
        return "threads"


def sweep_records(times, **spec):
    """Records of sequential and threaded runs: times is {backend: [total_s of round 1, 2 …]}."""
    made = []
    for backend, totals in times.items():
        workers = 1 if backend == "sequential" else spec.get("workers", 2)
        for number, total_s in enumerate(totals, 1):
            own = {**spec, "backend": backend, "workers": workers, "round": number}
            own["switch_interval_s"] = None if backend == "sequential" else 0.005
            made.append(make_record(f"{own.get('python', '3.14')}-{backend}-r{number}", total_s, spec=own))
    return made


def make_tables(folder, records, **options):
    """The tables of a sweep of records made by hand; options: as write_result_set takes them."""
    return tables.make(read_sweep(write_result_set(folder, records, **options)))


def write_source(folder, *sweeps, machine="m", label=None, call="call-1", roles=None, **options):
    """Writes sweeps of records as one result set to compare; roles: {number of a record: role}; call: None keeps the records' own."""
    records = [one for sweep in sweeps for one in sweep]
    for number, one in enumerate(records):
        one.update(
            run=f"r{number}", call={"id": call or one["call"]["id"], "time": "2026-01-01T00:00:00Z", "host": "node-1"}
        )
    named = {f"r{number}": role for number, role in (roles or {}).items()}
    write_result_set(folder, records, machine=machine, roles=named, **options)
    return Source(label or machine, folder)


def compare_sources(*sources):
    """The tables of several result sets."""
    return tables.make(read_sets(sources, "noise", by_date=False))


def run_python(*arguments, cwd=ROOT, **environment):
    """Runs the Python of the tests with these arguments; returns the finished process with its text."""
    own = {**os.environ, "PYTHONPATH": str(ROOT / "scripts"), **environment}
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=own, capture_output=True, text=True, check=False, timeout=600
    )


@dataclass
class FakeBuild:
    """A build as the table of runs sees it."""

    name: str
    gil: bool = True
    fingerprint: str = "f"
    options: list = field(default_factory=list)
    env: dict = field(default_factory=dict)

    @property
    def facts(self):
        return {"default_switch_interval_s": 0.005}


def wait_until(is_so, limit_s=30, said=lambda: None, every_s=0.02):
    """Waits until a condition holds; fails after so many seconds, with what is said then."""
    deadline = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < deadline, said()
        time.sleep(every_s)


def make_wheel(folder, name, version="1.0", *, requires=(), tag="py3-none-any", source="", module=None):
    """Writes a wheel of one module into a folder; source: of the module; requires: its own requirements."""
    module = module or name.replace("-", "_")
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    metadata = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {text}" for text in requires)]
    files = {
        f"{module}.py": source or f"version = {version!r}\n",
        f"{info}/METADATA": "\n".join(["Metadata-Version: 2.1", *metadata, ""]),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    lines = [f"{path},sha256={_urlsafe_digest(text)},{len(text.encode())}" for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name.replace('-', '_')}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name_in_wheel, text in files.items():
            wheel.writestr(name_in_wheel, text)
    return path


def _urlsafe_digest(text):
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
