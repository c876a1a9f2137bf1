"""The contract between the measuring and the analysing side: the fields of a run record, their types and units.

The annotations of the structures below are the single declaration of the fields. `check` follows them with the standard
library alone, for the launcher; gil_scaling.decode makes the types of msgspec from them, to read records fast.

Each run pays for this module, so at run time it does without typing. History of the format:
4  2026-11-25  the version of gil-scaling in each record; noise: value, limit
5  2026-11-26  call: host. Records of older formats are not read
"""

from __future__ import annotations

from operator import sub

from gil_scaling import quick_json
from gil_scaling.result_set import read_bytes, write_text
from gil_scaling.text import MAX_NAME, MAX_TEXT, is_timestamp
from gil_scaling.value_types import MAX_NUMBER, Checker, Choice, Length, Range, check_json, check_kind, shown
from gil_scaling.value_types import RecordError as RecordError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Annotated, Any, TypedDict, Union
else:
    from gil_scaling.value_types import Annotated, Any, TypedDict, Union


FORMAT = 5
# Of measuring; a step makes every run run again. 2: calls carry their tasks; 3: workers report what they used;
# 4: workers import what those of a script would; arguments are made anew for each sample
PROTOCOL = 4

STATUSES = ("ok", "unsupported", "failed", "wrong_result", "timeout", "crashed")  # from best to worst
DONE = ("ok", "unsupported")

ROUNDING_S = 1e-9  # of the difference of two readings of a clock
MIN_TIME_S = 1e-9  # of a sample that counts
MAX_METRIC = 1e100  # a count of nanoseconds may exceed MAX_NUMBER


Flag = Annotated[bool, "true or false"]
Index = Annotated[int, Range(0)]  # of a task or worker, from 0
Count = Annotated[int, Range(0)]
PositiveCount = Annotated[int, Range(1)]
Seconds = Annotated[float, Range(-ROUNDING_S)]
Mebibytes = Annotated[float, Range(0)]
Reading = Annotated[float, Range(-MAX_NUMBER)]  # of the system, in the unit that its name ends with
Workers = Annotated[Union[int, str], Range(1), Choice("default")]
ExitCode = Annotated[int, Range(-MAX_NUMBER)]
Metric = Annotated[Union[int, float, str, bool], Range(-MAX_METRIC, MAX_METRIC), Length(0, MAX_TEXT)]
Name = Annotated[str, Length(1, MAX_NAME)]
Text = Annotated[str, Length(0, MAX_TEXT)]
Digest = Annotated[str, Length(0, 64)]
Timestamp = Annotated[str, Length(20, 40)]  # UTC: 2026-01-31T12:34:56Z, or with a fraction of the second
Status = Annotated[str, Choice(*STATUSES)]
Start = Annotated[str, Choice("natural", "together")]
Scaling = Annotated[str, Choice("strong", "weak")]
JsonObject = Annotated[dict[str, Any], "of any form"]


class Call(TypedDict):
    """The call of Snakemake that a run belongs to."""

    id: Name  # the same for all runs of a call
    time: Text  # when it began, UTC
    host: Name  # that measured the run; a call tried again on a cluster may have got another


class State(TypedDict):
    """The state of the machine; a reading is None where the system does not provide it."""

    before: dict[Name, Reading | None]
    after: dict[Name, Reading | None]
    meanwhile: dict[Name, Reading | None]  # the differences


class Noise(TypedDict):
    """A disturbance: a reading beyond its limit."""

    flag: Name  # noisy, drifting or throttled
    reading: Name
    value: Reading
    limit: Reading


class Spec(TypedDict):
    """All that changes the numbers of a run."""

    workload: Name
    workload_digest: Digest  # of its source and of the modules beside it; empty where unknown
    params: JsonObject  # of the workload
    backend: Name
    backend_params: JsonObject  # those that are not at their default
    backend_digest: Name | None  # of the source of a custom backend
    workers: Workers  # a number, or default: as many as the backend chooses
    switch_interval_s: Seconds | None  # None where it has no effect
    start: Start
    scaling: Scaling
    cpus: list[Index] | None  # ids of the CPUs that the run may use; None: all
    python: Name  # of the build
    fingerprint: Name  # digest of what the build is
    options: list[Text]  # of the build's command
    env: dict[Name, Text]  # environment variables that the build's entry sets
    protocol: Count  # version of the measuring protocol
    warmups: Count  # samples that are not counted
    repeats: PositiveCount  # samples that are
    round: PositiveCount  # repetition of the sweep, from 1


class Tasks(TypedDict):
    """The tasks of a sample as columns of equal lengths; times are since the start of the sample."""

    index: list[Index]
    worker: list[Index]
    start_s: list[Seconds]
    end_s: list[Seconds]
    cpu_s: list[Seconds | None]  # None for coroutines


class Segments(TypedDict):
    """The periods in which a worker ran, as columns of equal lengths; times are since the start of the sample."""

    worker: list[Index]
    start_s: list[Seconds]
    end_s: list[Seconds]


class TaskSummary(TypedDict):
    """The tasks of one worker, where a sample has too many to keep each."""

    worker: Index
    count: PositiveCount
    first_s: Seconds  # start of its first task
    last_s: Seconds  # end of its last task
    cpu_s: Seconds | None  # in its tasks; None for coroutines
    quantiles_s: list[Seconds]  # minimum, quartiles and maximum of its tasks' durations


class Sample(TypedDict):
    """One execution of all tasks."""

    warmup: Flag  # whether it is left out of medians
    total_s: Seconds  # from before the first worker is made until the last is gone
    startup_s: Seconds  # until the start of the first task
    work_s: Seconds  # from there until the end of the last task
    teardown_s: Seconds  # after it
    cpu_s: Seconds | None  # of all workers, from their start to their end
    task_cpu_s: Seconds | None  # in the tasks
    voluntary_switches: Count | None  # context switches of all workers because they waited
    involuntary_switches: Count | None  # because another thread got the CPU
    worker_peak_mb: list[Mebibytes | None] | None  # per worker: the peak resident memory of its process
    workers: PositiveCount  # of the backend
    workers_used: PositiveCount  # that ran at least one task
    start_method: Text | None  # of processes: fork, forkserver or spawn
    gil_before: list[Flag | None] | None  # per worker: whether the GIL was on before its first task
    gil: list[Flag | None]  # per worker: whether it was on after its last task
    switch_intervals_s: list[Reading]  # per worker, as read back by it
    tasks: Tasks | None  # None above 1,000 tasks
    task_summary: list[TaskSummary] | None  # instead of them
    metrics: dict[Name, Metric | None]  # defined by the workload
    segments: Segments | None  # where the workload reports them


class Flags(TypedDict):
    """Flags that are checked where a record has them."""

    thread_limits: dict[Name, Text | None]  # {variable: value}
    thread_libraries: dict[Name, Text] | None  # {library with threads of its own: VARIABLE=value}; None: not known


class Measured(TypedDict):
    """The result that the measured build returns."""

    gil_before: Flag  # whether the GIL was on before the workload ran
    gil_after: Flag  # and at the end
    switch_interval_s: Seconds  # in force in the main thread
    clock_cost_s: Seconds  # measured duration of an empty task
    expected: Text | None  # digest of the correct results; None: the workload checks them itself
    flags: JsonObject  # version, hash seed, JIT …, as read back in the child; Flags has those that are checked
    samples: list[Sample]  # warm-ups first


class Record(TypedDict):
    """A run record: one combination in one round, measured or failed."""

    format: Count
    gil_scaling: Name  # version of gil-scaling that wrote it
    run: Name  # also the name of the file
    spec: Spec
    status: Status
    reason: Text | None  # why the status is not ok
    call: Call
    started: Timestamp
    wall_s: Seconds  # from the start of the measured build to its end
    exit_code: ExitCode | None  # of the measured build; negative: the signal that ended it
    stderr_tail: Text  # the end of its stderr
    snakemake_cpu_s: Seconds | None  # CPU time of Snakemake meanwhile; None where not readable
    state: State
    noise: list[Noise]
    waited_s: Seconds  # for other processes to leave the CPUs
    attempts: PositiveCount  # measurements of this run, of which this is the last
    peak_memory_mb: Mebibytes | None  # of the process tree, in an extra sample
    memory_kind: Text | None  # pss or rss
    measured: Measured | None  # None where the status is not ok


_MAX_NOISE = 100
_TIMES_IN_STATE = (("before", "reference_loop_s"), ("after", "reference_loop_s"), ("meanwhile", "other_cpu_s"))


def read(path: str) -> Record:
    """The checked record in a file; raises RecordError for a file that is missing, damaged or not a record."""
    try:
        record: Record = quick_json.loads(read_bytes(path))
        check(record)
    except RecordError as error:
        raise RecordError(f"{path}: {error}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise RecordError(f"{path}: cannot be read: {error}") from error
    return record


def write(path: str, record: Record) -> None:
    """Writes a record as a whole or not at all."""
    write_text(path, quick_json.dumps(record, sort_keys=True, allow_nan=False) + "\n")


def check(record: Any) -> None:
    """Raises RecordError, naming the first field that is missing or has an invalid value."""
    check_format(record)
    Checker(globals()).check(record, "Record", "")
    if record["measured"]:
        check_flags(record["measured"]["flags"])
    check_consistency(record)


def check_format(record: Any) -> None:
    """Raises RecordError for a record of another format."""
    if isinstance(record, dict) and type(record.get("format")) is int and record["format"] != FORMAT:
        raise RecordError(f"format: {record['format']!r:.60} is not supported, only {FORMAT} is. Measure again.")


def check_consistency(record: Record) -> None:
    """Raises RecordError where the fields, each valid by itself, contradict each other."""
    if not is_timestamp(record["started"]):
        raise RecordError(f"started: {shown(record['started'])} is not a timestamp in UTC")
    if len(record["noise"]) > _MAX_NOISE:
        raise RecordError(f"noise: more than {_MAX_NOISE} items")
    _check_times_in_state(record["state"])
    if record["measured"] is not None:
        timed = "work_s" if record["spec"]["start"] == "together" else "total_s"
        _check_samples(record["measured"]["samples"], timed)
    elif record["status"] == "ok":
        raise RecordError("measured: is null, but the status is ok")


def _check_times_in_state(state: Any) -> None:
    """Readings may sink, as the steal of some hypervisors does; these are times and may not."""
    for part, name in _TIMES_IN_STATE:
        if (state[part].get(name) or 0) < 0:
            raise RecordError(f"state.{part}[{name!r}]: expected >= 0, got {state[part][name]!r}")


def _check_samples(samples: list[Any], timed: str) -> None:
    for number, sample in enumerate(samples):
        where = f"measured.samples[{number}]"
        if sample[timed] < MIN_TIME_S and not sample["warmup"]:
            raise RecordError(f"{where}.{timed}: expected >= {MIN_TIME_S:g}, got {sample[timed]!r}")
        if not sample["tasks"] and not sample["task_summary"]:
            raise RecordError(f"{where}: has neither tasks nor task_summary")
        for name, structure in (("tasks", Tasks), ("segments", Segments)):
            if sample[name] is not None:
                _check_columns([sample[name][column] for column in structure.__annotations__], f"{where}.{name}")
                _check_order(sample[name], f"{where}.{name}")
        _check_metrics(sample["metrics"], f"{where}.metrics")
        if any(len(worker["quantiles_s"]) != 5 for worker in sample["task_summary"] or ()):
            raise RecordError(f"{where}.task_summary: expected 5 quantiles_s")
    if all(sample["warmup"] for sample in samples):
        raise RecordError("measured.samples: all are warm-ups")


def check_flags(flags: Any) -> None:
    """Raises RecordError where a flag that is used has another form than in Flags."""
    checker = Checker(globals())
    for name, annotation in Flags.__annotations__.items():
        if name in flags:
            checker.check(flags[name], annotation, f"measured.flags.{name}")


def _check_metrics(metrics: Any, where: str) -> None:
    if metrics:
        check_json(metrics, where)
        for name, value in metrics.items():
            if value is not None:
                check_kind(value, Metric, f"{where}[{name!r}]")


def _check_columns(columns: list[list[Any]], where: str) -> None:
    if len(set(map(len, columns))) > 1:
        raise RecordError(f"{where}: the lists have different lengths")
    if not columns[0]:
        raise RecordError(f"{where}: is empty")


def _check_order(table: Any, where: str) -> None:
    if min(map(sub, table["end_s"], table["start_s"])) < -ROUNDING_S:
        raise RecordError(f"{where}: an end is before its start")
