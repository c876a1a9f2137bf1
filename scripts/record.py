"""The contract between the measuring and the analysing side: what a run record holds, reading, checking, writing one.

Standard library only. History of the format:
1  2026-11-22  first version
2  2026-11-22  spec: backend_params, backend_digest; samples: segments
3  2026-11-22  record: noise, waited_s, attempts; samples: gil_before, switches, worker_peak_mb
"""

import json
import math
import os

FORMAT = 3
PROTOCOL = (
    3  # of measuring: a step makes every run run again; 2: calls carry their tasks; 3: workers report what they used
)

STATUSES = ("ok", "unsupported", "failed", "wrong_result", "timeout", "crashed")  # from best to worst
DONE = ("ok", "unsupported")

NUMBER = (int, float)
TEXT = (str,)
WHOLE = (int,)
FLAG = (bool,)
OBJECT = (dict,)
LIST = (list,)
NONE = (type(None),)


class RecordError(Exception):
    """A file that is not a run record; the message names the file and what is wrong."""


class Field:
    """One field of a record: its name, the JSON types it may have, its unit, its meaning, the format it is in since.

    default: what it is in records of older formats.
    """

    def __init__(self, name, types, unit, meaning, since=1, default=None):
        self.name = name
        self.types = types
        self.unit = unit
        self.meaning = meaning
        self.since = since
        self.default = default


FIELDS = (
    Field("format", WHOLE, "", "version of the format"),
    Field("run", TEXT, "", "the run's name, also the file's"),
    Field("spec", OBJECT, "", "what was asked for: everything that changes the number"),
    Field("status", TEXT, "", "ok, unsupported, failed, wrong_result, timeout or crashed"),
    Field("reason", TEXT + NONE, "", "why the status is not ok"),
    Field("call", OBJECT, "", "the call of Snakemake: id and time"),
    Field("started", TEXT, "", "when the run began, UTC"),
    Field("wall_s", NUMBER, "s", "from the start of the measured build to its end"),
    Field("exit_code", WHOLE + NONE, "", "of the measured build; negative: the signal that ended it"),
    Field("stderr_tail", TEXT, "", "the end of what it wrote to stderr"),
    Field("snakemake_cpu_s", NUMBER + NONE, "s", "CPU time of Snakemake meanwhile; null where not readable"),
    Field("state", OBJECT, "", "state of the machine before and after, and what happened in it meanwhile"),
    Field("noise", LIST, "", "what disturbed the run: flag, reading, what was seen, the most that is let pass", 3, []),
    Field("waited_s", NUMBER, "s", "how long the run waited for other processes to leave the CPUs alone", 3, 0.0),
    Field(
        "attempts", WHOLE, "count", "how often it was measured, because it was disturbed; the last one is here", 3, 1
    ),
    Field("peak_memory_mb", NUMBER + NONE, "MiB", "peak of the process tree, in an extra sample"),
    Field("memory_kind", TEXT + NONE, "", "pss or rss"),
    Field("measured", OBJECT + NONE, "", "what the measured build said; null where it said nothing"),
)

SPEC_FIELDS = (
    Field("workload", TEXT, "", "name of the workload"),
    Field("workload_digest", TEXT, "", "digest of its source and of its own modules beside it"),
    Field("params", OBJECT, "", "the workload's parameters"),
    Field("backend", TEXT, "", "name of the backend"),
    Field("backend_params", OBJECT, "", "the backend's parameters that are not at their default", 2, {}),
    Field("backend_digest", TEXT + NONE, "", "digest of the source of a backend of the user's own", 2),
    Field("workers", WHOLE + TEXT, "count", "number of workers, or default"),
    Field("switch_interval_s", NUMBER + NONE, "s", "null where the axis collapsed"),
    Field("start", TEXT, "", "natural or together"),
    Field("scaling", TEXT, "", "strong or weak"),
    Field("cpus", LIST + NONE, "", "ids of the CPUs that the run may use; null: all"),
    Field("python", TEXT, "", "name of the build"),
    Field("fingerprint", TEXT, "", "digest of what the build is"),
    Field("options", LIST, "", "options of the build's command"),
    Field("env", OBJECT, "", "environment that the build's entry sets"),
    Field("protocol", WHOLE, "", "version of the measuring protocol"),
    Field("warmups", WHOLE, "count", "samples that count in no median"),
    Field("repeats", WHOLE, "count", "samples that count"),
    Field("round", WHOLE, "", "which repetition of the sweep, from 1"),
)

MEASURED_FIELDS = (
    Field("gil_before", FLAG, "", "whether the GIL was on before the workload ran"),
    Field("gil_after", FLAG, "", "whether it was on at the end"),
    Field("switch_interval_s", NUMBER, "s", "the interval in force in the main thread"),
    Field("clock_cost_s", NUMBER, "s", "what an empty task is seen to take"),
    Field("expected", TEXT + NONE, "", "digest of the right results; null: the workload checks itself"),
    Field("flags", OBJECT, "", "version, hash seed, JIT, thread limits, read back in the child"),
    Field("samples", LIST, "", "the samples, warm-ups first"),
)

SAMPLE_FIELDS = (
    Field("warmup", FLAG, "", "whether the sample counts in no median"),
    Field("total_s", NUMBER, "s", "from before the first worker is made to after the last is gone"),
    Field("startup_s", NUMBER, "s", "to the start of the first task"),
    Field("work_s", NUMBER, "s", "from there to the end of the last task"),
    Field("teardown_s", NUMBER, "s", "after it"),
    Field("cpu_s", NUMBER + NONE, "s", "CPU time of all workers from their start to their end"),
    Field("task_cpu_s", NUMBER + NONE, "s", "CPU time inside the tasks"),
    Field("voluntary_switches", WHOLE + NONE, "count", "context switches of all workers because they waited", 3),
    Field("involuntary_switches", WHOLE + NONE, "count", "because another thread got the CPU", 3),
    Field("worker_peak_mb", LIST + NONE, "MiB", "for each worker: the peak resident memory of its process", 3),
    Field("workers", WHOLE, "count", "workers that the backend had"),
    Field("workers_used", WHOLE, "count", "workers that ran at least one task"),
    Field("start_method", TEXT + NONE, "", "fork, forkserver or spawn, for processes"),
    Field("gil_before", LIST + NONE, "", "for each worker: whether the GIL was on before its first task", 3),
    Field("gil", LIST, "", "for each worker: whether the GIL was on after its last task"),
    Field("switch_intervals_s", LIST, "s", "for each worker: the interval that it read back"),
    Field("tasks", OBJECT + NONE, "", "columns index, worker, start_s, end_s, cpu_s; null above 1,000 tasks"),
    Field("task_summary", LIST + NONE, "", "instead: count, first, last and quantiles for each worker"),
    Field("metrics", OBJECT, "", "figures that the workload names"),
    Field("segments", OBJECT + NONE, "", "columns worker, start_s, end_s: when each ran, where the workload tells", 2),
)

TASK_COLUMNS = ("index", "worker", "start_s", "end_s", "cpu_s")
SEGMENT_COLUMNS = ("worker", "start_s", "end_s")


def read(path):
    """The record in a file, checked; raises RecordError for a file that is missing, damaged or none."""
    try:
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise RecordError(f"{path}: cannot be read: {error}") from error
    try:
        _fill_later_fields(record)
        check(record)
    except RecordError as error:
        raise RecordError(f"{path}: {error}") from None
    return record


def _fill_later_fields(record):
    """Gives a record just read the fields that its format did not have yet, at their defaults."""
    if not isinstance(record, dict) or not isinstance(record.get("format"), int):
        return
    measured = record.get("measured")
    samples = measured.get("samples") if isinstance(measured, dict) else None
    parts = [(record, FIELDS), (record.get("spec"), SPEC_FIELDS), (measured, MEASURED_FIELDS)]
    parts += [(sample, SAMPLE_FIELDS) for sample in samples] if isinstance(samples, list) else []
    for values, fields in parts:
        for field in fields:
            if isinstance(values, dict) and field.since > record["format"]:
                values.setdefault(field.name, field.default)


def check(record):
    """Raises RecordError, naming the first field that is missing or of a wrong type."""
    _check_fields(record, FIELDS, "record")
    if record["format"] > FORMAT or record["format"] < 1:
        raise RecordError(f"format {record['format']} is not known; this version reads 1 to {FORMAT}")
    if record["status"] not in STATUSES:
        raise RecordError(f"unknown status {record['status']!r}")
    _check_fields(record["spec"], SPEC_FIELDS, "spec")
    if record["status"] != "ok":
        return
    if record["measured"] is None:
        raise RecordError("measured is null, yet the status is ok")
    _check_fields(record["measured"], MEASURED_FIELDS, "measured")
    for number, sample in enumerate(record["measured"]["samples"]):
        _check_fields(sample, SAMPLE_FIELDS, f"measured.samples[{number}]")
        for name, columns in (("tasks", TASK_COLUMNS), ("segments", SEGMENT_COLUMNS)):
            if sample[name] is not None:
                _check_columns(sample[name], columns, f"measured.samples[{number}].{name}")
    if all(sample["warmup"] for sample in record["measured"]["samples"]):
        raise RecordError("measured.samples holds no sample that counts")


def _check_fields(values, fields, where):
    if not isinstance(values, dict):
        raise RecordError(f"{where}: {type(values).__name__} instead of an object")
    for field in fields:
        if field.name not in values:
            raise RecordError(f"{where}: the field {field.name!r} is missing")
        value = values[field.name]
        is_flag = isinstance(value, bool)
        if not isinstance(value, field.types) or (is_flag and bool not in field.types):
            raise RecordError(f"{where}.{field.name}: {value!r:.60} has a wrong type")
        if isinstance(value, float) and not math.isfinite(value):
            raise RecordError(f"{where}.{field.name}: {value!r} is not a finite number")


def _check_columns(table, names, where):
    columns = [table.get(name) for name in names]
    if not all(isinstance(column, list) and column for column in columns):
        raise RecordError(f"{where}: not the lists {', '.join(names)}")
    if len({len(column) for column in columns}) > 1:
        raise RecordError(f"{where}: lists of different lengths")
    for name, column in zip(names, columns):
        for value in column:
            if not (isinstance(value, NUMBER) and math.isfinite(value)) and (value, name) != (None, "cpu_s"):
                raise RecordError(f"{where}.{name}: {value!r:.60} is not a finite number")


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
