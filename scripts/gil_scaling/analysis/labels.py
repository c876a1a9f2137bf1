"""Names of workloads, backends and combinations as figures and sentences give them: the parameters that tell them apart."""

import json
import re
from collections import Counter

import pandas as pd

from gil_scaling.analysis import phrases
from gil_scaling.text import printable

THREADS = ("thread", "thread_pool", "asyncio_to_thread", "asyncio_threads")  # backends whose workers are threads
_PARTS = re.compile(r"\d+|\D+")
_COMMAS = re.compile(r"(?<=\d),(?=\d)")  # between thousands
_KINDS = {
    "thread": "thread",
    "asyncio_t": "thread",
    "process": "process",
    "multiprocessing": "process",
    "interpreter": "interpreter",
}


def kind(backend):
    """The kind of worker that a backend has: thread, process, interpreter, or the backend itself."""
    return next((found for start, found in _KINDS.items() if backend.startswith(start)), backend)


def in_order(names):
    """Names of builds or panels, each once, by the numbers in them: 3.9 before 3.10, n=256 before n=2,048."""
    return sorted(set(names), key=lambda name: list(map(_as_number_or_text, _PARTS.findall(_COMMAS.sub("", name)))))


def _as_number_or_text(part):
    return (0, int(part), "") if part.isdecimal() else (1, 0, part)


def label_combinations(frame):
    """The frame with the columns panel, series and label: the names of its combinations in figures and sentences.

    panel: the workload with those of its parameters that differ within the experiment; where several experiments would
    have the same panel, each with the name of the experiment. series: the backend with its parameters, and the switch
    interval where the experiment has several. label: the series and its number of workers, as far as it is known from any
    run of the combination: `process_pool, chunksize=4 × 2`.
    """
    rows = frame.drop_duplicates("combination").set_index("combination")
    rows = rows.assign(
        workers=frame.groupby("combination")["workers"].first(), panel=_panels(rows), series=_series(rows)
    )
    rows = rows.assign(label=_labels(rows))
    return frame.assign(**{name: frame["combination"].map(rows[name]) for name in ("panel", "series", "label")})


def _panels(rows):
    names = {}
    for (experiment, workload), texts in (
        rows.groupby(["experiment", "workload"], sort=False)["params"].unique().items()
    ):
        params = {text: json.loads(text) for text in texts}
        varied = [name for name in params[texts[0]] if len({str(each.get(name)) for each in params.values()}) > 1]
        for text, values in params.items():
            shown = [name for name in values if name in varied or name not in params[texts[0]]]
            parts = [workload, *(f"{name}={short(values[name])}" for name in shown)]
            names[experiment, workload, text] = ", ".join(parts)
    experiments = Counter(panel for _, panel in {(key[0], panel) for key, panel in names.items()})
    keys = zip(rows["experiment"], rows["workload"], rows["params"], strict=True)
    panels = [(key[0], names.get(key)) for key in keys]
    unique = [f"{panel} ({experiment})" if experiments[panel] > 1 else panel for experiment, panel in panels]
    return pd.Series(unique, rows.index, dtype="str")


def _series(rows):
    params = {text: _listed(text) for text in rows["backend_params"].unique()}
    series = rows["backend"].astype("str") + rows["backend_params"].map(params).astype("str")
    intervals = rows["switch_interval_s"]
    is_shown = intervals.notna() & (intervals.groupby(rows["experiment"]).transform("nunique") > 1)
    return series.where(
        ~is_shown, series + ", " + intervals.map(phrases.format_seconds, na_action="ignore").astype("str")
    )


def _labels(rows):
    workers = rows["workers"].map(lambda value: "?" if pd.isna(value) else f"{value:.0f}").astype("str")
    workers = workers.where(rows["workers_asked"] != "default", "default: " + workers)
    return rows["series"].where(rows["backend"] == "sequential", rows["series"] + " × " + workers)


def panels(rows):
    """The rows with a column `panel`: the workload and those of its parameters that differ within the rows.

    Where one workload with the same parameters belongs to several experiments, the experiment's name is a part, too.
    """
    names = {}
    for workload, texts in rows.groupby("workload", sort=False)["params"].unique().items():
        params = [json.loads(text) for text in texts]
        varied = [name for name in params[0] if len({str(one.get(name)) for one in params}) > 1]
        for text, own in zip(texts, params, strict=True):
            parts = [f"{name}={short(own[name])}" for name in own if name in varied or name not in params[0]]
            names[workload, text] = ", ".join([workload, *parts])
    labels = [names[key] for key in zip(rows["workload"], rows["params"], strict=True)]
    labelled = rows.assign(panel=pd.Series(labels, rows.index, dtype="str"))
    shared = labelled.groupby("panel")["experiment"].transform("nunique") > 1
    named = labelled["panel"].where(~shared, labelled["panel"] + " (" + labelled["experiment"] + ")")
    return labelled.assign(panel=named)


def series(rows):
    """The rows with a column `series`: the backend, its parameters, and the switch interval where there are several."""
    listed = {text: _listed(text) for text in rows["backend_params"].unique()}
    named = rows["backend"].astype("str") + rows["backend_params"].map(listed).astype("str")
    intervals = rows["switch_interval_s"]
    if intervals.nunique() > 1:
        named += intervals.map(lambda value: "" if value != value else f", {phrases.format_seconds(value)}")
    return rows.assign(series=named)


def ways(rows):
    """The rows with a column `way`: the series and how many workers it had: `process_pool, chunksize=4 × 2`."""
    rows = series(rows)
    workers = rows["workers"].map(lambda value: "?" if pd.isna(value) else f"{value:.0f}").astype("string")
    workers = workers.where(rows["workers_asked"] != "default", "default: " + workers)
    return rows.assign(way=rows["series"].where(rows["backend"] == "sequential", rows["series"] + " × " + workers))


def short(value):
    """A parameter's value in 24 characters at most."""
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else printable(str(value))
    return text if len(text) <= 24 else f"{text[:23]}…"


def _listed(params):
    return "".join(f", {name}={short(value)}" for name, value in json.loads(params).items())
