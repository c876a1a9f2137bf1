"""The gate for continuous integration: fails where a combination became slower by more than is allowed, beyond its interval.

`python -m gil_scaling.analysis.report.gate results/compare/tables PERCENT`, or None in place of the percentage.
"""

import sys

from gil_scaling.analysis import facts, labels, phrases
from gil_scaling.analysis.statistics.intervals import CI95
from gil_scaling.analysis.tables import build as tables
from gil_scaling.analysis.tables.sides import AGAIN, BUILD


def main(folder, most):
    """Prints what was judged; the combinations that are too slow go to stderr, and the status is 1 then."""
    if most == "None":
        print("no limit is set: fail_if_slower is null")
        return
    found = tables.read(folder, ["changes", "one_sided"])
    judged, what = chosen(found["changes"])
    known = judged[judged["interval"] == CI95]
    limit = f"{float(most):g} %"
    if known.empty:
        raise SystemExit(f"nothing could be judged: no combination {what} has the rounds for an interval")
    slow = slower(known, float(most) / 100)
    for row in sentences(slow):
        print(row, file=sys.stderr)
    left = len(judged) - len(known)
    lacking = int(found["one_sided"]["kind"].isin(judged["kind"]).sum())
    print(
        f"{len(slow)} of {phrases.format_count(len(known), 'combination')} {what} became slower by more than {limit} beyond "
        f"the interval{f'; {left} have too few rounds to be judged' if left else ''}"
        f"{f'; one side lacks {lacking} more' if lacking else ''}"
    )
    if len(slow):
        raise SystemExit(
            f"slower by more than {limit}: {phrases.format_count(len(slow), 'combination')}; fail_if_slower allows none"
        )


def chosen(changes):
    """(the rows that the gate judges, in words what they are): one machine at two times, else builds of one machine."""
    again = changes[changes["kind"] == AGAIN]
    if len(again):
        return again, "of one machine at two times"
    return changes[changes["kind"] == BUILD], "of two builds of one machine"


def slower(changes, share):
    """The rows whose whole interval lies beyond a time that is longer by a share (0.05: 5 %), the worst first."""
    return changes[changes["gain_high"] < 1 / (1 + share)].sort_values("gain")


def sentences(rows):
    """A line a row: which combination, on what, against what, and by how much."""
    if rows.empty:
        return
    for row in labels.ways(labels.panels(rows)).to_dict("records"):
        gain = phrases.format_ratio_ci(row["gain"], row["gain_low"], row["gain_high"])
        yield (
            f"{row['experiment']}: {row['panel']}, {row['way']} on {row['machine']} · {row['python']}: {gain} times as fast as on "
            f"{row['against_machine']} · {row['against_python']} ({row['pairing']})"
        )


if __name__ == "__main__":
    with facts.ending_where_unusable():
        main(*sys.argv[1:])
