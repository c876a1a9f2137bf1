"""The contract between the measuring and the analysing side: the fields of a run record, their types and units.

The annotations of the structures below are the single declaration of the fields. `check` follows them with the standard
library alone, for the launcher; gil_scaling.decode makes the types of msgspec from them, to read records fast. Beyond
the structures an annotation is made of the named types, `list[…]`, `dict[Name, …]` and `… | None`.

Each run pays for this module, so at run time it does without typing. History of the format:
4  2026-11-25  the version of gil-scaling in each record; noise: value, limit. Records of older formats are not read
"""

from __future__ import annotations

import json
import math

from gil_scaling.result_set import read_bytes, write_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Annotated, Any, TypedDict, Union
else:
    Any = object

    class TypedDict:
        """Stands for typing.TypedDict: the annotations are all that counts."""

    class Union:
        """Stands for typing.Union: the types of a value as a tuple."""

        def __class_getitem__(cls, types):
            return types

    class Annotated:
        """Stands for typing.Annotated: a type with its limits."""

        def __class_getitem__(cls, parts):
            return Kind(*parts)


FORMAT = 4
# Of measuring; a step makes every run run again. 2: calls carry their tasks; 3: workers report what they used
PROTOCOL = 3

STATUSES = ("ok", "unsupported", "failed", "wrong_result", "timeout", "crashed")  # from best to worst
DONE = ("ok", "unsupported")

ROUNDING_S = 1e-9  # of the difference of two readings of a clock
MIN_TIME_S = 1e-9  # of a sample that counts
MAX_NAME = 250  # characters, as in names of files
MAX_TEXT = 10_000  # characters
MAX_JSON = 500_000  # characters of a value without fixed form, which becomes one cell of a table
MAX_NESTING = 50  # levels of lists and objects
MAX_NUMBER = 2**53  # all integers up to it are also floats
MAX_METRIC = 1e100  # a count of nanoseconds may exceed MAX_NUMBER


class RecordError(Exception):
    """A value or file that is not a valid record, or not a valid part of one; the message names the field."""


class Range:
    """The smallest and the largest value of a number."""

    def __init__(self, low: float, high: float = MAX_NUMBER) -> None:
        self.low, self.high = low, high


class Length:
    """The smallest and the largest number of characters of a text."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high


class Choice:
    """The words that a text may be."""

    def __init__(self, *words: str) -> None:
        self.words = words


class Kind:
    """A named type at run time: its Python types and the limits of its values."""

    def __init__(self, base: Any, *limits: Any) -> None:
        bases = base if isinstance(base, tuple) else (base,)
        self.bases = tuple(getattr(base, "__origin__", base) for base in bases)
        self.types = (int, *self.bases) if float in self.bases else self.bases
        self.range: Range | None = _find(Range, limits)
        self.length: Length | None = _find(Length, limits)
        self.choice: Choice | None = _find(Choice, limits)


def _find(wanted: type, limits: Any) -> Any:
    return next((limit for limit in limits if isinstance(limit, wanted)), None)


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
JsonList = Annotated[list[Any], "of any form"]


class Call(TypedDict):
    """The call of Snakemake that a run belongs to."""

    id: Name  # the same for all runs of a call
    time: Text  # when it began, UTC


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
    options: JsonList  # of the build's command
    env: JsonObject  # environment variables that the build's entry sets
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


class Measured(TypedDict):
    """The result that the measured build returns."""

    gil_before: Flag  # whether the GIL was on before the workload ran
    gil_after: Flag  # and at the end
    switch_interval_s: Seconds  # in force in the main thread
    clock_cost_s: Seconds  # measured duration of an empty task
    expected: Text | None  # digest of the correct results; None: the workload checks them itself
    flags: JsonObject  # version, hash seed, JIT and thread limits, as read back in the child
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
        record: Record = json.loads(read_bytes(path))
        check(record)
    except RecordError as error:
        raise RecordError(f"{path}: {error}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise RecordError(f"{path}: cannot be read: {error}") from error
    return record


def write(path: str, record: Record) -> None:
    """Writes a record as a whole or not at all."""
    write_text(path, json.dumps(record, sort_keys=True, allow_nan=False) + "\n")


def check(record: Any) -> None:
    """Raises RecordError, naming the first field that is missing or has an invalid value."""
    check_format(record)
    _check_structure(record, Record, "")
    check_consistency(record)


def check_format(record: Any) -> None:
    """Raises RecordError for a record of another format."""
    if isinstance(record, dict) and type(record.get("format")) is int and record["format"] != FORMAT:
        raise RecordError(f"format: {record['format']!r:.60} is not supported, only {FORMAT} is. Measure again.")


def _check_structure(value: Any, structure: Any, where: str) -> None:
    if not isinstance(value, dict):
        raise RecordError(f"{where or 'record'}: expected an object, got {_shown(value)}")
    prefix = f"{where}." if where else ""
    for name, annotation in structure.__annotations__.items():
        if name not in value:
            raise RecordError(f"{prefix}{name}: is missing")
        _check_value(value[name], annotation, f"{prefix}{name}")


def _check_value(value: Any, annotation: str, where: str) -> None:
    if annotation.endswith(" | None"):
        if value is None:
            return
        annotation = annotation[: -len(" | None")]
    container, _, items = annotation.rstrip("]").partition("[")
    kind = globals().get(container)
    if container == "list":
        _check_list(value, items, where)
    elif container == "dict":
        _check_mapping(value, items.partition(", ")[2], where)
    elif isinstance(kind, Kind):
        _check_kind(value, kind, where)
    else:
        _check_structure(value, kind, where)


def _check_list(values: Any, annotation: str, where: str) -> None:
    if not isinstance(values, list):
        raise RecordError(f"{where}: expected a list, got {_shown(values)}")
    kind = globals()[annotation.partition(" | ")[0]]
    if not _are_numbers_in_range(values, kind):
        for place, value in enumerate(values):
            _check_value(value, annotation, f"{where}[{place}]")


def _are_numbers_in_range(values: list[Any], kind: Any) -> bool:
    """Whether all values are valid numbers: a short cut, as lists of numbers are most of a record."""
    if not isinstance(kind, Kind) or kind.range is None or not set(map(type, values)) <= set(kind.types):
        return False
    return all(kind.range.low <= value <= kind.range.high for value in values)


def _check_mapping(values: Any, annotation: str, where: str) -> None:
    if not isinstance(values, dict):
        raise RecordError(f"{where}: expected an object, got {_shown(values)}")
    for key, value in values.items():
        _check_kind(key, Name, where)
        _check_value(value, annotation, f"{where}[{key!r}]")


def _check_kind(value: Any, kind: Any, where: str) -> None:
    if not isinstance(value, kind.types) or (isinstance(value, bool) and bool not in kind.types):
        names = " or ".join(base.__name__ for base in kind.bases)
        raise RecordError(f"{where}: expected {names}, got {_shown(value)}")
    if isinstance(value, str):
        _check_text(value, kind, where)
    elif isinstance(value, (dict, list)):
        check_json(value, where)
    elif kind.range and not kind.range.low <= value <= kind.range.high:
        limit = f">= {kind.range.low:g}" if value < kind.range.low else f"<= {kind.range.high:,}"
        limit = limit if abs(value) < math.inf else "a finite number"
        raise RecordError(f"{where}: expected {limit}, got {_shown(value)}")


def _check_text(text: str, kind: Any, where: str) -> None:
    if kind.choice and text not in kind.choice.words:
        raise RecordError(f"{where}: expected {' or '.join(kind.choice.words)}, got {_shown(text)}")
    if kind.length and not kind.length.low <= len(text) <= kind.length.high:
        problem = f"has more than {kind.length.high:,} characters" if text else "is empty"
        raise RecordError(f"{where}: {problem}")
    if not text.isprintable() and text != printable(text):
        raise RecordError(f"{where}: {_shown(text)} contains control characters or a lone surrogate")


def _shown(value: Any) -> str:
    return f"{value!r:.60}"


def check_json(value: Any, where: str, max_characters: float = MAX_JSON) -> None:
    """Raises RecordError where a value without fixed form is too large, or contains a number or text that no file can."""
    level = [value]
    for _ in range(MAX_NESTING + 1):
        for part in level:
            if isinstance(part, str) and len(part) > MAX_TEXT:
                raise RecordError(f"{where}: a text has more than {MAX_TEXT:,} characters")
            if isinstance(part, str) and part != part.encode("utf-8", "replace").decode():
                raise RecordError(f"{where}: {_shown(part)} contains a lone surrogate")
            if isinstance(part, float) and not math.isfinite(part):
                raise RecordError(f"{where}: {part!r} is not a finite number")
        containers = [part for part in level if isinstance(part, (dict, list))]
        level = [inner for part in containers for inner in _parts_of(part)]
    if containers:
        raise RecordError(f"{where}: more than {MAX_NESTING} levels of lists and objects")
    if max_characters < math.inf and len(json.dumps(value)) > max_characters:
        raise RecordError(f"{where}: more than {max_characters:,} characters")


def _parts_of(container: dict[str, Any] | list[Any]) -> list[Any]:
    return [*container, *container.values()] if isinstance(container, dict) else container


def check_consistency(record: Record) -> None:
    """Raises RecordError where the fields, each valid by itself, contradict each other."""
    if not is_timestamp(record["started"]):
        raise RecordError(f"started: {_shown(record['started'])} is not a timestamp in UTC")
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


def _check_metrics(metrics: Any, where: str) -> None:
    if metrics:
        check_json(metrics, where)
        for name, value in metrics.items():
            _check_kind(value, Metric, f"{where}[{name!r}]") if value is not None else None


def _check_columns(columns: list[list[Any]], where: str) -> None:
    if len(set(map(len, columns))) > 1:
        raise RecordError(f"{where}: the lists have different lengths")
    if not columns[0]:
        raise RecordError(f"{where}: is empty")


def _check_order(table: Any, where: str) -> None:
    if any(end < start - ROUNDING_S for start, end in zip(table["start_s"], table["end_s"])):
        raise RecordError(f"{where}: an end is before its start")


def is_timestamp(text: str) -> bool:
    """Whether a text is a timestamp in UTC such as 2026-01-31T12:34:56.123456Z, with or without the fraction."""
    from datetime import datetime  # here, because few programs need it and each pays for it

    whole, _, fraction = text[:-1].partition(".")
    form = "".join("0" if character in "0123456789" else character for character in whole)
    if not text.endswith("Z") or form != "0000-00-00T00:00:00" or not set(fraction) <= set("0123456789"):
        return False
    try:
        datetime.fromisoformat(whole)
    except ValueError:
        return False
    return True


def printable(text: str) -> str:
    """The text with escapes in place of control characters and lone surrogates, which no table or page can hold."""
    import re

    bad = "[^\n\t -~\xa0-\ud7ff\ue000-\U0010ffff]"
    return re.sub(bad, lambda match: match[0].encode("unicode_escape").decode(), text)


def scrub(text: str) -> str:
    """The text without the folders of this machine: absolute paths are reduced to the name of the file."""
    import re  # here, because few runs need it

    quoted = r"(?<=[\"'])/(?:[^/\"'\n]+/)+"  # may contain spaces
    bare = r"(?<![\w.:/])/(?:[^\s/:\"'<>]+/)+"
    return re.sub(f"{quoted}|{bare}", "", text)
