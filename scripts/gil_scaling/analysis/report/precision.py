"""How precise the numbers are, in sentences: the noise floor, the rounds that more precision takes or that the key `until` took, the sizes found."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from gil_scaling.analysis import phrases
from gil_scaling.analysis.machine_kinds import MANY
from gil_scaling.analysis.representatives import counted_times
from gil_scaling.analysis.statistics.claims import FASTER, SLOWER
from gil_scaling.analysis.statistics.intervals import LEVEL
from gil_scaling.stopping import look_rounds

PRECISION = 1.02  # within ±2 %
MAX_ROUNDS = 100  # that are worth a recommendation


def noise_floors(sets: Iterable[Mapping[str, Any]]) -> dict[str, float | None]:
    """{label of a result set: the noise floor of its machine as a share, None if not known}."""
    return {label: noise["floor"] if noise else None for label, noise in _noise(sets).items()}


def _noise(sets: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any] | None]:
    """{label: result of the A/A test}: the set's own, else the last one of the same machine."""
    sets = list(sets)
    of_machine = {each["machine"]: each["noise"] for each in sets if each["noise"]}
    return {each["label"]: each["noise"] or of_machine.get(each["machine"]) for each in sets}


def describe_noise_floors(sets: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """(label, sentence about the noise floor of the machine) per result set."""
    return [(label, _describe_noise(found)) for label, found in _noise(sets).items()]


def _describe_noise(noise: Mapping[str, Any] | None) -> str:
    if noise is None:
        return (
            "The noise floor of this machine is not known. To measure how much a build differs from itself, run "
            "`snakemake --cores all --configfile config/noise.yaml`."
        )
    share, low, high = map(phrases.format_percent, noise["different_share"])
    return (
        f"The noise floor of this machine is {phrases.format_percent(noise['floor'])}: in an A/A test ({noise['measured']}) "
        f"of one build under two names, 95 % of {noise['combinations']} combinations differed by at most that, half of them "
        f"by at most {phrases.format_percent(noise['typical'])}; {noise['different']} came out faster or slower: "
        f"{share} [{low}, {high}]."
    )


def summarize_noise_floors(floors: Mapping[str, float | None]) -> str:
    """The noise floors in one short sentence, to stand above a table of claims."""
    texts = {label: "not known" if floor is None else phrases.format_percent(floor) for label, floor in floors.items()}
    if len(set(texts.values())) == 1:
        text = next(iter(texts.values()))
    elif len(texts) >= MANY:
        known = [floor for floor in floors.values() if floor is not None]
        low, high = phrases.format_percent(min(known)), phrases.format_percent(max(known))
        text = f"{low} to {high} on {len(known)} of {len(texts)} result sets"
    else:
        text = phrases.join_words(f"{text} on {label}" for label, text in texts.items())
    is_known = any(floor is not None for floor in floors.values())
    return f"Noise floor: {text}{'; claims within it are marked' if is_known else ''}."


def describe_checks(runs: pd.DataFrame) -> str:
    """How many rounds there are, and whether the results of all runs were right."""
    runs = runs.drop_duplicates(["machine", "run"])
    good, wrong = (int(runs["status"].eq(status).sum()) for status in ("ok", "wrong_result"))
    rounds = phrases.format_count(runs["round"].max() if runs["round"].notna().any() else 0, "round")
    others = f"; {phrases.format_count(wrong, 'run')} gave a wrong result" if wrong else ""
    return (
        f"{rounds}, each run in a fresh process; the results of {phrases.format_count(good, 'run')} were compared with those of "
        f"sequential and are equal{others}."
    )


def format_claims(rows: pd.DataFrame, ratio: str, claim: str, floors: Mapping[str, float | None]) -> pd.Series:
    """The claims of a column about a ratio, those of faster and slower within the noise floor marked; "–" for none."""
    is_within = rows[claim].isin([FASTER, SLOWER]) & ~is_beyond_noise(rows, ratio, floors)
    return rows[claim].astype(object).fillna("–").where(~is_within, rows[claim].astype(object) + " (within noise)")


def is_beyond_noise(rows: pd.DataFrame, ratio: str, floors: Mapping[str, float | None]) -> pd.Series:
    """Whether each ratio differs from 1 by more than the noise floor of its machine; True where that is not known."""
    ratios = rows[ratio].astype(float)
    limits = rows["machine"].map(floors).astype(float).fillna(0)
    return np.maximum(ratios, 1 / ratios) - 1 > limits


def summarize_precision(summary: pd.DataFrame) -> list[str]:
    """The first sentence of describe_precision, with the rounds that more take; none if no row shows it."""
    rows = summary[summary["rounds_needed"].notna()]
    if not len(rows):
        return []
    needed, known = _rounds_needed(rows)
    within = needed[needed <= MAX_ROUNDS]
    more = f", {known + len(within)} would be after {within.max():,.0f} rounds" if len(within) else ""
    return [f"{_count_known(known, len(rows))}{more}."]


def _rounds_needed(rows: pd.DataFrame) -> tuple[pd.Series, int]:
    """The rounds that each combination needs that is not known to within ±2 %, and how many are. A next round is the least."""
    is_precise = _is_precise(rows)
    left = rows[~is_precise]
    needed = np.maximum(left["rounds_needed"].astype(float), left["rounds_ok"].astype(float) + 1)
    return needed, int(is_precise.sum())


def _count_known(known: int, count: int) -> str:
    return (
        f"{known} of {phrases.format_count(count, 'combination')} {'is' if count == 1 else 'are'} known to within ±2 %"
    )


def describe_precision(summary: pd.DataFrame) -> str | None:
    """How many combinations are known to within ±2 %, and the rounds that the others need; None if no row shows it."""
    rows = summary[summary["rounds_needed"].notna()]
    if not len(rows):
        return None
    needed, known = _rounds_needed(rows)
    parts = [f"{_count_known(known, len(rows))}."]
    within = needed[needed <= MAX_ROUNDS]
    if len(within):
        count = known + len(within)
        parts.append(
            f"{'All' if count == len(rows) else count} will be after {within.max():,.0f} rounds: raise `rounds` to continue; "
            "finished rounds are kept."
        )
    beyond = len(needed) - len(within)
    if beyond:
        slowest = rows.loc[needed.idxmax()]
        parts.append(
            f"{beyond} would take more than {MAX_ROUNDS}: there the machine or the task varies too much from round to round, "
            f"and more rounds are no remedy (most: {slowest['panel']} on {slowest['build']}, {slowest['label']})."
        )
    return " ".join(parts)


def _is_precise(rows: pd.DataFrame) -> pd.Series:
    """Whether the interval of the speedup lies within ±2 %; of the time for a baseline and where there is no speedup."""
    is_time = rows["backend_kind"].eq("sequential") | rows["speedup"].isna()
    times = counted_times(rows, rows["timed"])
    low, value, high = (rows[f"speedup{end}"].where(~is_time, times[f"time_s{end}"]) for end in ("_low", "", "_high"))
    return rows["interval"].eq("ci95") & value.le(low * PRECISION) & high.le(value * PRECISION)


_REASONS = {
    "claim": "at a claim",
    "half_width": "within the half-width",
    "max_rounds": "after the last round",
    "failed": "because they failed",
    "not needed": "because no comparison needed more",
}


def describe_stopping(stopping: Mapping[str, Any], summary: pd.DataFrame) -> str:
    """How many rounds the combinations of a sweep with `until` have, and why they stopped.

    stopping: experiments, half_width, max_rounds, and {reason: number of combinations} in reasons; summary: of the sweep.
    """
    max_rounds, reasons = stopping["max_rounds"], stopping["reasons"]
    own = summary[summary["experiment"].isin(stopping["experiments"])]
    whose = f" of {phrases.join_words(stopping['experiments'])}" if len(own) < len(summary) else ""
    looks, rounds = look_rounds(max_rounds), own["rounds_ok"][own["rounds_ok"] > 0].astype(int)
    parts = [
        f"Each combination{whose} was measured until it was known to within ±{phrases.format_percent(stopping['half_width'])} or "
        f"its claims were settled, however wide their intervals: at most {max_rounds} rounds, with looks after "
        f"{phrases.join_words(map(str, looks))}."
    ]
    if len(rounds):
        is_same = rounds.min() == rounds.max()
        span = f"{rounds.min()}" if is_same else f"{rounds.min()} to {rounds.max()}"
        parts.append(
            f"The rows have {span} rounds{'' if is_same else f', half of them at most {math.ceil(rounds.median())}'}."
        )
    stopped = [f"{reasons[reason]} {words}" for reason, words in _REASONS.items() if reason in reasons]
    if stopped:
        parts.append(f"Combinations that stopped: {phrases.join_words(stopped)}.")
    return " ".join(parts)


def describe_levels(levels: Mapping[str, float]) -> list[str]:
    """A sentence per level of intervals that the key `until` sets; levels: {experiment: level} of all experiments."""
    experiments: dict[float, list[str]] = {}
    for name, level in levels.items():
        if level != LEVEL:
            experiments.setdefault(level, []).append(name)
    return [
        f"{'All intervals' if len(names) == len(levels) else f'The intervals of {phrases.join_words(names)}'} here are made at the "
        f"level {100 * level:.3g} %, so that at whichever look a combination stopped, they cover in at least 95 % of sweeps."
        for level, names in experiments.items()
    ]


def describe_sizes(sizes: Iterable[Mapping[str, Any]], *, has_times: bool = True) -> list[str]:
    """A sentence per size that was found rather than given; has_times: with the time of the tasks, which differs by machine."""
    return [
        f"{size['parameter']} = {size['value']:,} of {size['workload']} was found on {size['python']}"
        + (f", where the tasks took {phrases.format_seconds(size['seconds'])} sequentially" if has_times else "")
        + "; all builds and backends use it (sizes.json)."
        for size in sizes
    ]
