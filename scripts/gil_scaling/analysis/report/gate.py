"""The regression gate for CI: fails where a combination is slower by more than the limit with its whole interval.

`python -m gil_scaling.analysis.report.gate FOLDER PERCENT`: the folder of the report, and the limit (None: no limit).
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from gil_scaling.analysis import phrases
from gil_scaling.analysis.columns import AGAIN, BUILD, CI95
from gil_scaling.analysis.tables import read


def main(folder: str | Path, limit: str) -> None:
    """Prints how many combinations were checked; raises SystemExit where one is too slow, after a line for each on stderr."""
    if limit == "None":
        print("fail_if_slower is not set: nothing was checked")
        return
    tables = read(Path(folder, "tables"), ("changes", "one_sided"))
    rows, scope = choose(tables["changes"])
    checked = rows[rows["interval"] == CI95]
    percent = f"{float(limit):g} %"
    if checked.empty:
        raise SystemExit(
            f"nothing could be checked: no combination {scope} has enough rounds for a confidence interval"
        )
    slow = slower(checked, float(limit) / 100)
    for line in describe(slow):
        print(line, file=sys.stderr)
    unchecked, one_sided = len(rows) - len(checked), int(tables["one_sided"]["kind"].isin(rows["kind"]).sum())
    print(
        f"{len(slow)} of {phrases.format_count(len(checked), 'combination')} {scope} slower by more than {percent}, interval included"
        f"{f'; {unchecked} not checked (too few rounds)' if unchecked else ''}"
        f"{f'; {one_sided} measured on one side only' if one_sided else ''}"
    )
    if len(slow):
        raise SystemExit(
            f"{phrases.format_count(len(slow), 'combination')} slower by more than {percent} (fail_if_slower)"
        )


def choose(changes: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """(the rows that the gate checks, what they are): one machine at two times, else builds of one machine."""
    again = changes[changes["kind"] == AGAIN]
    if len(again):
        return again, "of one machine at two times"
    return changes[changes["kind"] == BUILD], "of two builds of one machine"


def slower(changes: pd.DataFrame, share: float) -> pd.DataFrame:
    """The rows whose whole interval is slower by more than a share (0.05: 5 % more time), the slowest first."""
    return changes[changes["gain_high"] < 1 / (1 + share)].sort_values("gain")


def describe(rows: pd.DataFrame) -> Iterator[str]:
    """A line per row: the combination, what it is compared with, and how much slower it is."""
    for row in rows.to_dict("records"):
        low, ratio, high = (phrases.format_ratio(row[f"gain{end}"]) for end in ("_low", "", "_high"))
        yield (
            f"{row['experiment']}: {row['panel']}, {row['label']} on {row['build']}: {ratio}× the speed on "
            f"{row['against_build']} [{low}, {high}] ({row['pairing']})"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
