"""The contract between the measuring and the analysing side: what a run record holds, reading, checking, writing one.

Standard library only. History of the format:
1  2026-11-22  first version
2  2026-11-22  spec: backend_params, backend_digest; samples: segments
3  2026-11-22  record: noise, waited_s, attempts; samples: gil_before, switches, worker_peak_mb
"""

import json
import math
import os
import stat

FORMAT = 3
PROTOCOL = (
    3  # of measuring: a step makes every run run again; 2: calls carry their tasks; 3: workers report what they used
)

STATUSES = ("ok", "unsupported", "failed", "wrong_result", "timeout", "crashed")  # from best to worst
DONE = ("ok", "unsupported")

MOST_BYTES = 100_000_000  # of a record's file
LARGEST = 2**53  # of the numbers: all whole ones up to it are also floats
MOST_LETTERS = 10_000  # of a text
MOST_LEVELS = 50  # of lists and objects in each other
ROUNDING_S = 1e-9  # of the difference of two readings of a clock
SHORTEST_S = 1e-9  # of a time that counts

NUMBER = (int, float)
TEXT = (str,)
WHOLE = (int,)
FLAG = (bool,)
OBJECT = (dict,)
LIST = (list,)
NONE = (type(None),)


_READ_AS_TIMES = (("before", "reference_loop_s"), ("after", "reference_loop_s"), ("meanwhile", "other_cpu_s"))


class RecordError(Exception):
    """A file that is not a run record; the message names the file and what is wrong."""


class Field:
    """One field of a record: its name, the JSON types it may have, its unit, its meaning, the format it is in since.

    default: what it is in records of older formats; least: of the number, or of those in the list; items: the types, or the
    fields, of what the list or object holds, where these are fixed.
    """

    def __init__(self, name, types, unit, meaning, since=1, default=None, *, least=None, items=None):
        self.name = name
        self.types = types
        self.unit = unit
        self.meaning = meaning
        self.since = since
        self.default = default
        self.least = least
        self.items = items


CALL_FIELDS = (
    Field("id", TEXT, "", "the same for all runs of a call"),
    Field("time", TEXT, "", "when it began, UTC"),
)

STATE_FIELDS = (
    Field("before", OBJECT, "", "readings before the run, None what the system does not tell", items=NUMBER + NONE),
    Field("after", OBJECT, "", "the same after it", items=NUMBER + NONE),
    Field("meanwhile", OBJECT, "", "what happened between them", 3, {}, items=NUMBER + NONE),
)

NOISE_FIELDS = (
    Field("flag", TEXT, "", "noisy, drifting or throttled"),
    Field("reading", TEXT, "", "what was read"),
    Field("seen", NUMBER, "", "its value"),
    Field("most", NUMBER, "", "the most that is let pass"),
)

SPEC_FIELDS = (
    Field("workload", TEXT, "", "name of the workload"),
    Field("workload_digest", TEXT, "", "digest of its source and of its own modules beside it"),
    Field("params", OBJECT, "", "the workload's parameters"),
    Field("backend", TEXT, "", "name of the backend"),
    Field("backend_params", OBJECT, "", "the backend's parameters that are not at their default", 2, {}),
    Field("backend_digest", TEXT + NONE, "", "digest of the source of a backend of the user's own", 2),
    Field("workers", WHOLE + TEXT, "count", "number of workers, or default", least=1),
    Field("switch_interval_s", NUMBER + NONE, "s", "null where the axis collapsed", least=0),
    Field("start", TEXT, "", "natural or together"),
    Field("scaling", TEXT, "", "strong or weak"),
    Field("cpus", LIST + NONE, "", "ids of the CPUs that the run may use; null: all", least=0, items=WHOLE),
    Field("python", TEXT, "", "name of the build"),
    Field("fingerprint", TEXT, "", "digest of what the build is"),
    Field("options", LIST, "", "options of the build's command"),
    Field("env", OBJECT, "", "environment that the build's entry sets"),
    Field("protocol", WHOLE, "", "version of the measuring protocol"),
    Field("warmups", WHOLE, "count", "samples that count in no median", least=0),
    Field("repeats", WHOLE, "count", "samples that count", least=1),
    Field("round", WHOLE, "", "which repetition of the sweep, from 1", least=1),
)

TASK_FIELDS = (
    Field("index", LIST, "", "number of each task, from 0", least=0, items=WHOLE),
    Field("worker", LIST, "", "number of the worker that ran it, from 0", least=0, items=WHOLE),
    Field("start_s", LIST, "s", "from the sample's beginning", least=-ROUNDING_S, items=NUMBER),
    Field("end_s", LIST, "s", "likewise", least=-ROUNDING_S, items=NUMBER),
    Field("cpu_s", LIST, "s", "CPU time inside the task; null for coroutines", least=-ROUNDING_S, items=NUMBER + NONE),
)

SEGMENT_FIELDS = (
    Field("worker", LIST, "", "number of the worker, from 0", least=0, items=WHOLE),
    Field("start_s", LIST, "s", "from the sample's beginning", least=-ROUNDING_S, items=NUMBER),
    Field("end_s", LIST, "s", "likewise", least=-ROUNDING_S, items=NUMBER),
)

SUMMARY_FIELDS = (
    Field("worker", WHOLE, "", "number of the worker, from 0", least=0),
    Field("count", WHOLE, "count", "tasks that it ran", least=1),
    Field("first_s", NUMBER, "s", "from the sample's beginning to the start of its first", least=-ROUNDING_S),
    Field("last_s", NUMBER, "s", "to the end of its last", least=-ROUNDING_S),
    Field("cpu_s", NUMBER + NONE, "s", "CPU time inside its tasks; null for coroutines", least=-ROUNDING_S),
    Field("quantiles_s", LIST, "s", "least, quartiles and most of its tasks' times", least=-ROUNDING_S, items=NUMBER),
)

SAMPLE_FIELDS = (
    Field("warmup", FLAG, "", "whether the sample counts in no median"),
    Field("total_s", NUMBER, "s", "from before the first worker is made to after the last is gone", least=-ROUNDING_S),
    Field("startup_s", NUMBER, "s", "to the start of the first task", least=-ROUNDING_S),
    Field("work_s", NUMBER, "s", "from there to the end of the last task", least=-ROUNDING_S),
    Field("teardown_s", NUMBER, "s", "after it", least=-ROUNDING_S),
    Field("cpu_s", NUMBER + NONE, "s", "CPU time of all workers from their start to their end", least=-ROUNDING_S),
    Field("task_cpu_s", NUMBER + NONE, "s", "CPU time inside the tasks", least=-ROUNDING_S),
    Field(
        "voluntary_switches", WHOLE + NONE, "count", "context switches of all workers because they waited", 3, least=0
    ),
    Field("involuntary_switches", WHOLE + NONE, "count", "because another thread got the CPU", 3, least=0),
    Field(
        "worker_peak_mb",
        LIST + NONE,
        "MiB",
        "for each worker: the peak resident memory of its process",
        3,
        least=0,
        items=NUMBER + NONE,
    ),
    Field("workers", WHOLE, "count", "workers that the backend had", least=1),
    Field("workers_used", WHOLE, "count", "workers that ran at least one task", least=1),
    Field("start_method", TEXT + NONE, "", "fork, forkserver or spawn, for processes"),
    Field(
        "gil_before",
        LIST + NONE,
        "",
        "for each worker: whether the GIL was on before its first task",
        3,
        items=FLAG + NONE,
    ),
    Field("gil", LIST, "", "for each worker: whether the GIL was on after its last task", items=FLAG + NONE),
    Field("switch_intervals_s", LIST, "s", "for each worker: the interval that it read back", items=NUMBER),
    Field("tasks", OBJECT + NONE, "", "columns, an item a task; null above 1,000 tasks", items=TASK_FIELDS),
    Field("task_summary", LIST + NONE, "", "instead: a summary of each worker's tasks", items=SUMMARY_FIELDS),
    Field("metrics", OBJECT, "", "figures that the workload names", items=NUMBER + TEXT + FLAG + NONE),
    Field(
        "segments",
        OBJECT + NONE,
        "",
        "columns, an item each time that a worker ran, where the workload tells",
        2,
        items=SEGMENT_FIELDS,
    ),
)

MEASURED_FIELDS = (
    Field("gil_before", FLAG, "", "whether the GIL was on before the workload ran"),
    Field("gil_after", FLAG, "", "whether it was on at the end"),
    Field("switch_interval_s", NUMBER, "s", "the interval in force in the main thread", least=0),
    Field("clock_cost_s", NUMBER, "s", "what an empty task is seen to take", least=0),
    Field("expected", TEXT + NONE, "", "digest of the right results; null: the workload checks itself"),
    Field("flags", OBJECT, "", "version, hash seed, JIT, thread limits, read back in the child"),
    Field("samples", LIST, "", "the samples, warm-ups first", items=SAMPLE_FIELDS),
)

FIELDS = (
    Field("format", WHOLE, "", "version of the format"),
    Field("run", TEXT, "", "the run's name, also the file's"),
    Field("spec", OBJECT, "", "what was asked for: everything that changes the number", items=SPEC_FIELDS),
    Field("status", TEXT, "", "ok, unsupported, failed, wrong_result, timeout or crashed"),
    Field("reason", TEXT + NONE, "", "why the status is not ok"),
    Field("call", OBJECT, "", "the call of Snakemake: id and time", items=CALL_FIELDS),
    Field("started", TEXT, "", "when the run began, UTC"),
    Field("wall_s", NUMBER, "s", "from the start of the measured build to its end", least=0),
    Field("exit_code", WHOLE + NONE, "", "of the measured build; negative: the signal that ended it"),
    Field("stderr_tail", TEXT, "", "the end of what it wrote to stderr"),
    Field(
        "snakemake_cpu_s",
        NUMBER + NONE,
        "s",
        "CPU time of Snakemake meanwhile; null where not readable",
        least=-ROUNDING_S,
    ),
    Field("state", OBJECT, "", "state of the machine before and after, and meanwhile", items=STATE_FIELDS),
    Field("noise", LIST, "", "what disturbed the run", 3, [], items=NOISE_FIELDS),
    Field(
        "waited_s", NUMBER, "s", "how long the run waited for other processes to leave the CPUs alone", 3, 0.0, least=0
    ),
    Field("attempts", WHOLE, "count", "how often it was measured; the last one is here", 3, 1, least=1),
    Field("peak_memory_mb", NUMBER + NONE, "MiB", "peak of the process tree, in an extra sample", least=0),
    Field("memory_kind", TEXT + NONE, "", "pss or rss"),
    Field(
        "measured",
        OBJECT + NONE,
        "",
        "what the measured build said; null where it said nothing",
        items=MEASURED_FIELDS,
    ),
)


def read(path):
    """The record in a file, checked; raises RecordError for a file that is missing, damaged or none."""
    try:
        _refuse_large(path)
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
        _fill_later_fields(record)
        check(record)
    except RecordError as error:
        raise RecordError(f"{path}: {error}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise RecordError(f"{path}: cannot be read: {error}") from error
    return record


def _refuse_large(path):
    """Raises RecordError for what may have no end: a pipe, a device, a file that is too large."""
    found = os.stat(path)
    if not stat.S_ISREG(found.st_mode):
        raise RecordError("is no file")
    if found.st_size > MOST_BYTES:
        raise RecordError(f"is larger than {MOST_BYTES // 10**6} MB")


def _fill_later_fields(record):
    """Gives a record just read the fields that its format did not have yet, at their defaults."""
    if not isinstance(record, dict) or not isinstance(record.get("format"), int):
        return
    measured = record.get("measured")
    samples = measured.get("samples") if isinstance(measured, dict) else None
    parts = [(record, FIELDS), (record.get("spec"), SPEC_FIELDS), (measured, MEASURED_FIELDS)]
    parts += [(record.get("state"), STATE_FIELDS)]
    parts += [(sample, SAMPLE_FIELDS) for sample in samples] if isinstance(samples, list) else []
    for values, fields in parts:
        for field in fields:
            if isinstance(values, dict) and field.since > record["format"]:
                values.setdefault(field.name, field.default)


def check(record):
    """Raises RecordError, naming the first field that is missing or holds what none may."""
    if not isinstance(record, dict):
        raise RecordError(f"record: {type(record).__name__} instead of an object")
    found = record.get("format")
    if isinstance(found, int) and not 1 <= found <= FORMAT:
        raise RecordError(f"format {found!r:.60} is not known; this version reads 1 to {FORMAT}")
    _check_fields(record, FIELDS, "record")
    if record["status"] not in STATUSES:
        raise RecordError(f"unknown status {record['status']!r:.60}")
    if not is_moment(record["started"]):
        raise RecordError(f"record.started: {record['started']!r:.60} is no moment in UTC")
    _check_readings(record["state"])
    _check_choices(record["spec"])
    if record["measured"] is not None:
        timed = "work_s" if record["spec"]["start"] == "together" else "total_s"
        _check_samples(record["measured"]["samples"], timed)
    elif record["status"] == "ok":
        raise RecordError("measured is null, yet the status is ok")


def _check_readings(state):
    """Of the readings that become columns those that are times: the steal of some hypervisors sinks, and a zone may freeze."""
    for part, name in _READ_AS_TIMES:
        if (state[part].get(name) or 0) < 0:
            raise RecordError(f"state.{part}.{name}: {state[part][name]!r} is less than 0")


def _check_choices(spec):
    if isinstance(spec["workers"], str) and spec["workers"] != "default":
        raise RecordError(f"spec.workers: {spec['workers']!r:.60} is neither a number nor default")
    for name, words in (("start", ("natural", "together")), ("scaling", ("strong", "weak"))):
        if spec[name] not in words:
            raise RecordError(f"spec.{name}: {spec[name]!r:.60} is none of {', '.join(words)}")


def _check_samples(samples, timed):
    for number, sample in enumerate(samples):
        where = f"measured.samples[{number}]"
        if sample[timed] < SHORTEST_S and not sample["warmup"]:
            raise RecordError(f"{where}.{timed}: {sample[timed]!r} is no time")
        if not sample["tasks"] and not sample["task_summary"]:
            raise RecordError(f"{where}: neither tasks nor task_summary")
        for name, fields in (("tasks", TASK_FIELDS), ("segments", SEGMENT_FIELDS)):
            if sample[name] is not None:
                _check_columns([sample[name][field.name] for field in fields], sample[name], f"{where}.{name}")
        if any(len(worker["quantiles_s"]) != 5 for worker in sample["task_summary"] or ()):
            raise RecordError(f"{where}.task_summary: quantiles_s are not 5 numbers")
    if all(sample["warmup"] for sample in samples):
        raise RecordError("measured.samples holds no sample that counts")


def _check_columns(columns, table, where):
    if len({len(column) for column in columns}) > 1:
        raise RecordError(f"{where}: lists of different lengths")
    if not columns[0]:
        raise RecordError(f"{where}: is empty")
    if any(end < start - ROUNDING_S for start, end in zip(table["start_s"], table["end_s"])):
        raise RecordError(f"{where}: an end before its start")


def _check_fields(values, fields, where):
    if not isinstance(values, dict):
        raise RecordError(f"{where}: {type(values).__name__} instead of an object")
    for field in fields:
        if field.name not in values:
            raise RecordError(f"{where}: the field {field.name!r} is missing")
        value, place = values[field.name], f"{where}.{field.name}"
        _check_value(value, field.types, place, field.least)
        if isinstance(value, (dict, list)):
            _check_items(value, field, place.removeprefix("record."))


def _check_items(values, field, where):
    """The items of a list or an object: of no fixed form, fields in one object or in a list of them, or values of some types."""
    is_list = isinstance(values, list)
    if field.items is None:
        check_plain(values, where)
    elif isinstance(field.items[0], Field):
        for place, value in enumerate(values) if is_list else [(None, values)]:
            _check_fields(value, field.items, where if place is None else f"{where}[{place}]")
    elif not (is_list and _are_sound(values, field)):
        for key, value in enumerate(values) if is_list else values.items():
            if not is_list:
                _check_text(key, where)
            _check_value(value, field.items, f"{where}[{key!r}]", field.least)


def _are_sound(values, field):
    """Whether all are the numbers that they may be, at one glance: lists of them are most of a record. Else it is not known."""
    kinds = set(map(type, values))
    least = -LARGEST if field.least is None else field.least
    is_number = kinds <= set(field.items) and kinds <= {*NUMBER, *NONE}
    return is_number and all(value is None or least <= value <= LARGEST for value in values)


def _check_value(value, types, where, least=None):
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise RecordError(f"{where}: {value!r:.60} has a wrong type")
    if isinstance(value, str):
        _check_text(value, where)
    elif isinstance(value, NUMBER):
        if not abs(value) <= LARGEST:
            is_large = isinstance(value, int) or math.isfinite(value)
            problem = f"is larger than {LARGEST:,}" if is_large else "is not a finite number"
            raise RecordError(f"{where}: {value!r:.60} {problem}")
        if least is not None and value < least:
            raise RecordError(f"{where}: {value!r} is less than {least:g}")


def _check_text(text, where):
    if len(text) > MOST_LETTERS:
        raise RecordError(f"{where}: a text of more than {MOST_LETTERS:,} letters")
    if not text.isprintable() and text != printable(text):
        raise RecordError(f"{where}: {text!r:.60} holds control characters, or half of one")


def check_plain(value, where):
    """Raises RecordError where a value of no fixed form holds what no file or table can."""
    level = [value]
    for _ in range(MOST_LEVELS + 1):
        for part in level:
            if isinstance(part, str) and len(part) > MOST_LETTERS:
                raise RecordError(f"{where}: a text of more than {MOST_LETTERS:,} letters")
            if isinstance(part, str) and part != part.encode("utf-8", "replace").decode():
                raise RecordError(f"{where}: {part!r:.60} holds half of a character")
            if isinstance(part, float) and not math.isfinite(part):
                raise RecordError(f"{where}: {part!r} is not a finite number")
        containers = [part for part in level if isinstance(part, (dict, list))]
        level = [inner for part in containers for inner in _inner(part)]
    if containers:
        raise RecordError(f"{where}: more than {MOST_LEVELS} lists and objects in each other")


def _inner(part):
    return [*part, *part.values()] if isinstance(part, dict) else part


def is_moment(text):
    """Whether a text is a moment as `started` has it: 2026-01-31T12:34:56.123456Z, with or without the fraction."""
    from datetime import datetime  # here, because few programs need it and each pays for it

    whole, _, fraction = text.removesuffix("Z").partition(".")
    form = "".join("0" if letter in "0123456789" else letter for letter in whole)
    if not text.endswith("Z") or form != "0000-00-00T00:00:00" or not set(fraction) <= set("0123456789"):
        return False
    try:
        datetime.fromisoformat(whole)
    except ValueError:
        return False
    return True


def scrub(text):
    """The text without the folders of this machine: of an absolute path only the file's name stays."""
    import re  # here, because few runs need it and each pays for it

    quoted = r"(?<=[\"'])/(?:[^/\"'\n]+/)+"  # may hold spaces
    bare = r"(?<![\w.:/])/(?:[^\s/:\"'<>]+/)+"
    return re.sub(f"{quoted}|{bare}", "", text)


def printable(text):
    """The text with escapes in place of control characters and lone surrogates, which no table or page can hold."""
    import re

    return re.sub("[^\n\t -~\xa0-\ud7ff\ue000-\U0010ffff]", lambda one: one[0].encode("unicode_escape").decode(), text)


def write(path, record):
    """Writes a record as a whole or not at all: to a file beside it, which is then renamed."""
    write_text(path, json.dumps(record, sort_keys=True, allow_nan=False) + "\n")


def write_text(path, text):
    """Writes a text file as a whole or not at all."""
    partial = f"{path}.{os.getpid()}.partial"
    try:
        with open(partial, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError:
        if os.path.exists(partial):
            os.unlink(partial)
        raise
