"""What limits the answers of a report as a whole, and what to do about it: start-up, disturbances, too few rounds."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from gil_scaling.analysis import machine_kinds, phrases
from gil_scaling.analysis.columns import BLOCK, CONTROLS
from gil_scaling.analysis.statistics.intervals import MIN_ROUNDS
from gil_scaling.analysis.tables.quality import COUNTED

_MAX_DISTURBED = 0.1  # of the runs of a machine, without a sentence
_MAX_NAMED = 3
_MODES = {"wait": "waits for idle CPUs before each run", "repeat": "measures a disturbed run again"}
_REMEDIES = {
    "wait": "they were although `on_noise: wait` was set: try `on_noise: repeat`, end other programs, or take a quieter machine",
    "repeat": "they were although `on_noise: repeat` was set: end other programs, or take a quieter machine",
}


def describe_limits(
    tables: Mapping[str, pd.DataFrame], sets: Sequence[Mapping[str, Any]], command: str | None
) -> list[str]:
    """All sentences; command: measures the sweep of the report, None for a report of several result sets."""
    is_many = machine_kinds.is_many(tables["machines"])
    of_sets = []
    for each in sets:
        runs, summary = (tables[name][tables[name]["machine"] == each["label"]] for name in ("runs", "summary"))
        own = [
            *_describe_disturbances(runs, each["configs"], command, has_counts=not is_many),
            *_describe_rounds(summary, runs, command, has_counts=not is_many),
        ]
        of_sets += [(each["label"], sentence) for sentence in own]
    return [
        *_describe_nothing(tables["summary"]),
        *_describe_startup(tables["summary"]),
        *machine_kinds.with_names(of_sets, tables["machines"]),
    ]


def describe_missing_ceilings(summary: pd.DataFrame) -> list[str]:
    """A sentence per workload that has no ceiling because it cannot run in processes."""
    missing = summary[summary["role"].eq("ceiling") & summary["status"].eq("unsupported")]
    return [
        f"There is no ceiling for {_name_some(rows['panel'])} on {_name_some(rows['build'])}, as processes cannot run its tasks: "
        f"{rows['reason'].iloc[0]}."
        for _, rows in missing.groupby("workload", sort=False)
    ]


def _name_some(names: pd.Series) -> str:
    return phrases.join_words(phrases.limit_words(list(names.unique()), _MAX_NAMED, "other"))


def _describe_nothing(summary: pd.DataFrame) -> Iterator[str]:
    """Why there are no answers: nothing was measured, or nothing to compare it with."""
    good = summary[summary["rounds_ok"] > 0]
    if good.empty:
        reason = summary["reason"].dropna().iloc[0] if summary["reason"].notna().any() else "no reason known"
        is_unsupported = summary["status"].eq("unsupported").all()
        what = "no combination is supported" if is_unsupported else "no run is ok"
        yield f"There are no answers: {what}. The first reason: {reason}."
    elif len(good) == 1:
        row = good.iloc[0]
        yield (
            f"There are no answers: only {row['label']} of {row['panel']} on {row['build']} has times, and nothing to compare "
            "them with. Add `backends`, `workers` or `pythons`."
        )


def _describe_startup(summary: pd.DataFrame) -> Iterator[str]:
    """The workloads whose tasks take less time in all than workers take to start, up to one worker per CPU."""
    is_base = summary["backend_kind"].eq("sequential") & summary["total_s"].notna()
    bases = summary.loc[is_base, [*BLOCK, "total_s"]].drop_duplicates(list(BLOCK))
    is_usual = ~summary["role"].isin(CONTROLS) & summary["workers"].astype(float).le(
        summary["usable_cpus"].astype(float)
    )
    rows = summary[is_usual & summary["speedup"].notna() & ~is_base]
    rows = rows.merge(bases, on=list(BLOCK), suffixes=("", "_base"))
    short = rows[rows["startup_s"] > rows["total_s_base"]]
    if short.empty:
        return
    yield (
        f"The tasks of {_name_some(short['panel'])} take {_format_span(short['total_s_base'])} in all, starting the workers of "
        f"{_name_some(short['backend'])} {_format_span(short['startup_s'])}: start-up decides. Try more work per task: `auto` as "
        "their size takes 0.3 s."
    )


def _format_span(seconds: pd.Series) -> str:
    low, high = (phrases.format_seconds(value) for value in (seconds.min(), seconds.max()))
    return low if low == high else f"{low} to {high}"


def _describe_disturbances(
    runs: pd.DataFrame, configs: Mapping[str, Mapping[str, Any]], command: str | None, *, has_counts: bool
) -> Iterator[str]:
    """How many runs were disturbed, where they are many; has_counts: in numbers."""
    good = runs[runs["status"] == "ok"].drop_duplicates("run")
    flags = good["flags"].astype("str").fillna("").str.split(";")
    counts = {name: int(flags.map(lambda own, name=name: name in own).sum()) for name in COUNTED}
    disturbed = int(flags.map(lambda own: not set(COUNTED).isdisjoint(own)).sum())
    if disturbed <= _MAX_DISTURBED * len(good):
        return
    kinds = phrases.join_words(f"{count:,} {name}" for name, count in counts.items() if count)
    modes = [config.get("on_noise") for config in configs.values()]
    mode = next((mode for mode in ("flag", "wait", "repeat") if mode in modes), "flag")
    if mode == "flag":
        better = "wait" if counts["noisy"] > disturbed / 2 else "repeat"  # idle CPUs drift, too
        again = f": `{command} --forcerun measure --config on_noise={better}`" if command else ""
        remedy = f"try `on_noise: {better}`, which {_MODES[better]}{again}"
    else:
        remedy = _REMEDIES[mode]
    share = f"{disturbed:,} of {phrases.format_count(len(good), 'run')} were disturbed ({kinds})"
    many = f"more than {phrases.format_percent(_MAX_DISTURBED)} of the runs were disturbed"
    yield f"{share if has_counts else many}: {remedy}."


def _describe_rounds(
    summary: pd.DataFrame, runs: pd.DataFrame, command: str | None, *, has_counts: bool
) -> Iterator[str]:
    """How many combinations have too few rounds for a confidence interval; has_counts: in numbers."""
    measured = summary[summary["rounds_ok"] > 0]
    few = int(measured["flags"].astype("str").str.contains("few_rounds", na=False).sum())
    if not few:
        return
    share = f"{few:,} of {phrases.format_count(len(measured), 'combination')} {'has' if few == 1 else 'have'}"
    share = share if has_counts else "some combinations have"
    text = f"{share} fewer than {MIN_ROUNDS} rounds: ranges instead of confidence intervals, no claim."
    if runs["round"].max() < MIN_ROUNDS:
        text += f" Set `rounds: {MIN_ROUNDS}`; finished rounds are kept."
    elif command:
        text += " Runs of theirs failed, or were measured in another call; the same command again repeats those that failed."
    yield text
