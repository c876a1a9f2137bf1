"""Which of several rows a sentence or a figure shows: chosen by what was asked for, never by how fast it was."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from gil_scaling.analysis import phrases
from gil_scaling.analysis.columns import BLOCK, CASE, DEFAULT_INTERVAL_S, FASTER, LINE, SLOWER


def typical_rows(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Of each group the rows with the typical number of workers: the most up to the usable CPUs, else the fewest above 1.

    For example, of 1, 2 and 4 workers on 2 CPUs those with 2, of 4 and 8 those with 4.
    """
    return _lowest(rows, _distance_from_cpus(rows), by)


def typical_row_of_each(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Of each group, of the rows nearest to the default switch interval one with the typical number of workers."""
    distances = distance_from_default(rows)
    nearest = distances.groupby([rows[name] for name in by]).transform("min")
    return typical_rows(rows[distances.isna() | distances.eq(nearest)], by).drop_duplicates(by)


def plainest_rows(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Of each group the rows of its plainest backend: the one with the shortest name."""
    names = sorted(rows["backend"].unique(), key=lambda name: (len(name), name))
    return _lowest(rows, rows["backend"].map(names.index).astype(int), by)


def typical_thread_rows(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Of each group with threads one typical row of its plainest thread backend: `thread` where it was measured."""
    rows = plainest_rows(rows[rows["backend_kind"] == "threads"], by)
    return typical_rows(rows, by).drop_duplicates(by)


def at_default_interval(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows at the switch interval nearest to the default, per combination; rows without an interval stay."""
    keys = [name for name in ("machine", "python", *CASE) if name in rows]
    distances = distance_from_default(rows)
    nearest = distances.groupby([rows[name] for name in keys], dropna=False, sort=False).transform("min")
    return rows[distances.isna() | distances.eq(nearest)]


def labels_without_interval(rows: pd.DataFrame) -> pd.Series:
    """The labels of the rows without their switch intervals, which several rows then share."""
    pairs = zip(rows["label"], rows["switch_interval_s"].astype(float), strict=True)
    shared = [label.replace(f", {phrases.format_seconds(interval)}", "") for label, interval in pairs]
    return pd.Series(shared, rows.index, dtype="str")


class OneWorker:
    """What one worker alone gains or loses. A loop may run faster in a new thread than in the main thread, which several workers
    must not take the credit for.

    rows: of a summary, among which those of one worker, and controls, are looked for.
    """

    def __init__(self, rows: pd.DataFrame) -> None:
        self._line = [name for name in ("machine", "python", *LINE) if name in rows]
        self._block = [name for name in self._line if name not in ("backend", "backend_params")]
        is_alone = rows["workers"].eq(1) | rows["role"].eq("control")
        self._found: dict[tuple[Any, ...], tuple[int, dict[str, Any]]] = {}  # {key: (place, row)}
        for place, row in enumerate(rows[is_alone & rows["claim"].isin([FASTER, SLOWER])].to_dict("records")):
            if row["workers"] == 1:
                self._found.setdefault(_key(row, self._line), (place, row))
            if row["role"] == "control":
                self._found.setdefault(_key(row, self._block), (place, row))

    def describe(self, row: Mapping[str, Any]) -> str:
        """What one worker of the backend of a row with more gains or loses, as the end of a sentence; "" where that is not shown."""
        keys = [self._line, *([self._block] if row["backend_kind"] == "threads" else [])]
        found = [self._found[key] for key in (_key(row, names) for names in keys) if key in self._found]
        if not found or not row["workers"] > 1:
            return ""
        _, first = min(found, key=lambda each: each[0])
        how = phrases.format_speed(first, "speedup", "sequential")
        return f" (one worker alone is {how}{', which is no gain of concurrency' if first['claim'] == FASTER else ''})"


def _key(row: Mapping[str, Any], names: Sequence[str]) -> tuple[Any, ...]:
    """The values of a row and its switch interval, None where it has none."""
    interval = row["switch_interval_s"]
    return (*(row[name] for name in names), None if pd.isna(interval) else float(interval))


def counted_times(rows: pd.DataFrame, timed: pd.Series) -> dict[str, pd.Series]:
    """The time that counts and the ends of its interval, as the columns time_s, time_s_low and time_s_high.

    timed: which time counts for each row, "work" or "total".
    """
    is_work = timed.eq("work")
    return {f"time_s{end}": rows[f"work_s{end}"].where(is_work, rows[f"total_s{end}"]) for end in ("", "_low", "_high")}


def common_timed(rows: pd.DataFrame, by: Sequence[str] = BLOCK) -> pd.Series:
    """Which time counts for all rows of a group, "work" or "total"; by default of a workload on a build.

    Work where it counts for any of them: sequential has no workers that could wait for each other, and has total.
    """
    is_work = rows["timed"].eq("work").groupby([rows[name] for name in by]).transform("any")
    return is_work.map({True: "work", False: "total"})


def _distance_from_cpus(rows: pd.DataFrame) -> pd.Series:
    """Lowest for the typical number of workers."""
    workers = rows["workers"].astype(float)
    return workers.where(workers > rows["usable_cpus"].astype(float), -workers).where(workers > 1, np.inf)


def distance_from_default(rows: pd.DataFrame) -> pd.Series:
    """How far each switch interval is from the default, in seconds; NaN for missing ones."""
    return (rows["switch_interval_s"].astype(float) - DEFAULT_INTERVAL_S).abs()


def _lowest(rows: pd.DataFrame, values: pd.Series, by: Sequence[str]) -> pd.DataFrame:
    """Of each group the rows with the lowest value."""
    return rows[values == values.groupby([rows[name] for name in by]).transform("min")]
