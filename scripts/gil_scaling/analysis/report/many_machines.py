"""The answers about many machines: a few sentences that name machines by kind, and one table with a row per machine."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import pandas as pd

from gil_scaling.analysis import machine_kinds, phrases, representatives
from gil_scaling.analysis.columns import CONTROLS, FASTER, NO_CLAIM, NOT_SHOWN, SAME, SLOWER
from gil_scaling.analysis.report.html_tables import Table, chosen_columns

HEADLINE = "How do the machines compare?"

_MAX_SENTENCES = 3  # of each of the three questions
_MAX_KINDS = 6  # in a sentence
_WORKLOAD = ["experiment", "panel"]
_LINE = ["machine", "python", *_WORKLOAD, "series", "start", "scaling"]
_COLUMNS = {
    "machine": "machine",
    "cpu_model": "cpu_model",
    "usable_cpus": "usable_cpus",
    "build": "python",
    "workload": "panel",
    "backend": "series",
    "workers": "workers",
    "speedup": "speedup",
    "claim": "claim",
    "efficiency": "efficiency",
    "serial": "serial",
}

_Tables = Mapping[str, pd.DataFrame]


def answers(tables: _Tables) -> list[str]:
    """What threads give, how that depends on the CPUs, and the best choice: at most four sentences on each."""
    machines, rows = tables["machines"], typical_rows(tables)
    threads = rows[rows["backend_kind"] == "threads"]
    return [
        *_limit(list(_describe_threads(threads, machines))),
        *_limit(list(_describe_kinds(threads, machines))),
        *_limit(list(_describe_choices(tables["choices"], machines))),
    ]


def machine_table(tables: _Tables) -> Table:
    """One row per machine, build, workload and kind of backend: its plainest backend with at most one worker per CPU."""
    rows = typical_rows(tables).merge(tables["machines"][["machine", "cpu_model"]], how="left")
    fits = tables["scaling"][[*_LINE, "serial", "serial_low", "serial_high"]].drop_duplicates(_LINE)
    rows = rows.merge(fits, on=_LINE, how="left").sort_values(
        ["cpu_model", "usable_cpus", "machine", *_WORKLOAD, "python"], kind="stable"
    )
    return chosen_columns(rows, _COLUMNS, ("summary", "machines", "scaling"))


def typical_rows(tables: _Tables) -> pd.DataFrame:
    """The rows of the summary of the plainest backend of each kind, with the most workers up to the usable CPUs."""
    rows = tables["summary"]
    rows = rows[rows["speedup"].notna() & ~rows["role"].isin(CONTROLS) & rows["backend_kind"].ne("sequential")]
    by = ["machine", "python", *_WORKLOAD, "backend_kind"]
    rows = representatives.plainest_rows(representatives.at_default_interval(rows), by)
    return representatives.typical_rows(rows, by).drop_duplicates(by)


def _limit(sentences: Sequence[str]) -> list[str]:
    left = len(sentences) - _MAX_SENTENCES
    more = [f"The table has {phrases.format_count(left, 'more answer')} to this question."] if left > 0 else []
    return [*sentences[:_MAX_SENTENCES], *more]


def _describe_threads(rows: pd.DataFrame, machines: pd.DataFrame) -> Iterator[str]:
    """What threads give: one sentence for all workloads and builds of which the same is claimed on the same machines."""
    same: dict[tuple[str, ...], list[pd.DataFrame]] = {}
    for (python, series, *_), own in rows.groupby(["python", "series", *_WORKLOAD], sort=False):
        is_claimed = own["claim"].isin([FASTER, SLOWER, NO_CLAIM])
        if not is_claimed.all() and own.loc[~is_claimed, "claim"].nunique() > 1:
            own = own.assign(claim=own["claim"].where(is_claimed, NOT_SHOWN))
        sides = (f"{claim} {sorted(part['machine'])}" for claim, part in own.groupby("claim"))
        same.setdefault((python, series, *sides), []).append(own)
    groups = [pd.concat(parts) for parts in same.values()]
    for own in sorted(groups, key=lambda own: -own["claim"].eq(FASTER).mean()):
        first = own.iloc[0]
        gil = f", {phrases.describe_gil(bool(first['gil']))}" if own["gil"].nunique() == 1 else ""
        subject = f"{_name_workloads(own)} on {first['python']}{gil}, {first['series']} with at most one worker per CPU"
        yield f"{subject}: {'; '.join(_describe_claims(own, machines))}."


def _describe_claims(rows: pd.DataFrame, machines: pd.DataFrame) -> Iterator[str]:
    """Each claim with the machines that it is made on, and the range of their speedups."""
    for claim in (FASTER, SLOWER, SAME, NOT_SHOWN, NO_CLAIM):
        own = rows[rows["claim"] == claim]
        if len(own):
            names = machine_kinds.name_machines(set(own["machine"]), machines)
            yield f"{phrases.CLAIMS[claim]} on {names} ({_span(own['speedup'], phrases.format_ratio)}× sequential)"


def _describe_kinds(rows: pd.DataFrame, machines: pd.DataFrame) -> Iterator[str]:
    """The efficiency that the machines of each CPU model reach where threads are faster, the best model first."""
    kinds = machine_kinds.kinds(machines)
    for (python, series), own in rows[rows["claim"] == FASTER].groupby(["python", "series"], sort=False):
        efficiency = own["speedup"] / own["workers"].astype(float)
        of_kinds = {model: efficiency[own["machine"].isin(labels)] for model, labels in kinds.items()}
        found = sorted(
            (model for model in of_kinds if len(of_kinds[model])), key=lambda model: -of_kinds[model].median()
        )
        parts = [
            f"{_span(of_kinds[model], phrases.format_percent)} on {machine_kinds.name_machines(own.loc[of_kinds[model].index, 'machine'], machines)}"
            for model in found
        ]
        if len(parts) > 1:
            shown = phrases.join_words(phrases.limit_words(parts, _MAX_KINDS, "other model"))
            yield f"{_name_workloads(own)} on {python}, {series} where it is faster, speedup / workers by CPU model: {shown}."


def _describe_choices(choices: pd.DataFrame, machines: pd.DataFrame) -> Iterator[str]:
    """The best choice among builds and backends, where there are several: one sentence for workloads with the same."""
    by = [*_WORKLOAD, "machine", "params", "scaling"]
    is_beaten = choices["place"].eq(1) | choices["claim"].eq(FASTER)
    clear = is_beaten.groupby([choices[name] for name in by]).transform("all")
    several = choices.groupby(by)["place"].transform("max") > 1
    names = (choices["series"] + " on " + choices["python"]).where(clear, "no choice stands out")
    best = choices.assign(choice=names)[choices["place"].eq(1) & several]
    same: dict[str, list[pd.DataFrame]] = {}
    for _, own in best.groupby(_WORKLOAD, sort=False):
        sizes = own.groupby("choice", sort=False)["machine"].agg(list)
        order = sizes.map(len).sort_values(ascending=False, kind="stable").index
        parts = (f"{choice} on {machine_kinds.name_machines(sizes[choice], machines)}" for choice in order)
        same.setdefault("; ".join(parts), []).append(own)
    for text, workloads in same.items():
        yield f"{_name_workloads(pd.concat(workloads))}, the best choice of build and backend: {text}."


def _name_workloads(rows: pd.DataFrame) -> str:
    return phrases.join_words(phrases.limit_words(list(rows["panel"].unique()), _MAX_SENTENCES, "other workload"))


def _span(values: pd.Series, form: Callable[[float], str]) -> str:
    """The lowest and the highest of some values as text, once where both look the same."""
    low, high = form(values.min()), form(values.max())
    return low if low == high else f"{low} to {high}"
