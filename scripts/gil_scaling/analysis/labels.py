"""Names of builds, workloads, backends and combinations in figures and sentences."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pandas as pd

from gil_scaling.analysis import phrases
from gil_scaling.text import printable

_PARTS = re.compile(r"\d+|\D+")
_COMMAS = re.compile(r"(?<=\d),(?=\d)")  # between thousands
_MAX_LENGTH = 24  # of a parameter's value


def in_order(names: Iterable[str]) -> list[str]:
    """Names of builds or panels, each once, by the numbers in them: 3.9 before 3.10, n=256 before n=2,048."""
    return sorted(set(names), key=lambda name: list(map(_as_number_or_text, _PARTS.findall(_COMMAS.sub("", name)))))


def _as_number_or_text(part: str) -> tuple[int, int, str]:
    return (0, int(part), "") if part.isdecimal() else (1, 0, part)


def label_combinations(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs with the columns panel, series and label: the names of their combinations in figures and sentences.

    panel: as name_panels gives it. series: the backend with its parameters, and the switch interval where the experiment
    has several. label: the series and its number of workers, if any run of the combination shows it, such as
    `process_pool, chunksize=4 × 2`.
    """
    rows = runs.drop_duplicates("combination").set_index("combination")
    rows["workers"] = runs.groupby("combination")["workers"].first()
    rows["series"] = _name_series(rows)
    rows = rows.assign(panel=name_panels(rows), label=_label(rows))
    return runs.assign(**{name: runs["combination"].map(rows[name]) for name in ("panel", "series", "label")})


def name_panels(rows: pd.DataFrame) -> pd.Series:
    """The panel of each row: the workload with those of its parameters that differ within the experiment.

    Where several experiments would have a panel of the same name, the name of the experiment is a part of it. Rows of
    unknown workloads have none.
    """
    names: dict[tuple[str, str, str], str] = {}
    by_workload = rows.groupby(["experiment", "workload"], sort=False)["params"]
    for (experiment, workload), texts in by_workload.unique().items():
        for text, values in zip(texts, _shown_params([json.loads(text) for text in texts]), strict=True):
            names[experiment, workload, text] = ", ".join([workload, *values])
    experiments = Counter(name for _, name in {(key[0], name) for key, name in names.items()})
    for key, name in names.items():
        if experiments[name] > 1:
            names[key] = f"{name} ({key[0]})"
    keys = zip(rows["experiment"], rows["workload"], rows["params"], strict=True)
    return pd.Series([names.get(key) for key in keys], rows.index, dtype="str")


def _shown_params(params: list[dict[str, Any]]) -> list[list[str]]:
    """Of each dictionary the parameters that are not the same in all, as `name=value`."""
    same = {name for name in params[0] if len({str(values.get(name)) for values in params}) == 1}
    return [[f"{name}={short(value)}" for name, value in values.items() if name not in same] for values in params]


def _name_series(rows: pd.DataFrame) -> pd.Series:
    params = {text: _list_params(text) for text in rows["backend_params"].unique()}
    series = rows["backend"].astype("str") + rows["backend_params"].map(params).astype("str")
    intervals = rows["switch_interval_s"].astype(float)
    is_shown = intervals.notna() & (intervals.groupby(rows["experiment"]).transform("nunique") > 1)
    texts = intervals.map(lambda value: f", {phrases.format_seconds(value)}").astype("str")  # none of no rows
    return series.where(~is_shown, series + texts)


def _list_params(text: str) -> str:
    return "".join(f", {name}={short(value)}" for name, value in json.loads(text).items())


def _label(rows: pd.DataFrame) -> pd.Series:
    workers = rows["workers"].map(lambda count: "?" if pd.isna(count) else f"{count:.0f}").astype("str")
    workers = workers.where(rows["workers_asked"] != "default", "default: " + workers)
    return rows["series"].where(rows["backend"] == "sequential", rows["series"] + " × " + workers)


def short(value: object) -> str:
    """The value of a parameter in at most 24 characters."""
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else printable(str(value))
    return text if len(text) <= _MAX_LENGTH else f"{text[: _MAX_LENGTH - 1]}…"
