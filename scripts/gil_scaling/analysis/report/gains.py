"""Builds and machines compared: gains and losses, the whole list of an experiment, speedups machine by machine, gaps."""

from collections.abc import Iterator, Mapping

import pandas as pd

from gil_scaling.analysis import phrases
from gil_scaling.analysis.columns import BASELINE
from gil_scaling.analysis.report.html_tables import Table, registry_table, sequential_first, text_table
from gil_scaling.analysis.report.precision import format_claims, is_beyond_noise
from gil_scaling.analysis.statistics.claims import FASTER, SLOWER

_Floors = Mapping[str, float | None]  # {label of a result set: the noise floor of its machine, None if not known}
_GAPS = ("on", "but not on", "experiment", "workload", "reason", "combinations")


def shown_gains(changes: pd.DataFrame, floors: _Floors) -> Table:
    """The rows that are faster or slower beyond the noise floor of their machine, the largest loss first."""
    return _changes_table(_beyond_noise(changes, floors).assign(interval=None), floors)


def all_gains(changes: pd.DataFrame, means: pd.DataFrame, floors: _Floors) -> Table:
    """All rows of an experiment, the geometric mean over several workloads below those that it is of."""
    counts = means["workloads"].astype("str")
    rows = pd.concat([changes, means.assign(panel="geometric mean of " + counts)], ignore_index=True)
    rows = sequential_first(rows, ["build", "against_build"], ["series", "workers", "switch_interval_s"])
    return _changes_table(rows, floors)


def machine_by_machine(shapes: pd.DataFrame) -> Table:
    """The speedups and efficiencies of one machine compared with those of another."""
    return registry_table(shapes.assign(versus=_other_sides(shapes), params=None), "shapes")


def count_claims(changes: pd.DataFrame, floors: _Floors) -> Iterator[str]:
    """A sentence per pair of builds: how often each claim is made, and how many exceed the noise floor, where it is one."""
    beyond = _beyond_noise(changes, floors)
    for (build, against), rows in changes.assign(versus=_other_sides(changes)).groupby(
        ["build", "against_build"], sort=False
    ):
        claims = beyond.loc[beyond["build"].eq(build) & beyond["against_build"].eq(against), "claim"].value_counts()
        of_machines = {floors[machine] for machine in rows["machine"]}
        floor = of_machines.pop() if len(of_machines) == 1 else None
        text = phrases.describe_claims(list(rows["claim"]), "combination")
        counts = (
            ""
            if floor is None
            else f"; beyond the noise floor of {phrases.format_percent(floor)}: {claims.get(SLOWER, 0)} slower, "
            f"{claims.get(FASTER, 0)} faster"
        )
        yield f"{build} vs {rows['versus'].iloc[0]}: {text}{counts}."


def missing_combinations(one_sided: pd.DataFrame) -> Table:
    """The combinations that only one side has, counted by workload and reason."""
    by = ["build", "against_build", "experiment", "panel", "reason"]
    counts = one_sided.groupby(by, sort=False, dropna=False).size().reset_index(name="combinations")
    return text_table(_GAPS, counts.itertuples(index=False))


def _beyond_noise(changes: pd.DataFrame, floors: _Floors) -> pd.DataFrame:
    is_shown = changes["claim"].isin([FASTER, SLOWER]) & is_beyond_noise(changes, "gain", floors)
    return changes[is_shown].sort_values("gain", kind="stable")


def judged_metrics(changes: pd.DataFrame) -> pd.DataFrame:
    """The metrics for which the workload declares which values are better, with what each is compared with."""
    rows = changes[changes["better"].notna()]
    versus = rows["against_label"].where(rows["kind"].eq(BASELINE), _other_sides(rows))
    return rows.assign(versus=versus, params=None, difference=rows["difference"].where(rows["ratio"].isna()))


def with_claims(rows: pd.DataFrame, floors: _Floors) -> pd.DataFrame:
    """The rows as a table shows them: claims within the noise floor marked, flags in words."""
    return rows.assign(
        params=None,  # those that differ are in the name of the workload
        claim=format_claims(rows, "gain", "claim", floors),
        flags=rows["flags"].str.replace(";", ", "),
    )


def _changes_table(rows: pd.DataFrame, floors: _Floors) -> Table:
    return registry_table(with_claims(rows.assign(versus=_other_sides(rows)), floors), "changes")


def _other_sides(rows: pd.DataFrame) -> pd.Series:
    """What each row is compared with, by what is different: the build on one machine, else the machine, or both."""
    is_same_build, is_same_machine = (rows[name].eq(rows[f"against_{name}"]) for name in ("python", "machine"))
    return rows["against_python"].where(
        is_same_machine, rows["against_machine"].where(is_same_build, rows["against_build"])
    )
