"""What the limits of the config for CI find: combinations that became slower, or that stay below the process ceiling."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import pandas as pd

from gil_scaling.analysis import phrases
from gil_scaling.analysis.columns import AGAIN, BUILD, CI95, CONTROLS

SLOWER, BELOW = "fail_if_slower", "fail_if_below"  # keys of the config


class Case(NamedTuple):
    """A combination that a limit checked; problem: how far it is beyond the limit, None where that is not shown."""

    experiment: str
    name: str
    problem: str | None


class Check(NamedTuple):
    """What a limit found; cases: the worst first; summary: how many were checked; error: why it fails, None where it does not."""

    key: str
    cases: list[Case]
    summary: str
    error: str | None

    @property
    def problems(self) -> list[str]:
        """A line per combination that is beyond the limit."""
        return [case.problem for case in self.cases if case.problem]


def check_slower(tables: Mapping[str, pd.DataFrame], percent: float) -> Check:
    """The combinations that are slower by more than a percentage (5: 5 % more time), with their whole interval.

    tables: changes and one_sided.
    """
    rows, scope = choose(tables["changes"])
    checked = rows[rows["interval"] == CI95].sort_values("gain")
    if checked.empty:
        few = f"no combination {scope} has enough rounds for a confidence interval"
        return _nothing(
            SLOWER, few if len(rows) else "no combination was measured on two builds, or at two times, of one machine"
        )
    is_slow = checked["gain_high"] < 1 / (1 + percent / 100)
    cases = [
        Case(row["experiment"], _name(row), _describe_slower(row) if is_over else None)
        for row, is_over in zip(checked.to_dict("records"), is_slow, strict=True)
    ]
    unchecked, one_sided = len(rows) - len(checked), int(tables["one_sided"]["kind"].isin(rows["kind"]).sum())
    notes = f"{f'; {unchecked} not checked (too few rounds)' if unchecked else ''}"
    notes += f"{f'; {one_sided} measured on one side only' if one_sided else ''}"
    return _check(SLOWER, cases, f" {scope}", f"slower by more than {percent:g} %", notes)


def choose(changes: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """(the rows that the gate checks, what they are): one machine at two times, else builds of one machine."""
    again = changes[changes["kind"] == AGAIN]
    if len(again):
        return again, "of one machine at two times"
    return changes[changes["kind"] == BUILD], "of two builds of one machine"


def check_ceiling(summary: pd.DataFrame, machines: Collection[str], share: float) -> Check:
    """The combinations whose efficiency, as a share of the process ceiling, stays below a share with its whole interval.

    machines: labels of the result sets that are checked. The ceiling was measured in the same rounds on the same machine, so
    this holds where absolute times vary from machine to machine, as they do on hosted runners.
    """
    is_asked = summary["machine"].isin(machines) & ~summary["role"].isin(CONTROLS)
    rows = summary[is_asked & summary["backend_kind"].ne("sequential") & summary["speedup"].notna()]
    checked = rows[rows["efficiency_ceiling_high"].notna()].sort_values("efficiency_ceiling")
    if checked.empty:
        return _nothing(BELOW, "no combination has a process ceiling and enough rounds for a confidence interval")
    is_below = checked["efficiency_ceiling_high"] < share
    cases = [
        Case(row["experiment"], _name(row), _describe_below(row) if is_under else None)
        for row, is_under in zip(checked.to_dict("records"), is_below, strict=True)
    ]
    unchecked = len(rows) - len(checked)
    notes = f"; {unchecked} not checked (no ceiling, or too few rounds)" if unchecked else ""
    return _check(BELOW, cases, "", f"below {phrases.format_ratio(share)} of the process ceiling", notes)


def _nothing(key: str, reason: str) -> Check:
    return Check(key, [], "", f"nothing could be checked: {reason} ({key})")


def _check(key: str, cases: list[Case], scope: str, what: str, notes: str) -> Check:
    failed = sum(case.problem is not None for case in cases)
    summary = f"{failed} of {phrases.format_count(len(cases), 'combination')}{scope} {what}, interval included{notes}"
    error = f"{phrases.format_count(failed, 'combination')} {what} ({key})" if failed else None
    return Check(key, cases, summary, error)


def _name(row: Mapping[str, str]) -> str:
    return f"{row['panel']}, {row['label']} on {row['build']}"


def _describe_slower(row: Mapping[str, str]) -> str:
    low, ratio, high = (phrases.format_ratio(float(row[f"gain{end}"])) for end in ("_low", "", "_high"))
    return (
        f"{row['experiment']}: {_name(row)}: {ratio}× the speed on {row['against_build']} [{low}, {high}] "
        f"({row['pairing']})"
    )


def _describe_below(row: Mapping[str, str]) -> str:
    share = phrases.format_ratio_ci(*(float(row[f"efficiency_ceiling{end}"]) for end in ("", "_low", "_high")))
    ceiling = phrases.format_ratio(float(row["speedup_ceiling"]))
    return f"{row['experiment']}: {_name(row)}: {share} of the process ceiling, {ceiling}× sequential"
