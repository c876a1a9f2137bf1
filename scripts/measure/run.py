"""One run: warm-ups and samples of one combination in this process, each checked."""

import gc
import importlib
import math
import os
import sys
import time
from contextlib import nullcontext

from scripts.measure import workload as workloads
from scripts.measure.digest import digest
from scripts.measure.job import Job
from scripts.measure.worker import Report, Setting, Shared, gil_enabled, work_through

MOST_TASKS = 1000  # above this many tasks a sample keeps a summary of each worker instead


class WrongResult(Exception):
    """The results of a sample are not what they must be."""


class Unsupported(Exception):
    """This build or system cannot run the combination; the message says why."""


def run(spec, tell):
    """Measures what spec asks for; returns the measured part of a run record.

    spec: the record's spec, with `reference` (the workload's name or path) and `expected` (digest or None).
    tell: called with "memory_begin" and "memory_end" around the untimed sample in which memory is read.
    Raises Unsupported, WrongResult, or what the workload raises.
    """
    backend = _load_backend(spec["backend"])
    workload = workloads.load(spec["reference"])
    for part in (backend, workload.module):
        reason = getattr(part, "available", _nothing)()
        if reason:
            raise Unsupported(reason)
    setting = Setting(workload, spec["switch_interval_s"])
    setting.apply()
    facts = {"gil_before": gil_enabled(), "switch_interval_s": sys.getswitchinterval()}
    params = spec["params"]
    workers = None if spec["workers"] == "default" else spec["workers"]
    with workload.open_context(params) if workload.context else nullcontext() as context:
        arguments = workload.tasks(params, context=context, workers=workers)
        if not arguments:
            raise ValueError(f"workload {spec['workload']!r} made no tasks of {params!r}")
        if spec["scaling"] == "weak":
            arguments = arguments * workers
        together = spec["start"] == "together"

        def sample():
            shared = Shared(workload)
            return _sample(backend, Job(setting, arguments, workers, together, shared), workload)

        samples, digests = [], []
        for number in range(spec["warmups"] + spec["repeats"]):
            measured, found = sample()
            samples.append(dict(measured, warmup=number < spec["warmups"]))
            digests.append(found)
        tell("memory_begin")
        sample()
        tell("memory_end")
        facts["expected"] = _check_digests(spec["expected"], digests, setting, arguments)
    facts.update(
        samples=samples,
        gil_after=gil_enabled(),
        clock_cost_s=_clock_cost_s(),
        flags=_flags(),
    )
    return facts


def _nothing():
    return None


def _load_backend(name):
    return importlib.import_module(f"scripts.measure.backends.{name}")


def _sample(backend, job, workload):
    """Times one sample; returns its part of the record and the digest of its results (None: it has a check)."""
    gc.collect()
    began = time.perf_counter()
    outcome = backend.run(job)
    ended = time.perf_counter()
    results = outcome.results
    if len(results) != len(job.arguments):
        raise WrongResult(f"{len(results)} results came of {len(job.arguments)} tasks")
    of_workload = (results, job.arguments, *job.shared.arguments())
    try:
        workload.hook("check", *of_workload)
    except Exception as error:
        raise WrongResult(f"{type(error).__name__}: {error}") from error
    metrics = workload.hook("metrics", *of_workload) or {}
    found = None if hasattr(workload.module, "check") else digest(results)
    return dict(_times(outcome, began, ended), metrics=_clean(metrics)), found


def _times(outcome, began, ended):
    tasks = [
        (index, worker, start - began, end - began, cpu)
        for worker, report in enumerate(outcome.reports)
        for index, start, end, cpu in report.tasks
    ]
    first = min(task[2] for task in tasks)
    last = max(task[3] for task in tasks)
    return {
        "total_s": ended - began,
        "startup_s": first,
        "work_s": last - first,
        "teardown_s": ended - began - last,
        "cpu_s": _sum_or(outcome.cpu_s, [report.cpu_s for report in outcome.reports]),
        "task_cpu_s": _sum_or(outcome.task_cpu_s, [task[4] for task in tasks]),
        "workers": outcome.workers,
        "workers_used": sum(bool(report.tasks) for report in outcome.reports),
        "start_method": outcome.start_method,
        "gil": [report.gil for report in outcome.reports],
        "switch_intervals_s": [report.switch_interval_s for report in outcome.reports],
        "tasks": _columns(sorted(tasks)) if len(tasks) <= MOST_TASKS else None,
        "task_summary": None if len(tasks) <= MOST_TASKS else _summaries(tasks),
    }


def _sum_or(known, parts):
    if known is not None or None in parts:
        return known
    return math.fsum(parts)


def _columns(tasks):
    names = ("index", "worker", "start_s", "end_s", "cpu_s")
    return {name: [task[place] for task in tasks] for place, name in enumerate(names)}


def _summaries(tasks):
    """A summary for each worker: its first start, last end, count, CPU time, and quantiles of its tasks' times."""
    summaries = []
    for worker in sorted({task[1] for task in tasks}):
        own = [task for task in tasks if task[1] == worker]
        durations = sorted(task[3] - task[2] for task in own)
        summaries.append(
            {
                "worker": worker,
                "count": len(own),
                "first_s": min(task[2] for task in own),
                "last_s": max(task[3] for task in own),
                "cpu_s": _sum_or(None, [task[4] for task in own]),
                "quantiles_s": [durations[round(q * (len(own) - 1) / 4)] for q in range(5)],
            }
        )
    return summaries


def _clean(metrics):
    """The metrics as JSON can hold them: numbers, words, None for an unknown number, and whatever else as text."""
    return {str(name): _plain(value) for name, value in metrics.items()}


def _plain(value):
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _check_digests(expected, digests, setting, arguments):
    """Compares each sample's results with the expected digest, which is made here where none is known yet."""
    if digests[-1] is None:
        return None
    if expected is None:
        results = work_through(setting, enumerate(arguments), Shared(setting.workload), Report("check"))
        expected = digest([result for _, result in results])
    for number, found in enumerate(digests):
        if found != expected:
            raise WrongResult(
                f"the results of sample {number} have the digest {found[:12]}, in sequence it is {expected[:12]}"
            )
    return expected


class _Empty:
    """A workload whose task does nothing."""

    has_shared = False

    @staticmethod
    def task(_):
        return None


def _clock_cost_s():
    """What an empty task is seen to take: the cost of the clocks, in seconds (median of 1001)."""
    report = Report("clock")
    work_through(Setting(_Empty, None), ((0, None),) * 1001, Shared(_Empty), report)
    return sorted(end - start for _, start, end, _ in report.tasks)[500]


def _flags():
    """What the interpreter says of how it runs: read back, not believed."""
    jit = getattr(sys, "_jit", None)
    limits = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB")
    return {
        "version": sys.version,
        "hash_seed": os.environ.get("PYTHONHASHSEED"),
        "jit": jit.is_enabled() if jit else None,
        "thread_limits": sorted({os.environ.get(f"{name}_NUM_THREADS") for name in limits} - {None}),
        "gc_threshold": list(gc.get_threshold()),
    }
