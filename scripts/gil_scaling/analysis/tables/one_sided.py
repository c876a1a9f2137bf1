"""The table `one_sided`: combinations of which one side of a pair alone has a time."""

from __future__ import annotations

import pandas as pd

from gil_scaling.analysis.columns import CONTROLS
from gil_scaling.analysis.tables.combinations import key_columns
from gil_scaling.analysis.tables.pairing import Array
from gil_scaling.analysis.tables.pairs import ByCase, Pair, describe_pairs

NOT_MEASURED = "not measured there"


def one_sided(summary: pd.DataFrame, runs: pd.DataFrame, pairs: list[Pair]) -> pd.DataFrame:
    """The table: one row per combination that only one side of a pair has a time of, with the reason where it is known.

    runs: those that the summary sums up, for their column `family`. Where the switch interval has no effect on the other
    side, what it has at one interval stands for all.
    """
    rows = summary[~summary["role"].isin(CONTROLS)].reset_index(drop=True)
    families = runs.drop_duplicates("combination").set_index("combination")["family"]
    family = rows["combination"].map(families).to_numpy(object)
    has_time = rows["rounds_ok"].gt(0).to_numpy()
    timeless = rows["switch_interval_s"].isna() & has_time
    collapsed = set(zip(rows["machine"][timeless], rows["python"][timeless], family[timeless], strict=True))
    by_case = ByCase(rows)
    found: list[tuple[int, Pair, str]] = []
    for pair in pairs:
        for own, other in by_case.matched(pair):
            for here, there, directed in ((own, other, pair), (other, own, pair.reversed())):
                if here is None or not has_time[here].any() or (there is not None and has_time[there].any()):
                    continue
                if (*directed.against, family[here[0]]) not in collapsed:
                    found.append((here[0], directed, _reason(rows, there)))
    keys = key_columns(rows, [row for row, _, _ in found], "one_sided")
    table = describe_pairs(keys, [pair for _, pair, _ in found])
    return table.assign(reason=[reason for _, _, reason in found])


def _reason(summary: pd.DataFrame, rows: Array | None) -> str:
    if rows is None:
        return NOT_MEASURED
    status, reason = (summary[name].iat[rows[0]] for name in ("status", "reason"))
    return str(status) if pd.isna(reason) else f"{status}: {reason}"
