"""One run: warm-ups and samples of one combination in this process, each checked."""

import gc
import math
import os
import sys
from functools import partial
from time import perf_counter

from gil_scaling.measure import workload as workloads
from gil_scaling.measure.digest import digest
from gil_scaling.measure.job import Job, Outcome
from gil_scaling.measure.worker import Report, Setting, Shared, gil_enabled, work_through
from gil_scaling.text import MAX_NAME, MAX_TEXT, printable

MOST_TASKS = 1000  # above this many tasks a sample keeps a summary of each worker instead
MOST_SEGMENTS = 1000  # of a sample, the first


class WrongResult(Exception):
    """The results of a sample are not what they must be."""


class Unsupported(Exception):
    """This build or system cannot run the combination; the message says why."""


def run(spec, tell):
    """Measures what spec asks for; returns the measured part of a run record.

    spec: the record's spec, with `reference` and `backend_reference` (the workload's and the backend's name or path),
    `expected` (digest or None) and `thread_limits` (the variables that limit the threads of libraries).
    tell: called with "memory_begin" and "memory_end" around the untimed sample in which memory is read.
    Raises Unsupported, WrongResult, or what the workload raises.
    """
    backend = workloads.load_backend(spec["backend_reference"])
    workload = workloads.load(spec["reference"])
    _check_available(spec, backend, workload.module)
    execute = _executor(spec, backend, workload.module)
    setting = Setting(workload, spec["switch_interval_s"])
    setting.apply()
    facts = {"gil_before": gil_enabled(), "switch_interval_s": sys.getswitchinterval()}
    params = spec["params"]
    workers = None if spec["workers"] == "default" else spec["workers"]
    with workload.open_context(params) as context:
        arguments = workload.tasks(params, context=context, workers=workers)
        if not arguments:
            raise ValueError(f"workload {spec['workload']!r} made no tasks of {params!r}")
        if spec["scaling"] == "weak":
            arguments = arguments * workers
        together = spec["start"] == "together"

        def sample():
            shared = Shared(workload)
            return _sample(execute, Job(setting, arguments, workers, together, shared), workload)

        samples, digests = [], []
        for number in range(spec["warmups"] + spec["repeats"]):
            measured, found = sample()
            samples.append(dict(measured, warmup=number < spec["warmups"]))
            digests.append(found)
        if not getattr(workload.module, "no_speedup", False):
            tell("memory_begin")
            sample()
            tell("memory_end")
        facts["expected"] = _check_digests(spec["expected"], digests, setting, arguments)
    facts.update(
        samples=samples,
        gil_after=gil_enabled(),
        clock_cost_s=_clock_cost_s(),
        flags=_flags(spec["thread_limits"]),
    )
    return facts


def _check_available(spec, backend, module):
    """Raises Unsupported where the backend or the workload cannot do what is asked."""
    facts = {"backend": spec["backend"], "backend_kind": backend.kind, "by_hand": backend.by_hand}
    for part in (backend, module):
        available = getattr(part, "available", None)
        reason = available(**workloads.named_of(available, facts)) if available else None
        if reason:
            raise Unsupported(reason)
    if spec["start"] == "together" and not backend.together:
        raise Unsupported(f"backend {spec['backend']!r} does not support `start: together`")


def _executor(spec, backend, module):
    """What takes a job and runs it: the backend, or the workload itself where it is about the backend's failures."""
    run_on = getattr(module, "run_on", None)
    if run_on is not None:
        return partial(run_on, spec["backend_reference"])
    return partial(backend.run, **spec["backend_params"])


def _sample(execute, job, workload):
    """Times one sample; returns its part of the record and the digest of its results (None: it has a check)."""
    gc.collect()
    began = perf_counter()
    outcome = execute(job)
    ended = perf_counter()
    if not isinstance(outcome, Outcome):
        outcome = _joined(outcome, job)
    results = outcome.results
    if len(results) != len(job.arguments):
        raise WrongResult(f"{len(results)} results came of {len(job.arguments)} tasks")
    of_workload = (results, job.arguments, *job.shared.arguments())
    try:
        workload.hook("check", *of_workload)
    except Exception as error:
        raise WrongResult(said(error)) from error
    metrics = workload.hook("metrics", *of_workload) or {}
    segments = workload.hook("segments", *of_workload)
    found = None if hasattr(workload.module, "check") else digest(results)
    measured = _times(outcome, began, ended)
    return dict(measured, metrics=_clean(metrics), segments=_segments(segments, began)), found


def said(error):
    """An exception in words: its type and message, also where the message cannot be made."""
    import traceback

    return "".join(traceback.format_exception_only(type(error), error)).strip()


def _joined(outcomes, job):
    """The outcome of a backend of the user's own, which returns what its calls gave."""
    outcomes = list(outcomes)
    for one in outcomes:
        if not (isinstance(one, tuple) and len(one) == 2 and isinstance(one[0], Report)):
            raise TypeError(f"run() of a backend is to return what its calls returned, not {one!r:.60}")
    ran = [task[0] for report, _ in outcomes for task in report.tasks]
    if len(set(ran)) < len(ran):
        raise WrongResult("a task was run more than once")
    return Outcome.of_pool(outcomes, job.workers)


def _segments(segments, began):
    """(worker, start, end) in seconds of the clock, as columns in seconds from the sample's beginning."""
    if segments is None:
        return None
    first = sorted(segments, key=lambda segment: segment[1])[:MOST_SEGMENTS]
    return {
        "worker": [worker for worker, _, _ in first],
        "start_s": [start - began for _, start, _ in first],
        "end_s": [end - began for _, _, end in first],
    }


def _times(outcome, began, ended):
    tasks = [
        (index, worker, start - began, end - began, cpu)
        for worker, report in enumerate(outcome.reports)
        for index, start, end, cpu in report.tasks
    ]
    first = min(task[2] for task in tasks)
    last = max(task[3] for task in tasks)
    reports = outcome.reports
    used = outcome.used or [_sum_of(parts) for parts in zip(*(report.used or _UNKNOWN for report in reports))]
    return {
        "total_s": ended - began,
        "startup_s": first,
        "work_s": last - first,
        "teardown_s": ended - began - last,
        "cpu_s": used[0],
        "task_cpu_s": outcome.task_cpu_s if outcome.task_cpu_s is not None else _sum_of(task[4] for task in tasks),
        "voluntary_switches": used[1],
        "involuntary_switches": used[2],
        "worker_peak_mb": [(outcome.used or report.used or _UNKNOWN)[3] for report in reports],
        "workers": outcome.workers,
        "workers_used": sum(bool(report.tasks) for report in outcome.reports),
        "start_method": outcome.start_method,
        "gil_before": [report.gil_before for report in reports],
        "gil": _gil_after(reports),
        "switch_intervals_s": [report.switch_interval_s for report in reports],
        "tasks": _columns(sorted(tasks)) if len(tasks) <= MOST_TASKS else None,
        "task_summary": None if len(tasks) <= MOST_TASKS else _summaries(tasks),
    }


_UNKNOWN = (None,) * 4  # of a worker that cannot tell what it used


def _sum_of(parts):
    """The sum of parts, None where one of them is not known."""
    parts = list(parts)
    return None if None in parts else sum(parts)


def _gil_after(reports):
    """For each worker whether the GIL was on at its end.

    In a build without it, importing an extension module turns it on for a moment, whatever the module says of itself
    (_PyEval_EnableGILTransient in CPython); once on to stay, it never goes off. So what a worker of this interpreter saw
    counts only while it lasts.
    """
    now = gil_enabled()
    return [report.gil_after and (now or report.home != os.getpid()) for report in reports]


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
                "cpu_s": _sum_of(task[4] for task in own),
                "quantiles_s": [durations[round(q * (len(own) - 1) / 4)] for q in range(5)],
            }
        )
    return summaries


def _clean(metrics):
    """The metrics as a record can hold them: numbers, words, None for an unknown number, and whatever else as text."""
    return {_text(name, MAX_NAME): _plain(value) for name, value in metrics.items()}


def _plain(value):
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (bool, int, float)) else _text(value, MAX_TEXT)


def _text(value, most):
    """The value as text of at most so many letters that a file can hold: control characters and halves of others as escapes."""
    return printable(str(value))[:most]


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


def _flags(thread_limits):
    """What the interpreter says of how it runs: read back, not believed.

    thread_limits: names of the variables that limit the threads of libraries.
    """
    jit = getattr(sys, "_jit", None)
    names = [name for name in dir(sys.flags) if not name.startswith(("_", "n_")) and name not in ("count", "index")]
    return {
        "version": sys.version,
        "hash_seed": None if sys.flags.ignore_environment else os.environ.get("PYTHONHASHSEED"),
        "jit": jit.is_enabled() if jit else None,
        "thread_limits": {name: os.environ.get(name) for name in thread_limits},
        "gc_threshold": list(gc.get_threshold()),
        "options": {name: getattr(sys.flags, name) for name in names},
    }
