"""The contract between the measuring and the analysing side: what a run record holds, reading, checking, writing one.

Standard library only. History of the format:
1  2026-11-22  first version
2  2026-11-22  spec: backend_params, backend_digest; samples: segments
3  2026-11-22  record: noise, waited_s, attempts; samples: gil_before, switches, worker_peak_mb
"""

import json
import os

from gil_scaling.fields import (
    FLAG,
    LIST,
    NAME,
    NONE,
    NUMBER,
    OBJECT,
    TEXT,
    WHOLE,
    Field,
    RecordError,
    check_fields,
    is_moment,
    read_text,
)

FORMAT = 3
PROTOCOL = (
    3  # of measuring: a step makes every run run again; 2: calls carry their tasks; 3: workers report what they used
)

STATUSES = ("ok", "unsupported", "failed", "wrong_result", "timeout", "crashed")  # from best to worst
DONE = ("ok", "unsupported")

ROUNDING_S = 1e-9  # of the difference of two readings of a clock
SHORTEST_S = 1e-9  # of a time that counts
MOST_OF_JSON = 500_000  # letters, of what stands in one cell of a table
_MOST_NOISE = 100  # items
_MOST_OF_METRIC = 1e100  # a count of nanoseconds may be larger than what floats hold exactly

_READ_AS_TIMES = (("before", "reference_loop_s"), ("after", "reference_loop_s"), ("meanwhile", "other_cpu_s"))


CALL_FIELDS = (
    Field("id", TEXT, "", "the same for all runs of a call", letters=NAME),
    Field("time", TEXT, "", "when it began, UTC"),
)

STATE_FIELDS = (
    Field("before", OBJECT, "", "readings before the run, None what the system does not tell", items=NUMBER + NONE),
    Field("after", OBJECT, "", "the same after it", items=NUMBER + NONE),
    Field("meanwhile", OBJECT, "", "what happened between them", 3, {}, items=NUMBER + NONE),
)

NOISE_FIELDS = (
    Field("flag", TEXT, "", "noisy, drifting or throttled", letters=NAME),
    Field("reading", TEXT, "", "what was read", letters=NAME),
    Field("seen", NUMBER, "", "its value"),
    Field("most", NUMBER, "", "the most that is let pass"),
)

SPEC_FIELDS = (
    Field("workload", TEXT, "", "name of the workload", letters=NAME),
    Field(
        "workload_digest",
        TEXT,
        "",
        "digest of its source and of its own modules beside it; empty: not known",
        letters=(0, 64),
    ),
    Field("params", OBJECT, "", "the workload's parameters"),
    Field("backend", TEXT, "", "name of the backend", letters=NAME),
    Field("backend_params", OBJECT, "", "the backend's parameters that are not at their default", 2, {}),
    Field("backend_digest", TEXT + NONE, "", "digest of the source of a backend of the user's own", 2, letters=NAME),
    Field("workers", WHOLE + TEXT, "count", "number of workers, or default", least=1),
    Field("switch_interval_s", NUMBER + NONE, "s", "null where the axis collapsed", least=0),
    Field("start", TEXT, "", "natural or together"),
    Field("scaling", TEXT, "", "strong or weak"),
    Field("cpus", LIST + NONE, "", "ids of the CPUs that the run may use; null: all", least=0, items=WHOLE),
    Field("python", TEXT, "", "name of the build", letters=NAME),
    Field("fingerprint", TEXT, "", "digest of what the build is", letters=NAME),
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
    Field(
        "metrics",
        OBJECT,
        "",
        "figures that the workload names",
        most=_MOST_OF_METRIC,
        items=NUMBER + TEXT + FLAG + NONE,
    ),
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
    Field("run", TEXT, "", "the run's name, also the file's", letters=NAME),
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
        record = json.loads(read_text(path))
        _fill_later_fields(record)
        check(record)
    except RecordError as error:
        raise RecordError(f"{path}: {error}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise RecordError(f"{path}: cannot be read: {error}") from error
    return record


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
    check_fields(record, FIELDS, "record")
    if record["status"] not in STATUSES:
        raise RecordError(f"unknown status {record['status']!r:.60}")
    if not is_moment(record["started"]):
        raise RecordError(f"record.started: {record['started']!r:.60} is no moment in UTC")
    if len(record["noise"]) > _MOST_NOISE:
        raise RecordError(f"record.noise: more than {_MOST_NOISE} items")
    _check_readings(record["state"])
    _check_spec(record["spec"])
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


def _check_spec(spec):
    if isinstance(spec["workers"], str) and spec["workers"] != "default":
        raise RecordError(f"spec.workers: {spec['workers']!r:.60} is neither a number nor default")
    for name in ("params", "backend_params"):
        check_size(spec[name], f"spec.{name}")
    for name, words in (("start", ("natural", "together")), ("scaling", ("strong", "weak"))):
        if spec[name] not in words:
            raise RecordError(f"spec.{name}: {spec[name]!r:.60} is none of {', '.join(words)}")


def check_size(value, where):
    """Raises RecordError where a value of JSON has more letters than a cell of a table."""
    if len(json.dumps(value)) > MOST_OF_JSON:
        raise RecordError(f"{where}: more than {MOST_OF_JSON:,} letters")


def _check_samples(samples, timed):
    for number, sample in enumerate(samples):
        where = f"measured.samples[{number}]"
        if sample[timed] < SHORTEST_S and not sample["warmup"]:
            raise RecordError(f"{where}.{timed}: {sample[timed]!r} is no time")
        if not sample["tasks"] and not sample["task_summary"]:
            raise RecordError(f"{where}: neither tasks nor task_summary")
        check_size(sample["metrics"], f"{where}.metrics")
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


def scrub(text):
    """The text without the folders of this machine: of an absolute path only the file's name stays."""
    import re  # here, because few runs need it and each pays for it

    quoted = r"(?<=[\"'])/(?:[^/\"'\n]+/)+"  # may hold spaces
    bare = r"(?<![\w.:/])/(?:[^\s/:\"'<>]+/)+"
    return re.sub(f"{quoted}|{bare}", "", text)


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
