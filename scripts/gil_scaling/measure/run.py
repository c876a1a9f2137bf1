"""One run: warm-ups and samples of one combination in this process, each checked."""

import gc
import math
import os
import sys
from functools import partial
from time import perf_counter

from gil_scaling.measure import workload as workloads
from gil_scaling.measure.check import Checker, Unsupported, WrongResult
from gil_scaling.measure.digest import digest
from gil_scaling.measure.job import Job, Outcome
from gil_scaling.measure.thread_libraries import thread_libraries
from gil_scaling.measure.worker import Report, Settings, Shared, call_before_sample, gil_enabled, run_tasks
from gil_scaling.text import MAX_NAME, MAX_TEXT, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from gil_scaling.measure.interfaces import Backend, Notify, Record
    from gil_scaling.measure.workload import Workload

MAX_TASKS = 1000  # above this many tasks a sample keeps a summary of each worker instead
MAX_SEGMENTS = 1000  # per sample; the first ones are kept


def run(spec: "Record", notify: "Notify") -> "Record":
    """Measures one combination; returns the measured part of a run record.

    spec: the record's spec, with `reference` and `backend_reference` (the workload's and the backend's name or path),
    `expected` (digest or None) and `thread_limits` (the variables that limit the threads of libraries).
    notify: called with "memory_begin" and "memory_end" around the untimed sample in which memory is read.
    Raises Unsupported, WrongResult, or what the workload raises.
    """
    backend, workload, run_job = prepare(spec)
    Settings(workload, spec["switch_interval_s"]).apply()
    measured: Record = {"gil_before": gil_enabled(), "switch_interval_s": sys.getswitchinterval()}
    with workload.open_context(spec["params"]) as context:
        jobs = Jobs(spec, workload, context)
        checker = Checker(workload, spec["expected"], jobs.make)

        def execute(job: Job) -> "Any":
            try:
                return run_job(job)
            except Exception as error:
                from gil_scaling.measure.limits import raise_limit  # here, because few runs need it

                raise_limit(error, spec, backend.kind, jobs.make)
                raise

        if jobs.keeps_workers:
            execute(jobs.make())  # the samples find the workers running
        samples = []
        for number in range(spec["warmups"] + spec["repeats"]):
            taken = sample(execute, jobs.make, workload, checker)
            samples.append(dict(taken, warmup=number < spec["warmups"]))
        if not getattr(workload.module, "no_speedup", False):
            notify("memory_begin")
            sample(execute, jobs.make, workload, checker, partial(notify, "memory_end"))
        arguments_changed = jobs.arguments_changed()
        measured["expected"] = checker.finish(_not_shared(backend, samples))
    measured.update(samples=samples, gil_after=gil_enabled(), clock_cost_s=_clock_cost_s())
    measured["flags"] = dict(_flags(spec["thread_limits"]), arguments_changed=arguments_changed)
    return measured


def prepare(spec: "Record") -> "tuple[Backend, Workload, Callable[[Job], Any]]":
    """The backend and the workload of a spec, and what runs a job; raises Unsupported where they do not go together."""
    backend = workloads.load_backend(spec["backend_reference"])
    workload = _load(spec["reference"])
    _check_supported(spec, backend, workload)
    return backend, workload, _executor(spec, backend, workload.module)


def _load(reference: str) -> "Workload":
    """The workload; raises Unsupported if its file has syntax that only newer builds know: the plan has parsed it."""
    try:
        return workloads.load(reference)
    except SyntaxError as error:
        if error.filename != reference.replace("//", "/"):
            raise
        place = f"{os.path.basename(reference)}:{error.lineno}"
        raise Unsupported(f"this build does not support the syntax of the workload ({place}: {error.msg})") from error


def _check_supported(spec: "Record", backend: "Backend", workload: "Workload") -> None:
    """Raises Unsupported where the backend or the workload cannot run in this build, or not in this way."""
    reason = workloads.find_obstacle(spec, backend, workload.module)
    if reason:
        raise Unsupported(reason)
    if workload.is_coroutine and backend.kind not in ("sequential", "coroutines"):
        raise Unsupported("the workload has no blocking form: its task is `async def`, for the asyncio backends")
    if spec["start"] == "together" and not backend.together:
        raise Unsupported(f"backend {spec['backend']!r} does not support `start: together`")


def _executor(spec: "Record", backend: "Backend", module: "Any") -> "Callable[[Job], Any]":
    """What runs a job: the backend, or the workload itself where it studies the backend's failures."""
    run_on = getattr(module, "run_on", None)
    if run_on is not None:
        return partial(run_on, spec["backend_reference"])
    return partial(backend.run, **spec["backend_params"])


class Jobs:
    """Makes the job of each sample: with new arguments and new shared state, unless the workload reuses its arguments."""

    def __init__(self, spec: "Record", workload: "Workload", context: "Any") -> None:
        self._spec = spec
        self._workload = workload
        self._workload.opened = (os.getpid(), context)
        self._context = context
        self._workers = None if spec["workers"] == "default" else spec["workers"]
        self._lists = spec["workers"] if spec["scaling"] == "weak" else 1  # the whole list once per worker
        self._number = 0
        self.keeps_workers = bool(spec["backend_params"].get("reuse"))
        self._reused = self._call_tasks() if getattr(workload.module, "reuse_arguments", False) else None
        self._digest = self._digest_reused()

    def make(self) -> Job:
        """The job of the next sample."""
        self._number += 1
        settings = Settings(self._workload, self._spec["switch_interval_s"], self._number, self.keeps_workers)
        warmup_arguments = self._make_arguments() if self._spec["start"] == "together" else None
        arguments = self._make_arguments()
        call_before_sample(self._workload)
        return Job(settings, arguments, self._workers, warmup_arguments, Shared(self._workload))

    def arguments_changed(self) -> "bool | None":
        """Whether the tasks changed the arguments that they reuse; None where they are made anew, or cannot be compared."""
        return None if self._digest is None else self._digest_reused() != self._digest

    def _make_arguments(self) -> "list[Any]":
        if self._reused is not None:
            return self._reused * self._lists
        return [argument for _ in range(self._lists) for argument in self._call_tasks()]

    def _call_tasks(self) -> "list[Any]":
        params = self._spec["params"]
        arguments = self._workload.tasks(params, context=self._context, workers=self._workers)
        if not arguments:
            raise ValueError(f"workload {self._spec['workload']!r} made no tasks of {params!r}")
        return arguments

    def _digest_reused(self) -> "str | None":
        if self._reused is None:
            return None
        try:
            return digest(self._reused)
        except TypeError:
            return None


def _not_shared(backend: "Backend", samples: "list[Record]") -> str:
    """What the workers of a backend do not share with the parent, or share by mistake, as a note."""
    if backend.kind == "interpreters" or samples[0]["start_method"] in ("spawn", "forkserver"):
        return "its workers import the workload anew: they do not see globals that were set later"
    if backend.kind == "threads":
        return "threads share globals, but not thread-local values such as the decimal context"
    return ""


def sample(
    execute: "Callable[[Job], Any]",
    make_job: "Callable[[], Job]",
    workload: "Workload",
    checker: Checker,
    after: "Callable[[], Any]" = lambda: None,
) -> "Record":
    """Times and checks one sample; returns its part of the record. after: called between the two."""
    checker.begin()
    job = make_job()
    gc.collect()
    start = perf_counter()
    outcome = execute(job)
    end = perf_counter()
    after()
    if not isinstance(outcome, Outcome):
        outcome = _outcome_of_custom(outcome, job)
    checker.add(outcome.results, job)
    hook_arguments = (outcome.results, job.arguments, *job.shared.arguments())
    metrics = _as_mapping(workload.call_hook("metrics", *hook_arguments))
    segments = workload.call_hook("segments", *hook_arguments)
    return dict(_times(outcome, start, end), metrics=_clean_metrics(metrics), segments=_segments(segments, start))


def _outcome_of_custom(returned: "Any", job: Job) -> Outcome:
    """The outcome of a custom backend, which returns what its calls returned."""
    call_results = list(returned)
    for item in call_results:
        if not (isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], Report)):
            raise TypeError(f"run() of a backend must return what its calls returned, not {item!r:.60}")
    indices = [task[0] for report, _ in call_results for task in report.tasks]
    if len(set(indices)) < len(indices):
        raise WrongResult("a task was run more than once")
    return Outcome.of_calls(call_results, job.workers)


def _segments(segments: "Iterable[Any] | None", start: float) -> "Record | None":
    """(worker, start, end) in seconds of the clock, as columns in seconds from the start of the sample."""
    if segments is None:
        return None
    first = sorted(segments, key=lambda segment: segment[1])[:MAX_SEGMENTS]
    return {
        "worker": [worker for worker, _, _ in first],
        "start_s": [begin - start for _, begin, _ in first],
        "end_s": [end - start for _, _, end in first],
    }


def _times(outcome: Outcome, start: float, end: float) -> "Record":
    """The times of a sample by phase, what its workers used and read back, and its tasks.

    Without what the hook before_sample took: the times of a worker that called it are those that it would have had without.
    """
    reports = outcome.reports
    tasks = [
        (index, worker, task_start - start - report.hook[0], task_end - start - report.hook[0], cpu_s)
        for worker, report in enumerate(reports)
        for index, task_start, task_end, cpu_s in report.tasks
    ]
    first = min(task[2] for task in tasks)
    last = max(task[3] for task in tasks)
    end -= max(task[2] for report in reports for task in report.tasks) - start - last
    usages = [outcome.usage or report.usage or (None,) * 4 for report in reports]
    cpu_s, voluntary, involuntary = map(_sum_known, list(zip(*([outcome.usage] if outcome.usage else usages)))[:3])
    hooks_cpu_s = sum(report.hook[1] for report in reports)
    return {
        "total_s": end - start,
        "startup_s": first,
        "work_s": last - first,
        "teardown_s": end - start - last,
        "cpu_s": None if cpu_s is None else max(0.0, cpu_s - hooks_cpu_s),
        "task_cpu_s": _sum_known(task[4] for task in tasks) if outcome.task_cpu_s is None else outcome.task_cpu_s,
        "voluntary_switches": voluntary,
        "involuntary_switches": involuntary,
        "worker_peak_mb": [usage[3] for usage in usages],
        "workers": outcome.workers,
        "workers_used": sum(bool(report.tasks) for report in reports),
        "start_method": outcome.start_method,
        "gil_before": [report.gil_before for report in reports],
        "gil": _gil_after(reports),
        "switch_intervals_s": [report.switch_interval_s for report in reports],
        "tasks": _columns(sorted(tasks)) if len(tasks) <= MAX_TASKS else None,
        "task_summary": None if len(tasks) <= MAX_TASKS else _summaries(tasks),
    }


def _sum_known(values: "Iterable[Any]") -> "Any":
    """The sum of the values, None where one of them is unknown."""
    values = list(values)
    return None if None in values else sum(values)


def _gil_after(reports: list[Report]) -> "list[bool | None]":
    """For each worker whether the GIL was on at its end.

    In a free-threaded build, importing an extension module switches it on for an instant, whatever the module declares
    (_PyEval_EnableGILTransient in CPython); once on for good, it never goes off. So what a worker of this interpreter
    read counts only if it lasts.
    """
    now = gil_enabled()
    return [report.gil_after and (now or report.pid != os.getpid()) for report in reports]


def _columns(tasks: "list[Any]") -> "Record":
    names = ("index", "worker", "start_s", "end_s", "cpu_s")
    return {name: [task[column] for task in tasks] for column, name in enumerate(names)}


def _summaries(tasks: "list[Any]") -> "list[Record]":
    """A summary per worker: first start, last end, count, CPU time, and quantiles of the durations of its tasks."""
    summaries = []
    for worker in sorted({task[1] for task in tasks}):
        worker_tasks = [task for task in tasks if task[1] == worker]
        durations = sorted(task[3] - task[2] for task in worker_tasks)
        summaries.append(
            {
                "worker": worker,
                "count": len(worker_tasks),
                "first_s": min(task[2] for task in worker_tasks),
                "last_s": max(task[3] for task in worker_tasks),
                "cpu_s": _sum_known(task[4] for task in worker_tasks),
                "quantiles_s": [durations[round(q * (len(durations) - 1) / 4)] for q in range(5)],
            }
        )
    return summaries


def _as_mapping(metrics: "Any") -> "dict[Any, Any]":
    """What metrics() returned, None as no metrics; raises TypeError for anything but a mapping."""
    if metrics is not None and not hasattr(metrics, "items"):
        raise TypeError(f"metrics() returned {metrics!r:.60}: it must return a mapping of names to numbers")
    return metrics or {}


def _clean_metrics(metrics: "dict[Any, Any]") -> "Record":
    """The metrics as a record can hold them: numbers, booleans, None for an unknown number, all else as text."""
    return {_text(name, MAX_NAME): _plain(value) for name, value in metrics.items()}


def _plain(value: "Any") -> "Any":
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (bool, int, float)) else _text(value, MAX_TEXT)


def _text(value: "Any", max_length: int) -> str:
    """The value as text of limited length, with control characters and lone surrogates escaped."""
    return printable(str(value))[:max_length]


class _EmptyWorkload:
    """A workload whose task does nothing."""

    has_shared = is_coroutine = False
    opened: "tuple[int | None, Any]" = None, None
    module = task_async = None

    def task(self, argument: "Any") -> None:
        """Does nothing."""


def _clock_cost_s() -> float:
    """The measured duration of an empty task, in seconds (median of 1001): the cost of reading the clocks."""
    report = Report("clock")
    workload = _EmptyWorkload()
    run_tasks(Settings(workload, None), ((0, None),) * 1001, Shared(workload), report)
    return sorted(end - start for _, start, end, _ in report.tasks)[500]


def _flags(thread_limits: list[str]) -> "Record":
    """How the interpreter really runs, as it reports itself.

    thread_limits: names of the variables that limit the threads of libraries.
    """
    jit: Any = getattr(sys, "_jit", None)
    names = [name for name in dir(sys.flags) if not name.startswith(("_", "n_")) and name not in ("count", "index")]
    return {
        "version": sys.version,
        "hash_seed": None if sys.flags.ignore_environment else os.environ.get("PYTHONHASHSEED"),
        "jit": jit.is_enabled() if jit else None,
        "thread_limits": {name: os.environ.get(name) for name in thread_limits},
        "thread_libraries": thread_libraries(),
        "gc_threshold": list(gc.get_threshold()),
        "options": {name: getattr(sys.flags, name) for name in names},
    }
