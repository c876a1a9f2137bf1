"""Which locks the threads wait for, and which objects they contend for, in sentences, from the tables of the target `why`."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from gil_scaling.analysis import phrases
from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM, NOT_SHOWN, SAME, SLOWER
from gil_scaling.analysis.statistics.intervals import CI95

_MIN_SHARE = 0.05  # of the threads' time, for a lock to be named
_MAX_LOCKS = 3  # named in sentences
FEW_ROUNDS = " The brackets are ranges of too few rounds for a claim."


def lock_sentences(locks: pd.DataFrame) -> Iterator[str]:
    """Of one combination: the locks that take its threads time, and which lines hold them meanwhile."""
    for _, bad in locks[locks["status"] != "ok"].head(1).iterrows():
        yield f"{phrases.capitalize(bad['status'])} with metered locks: {bad['reason']}."
    waited = waited_locks(locks)
    for _, lock in waited.iterrows():
        yield _of_wait(lock)
    if waited.empty and locks["status"].eq("ok").any():
        share = phrases.format_percent(_MIN_SHARE)
        yield f"The threads are not shown to wait {share} of their time or more for any one lock that Python code creates."
    for _, lock in locks[locks["notified_share"].ge(_MIN_SHARE)].head(_MAX_LOCKS).iterrows():
        share = phrases.format_percent(lock["notified_share"])
        yield f"For {share} of their time the threads wait to be notified by the {name_lock(lock)}, as for an item of a queue."


def waited_locks(locks: pd.DataFrame) -> pd.DataFrame:
    """The locks of one combination to name, because its threads wait for them."""
    return locks[locks["waited_share_low"].gt(0) & locks["waited_share"].ge(_MIN_SHARE)].head(_MAX_LOCKS)


def lock_notes(locks: pd.DataFrame) -> Iterator[str]:
    """What metering cost."""
    for _, lock in locks[locks["metered_slowdown"].notna()].head(1).iterrows():
        yield (
            f"Locks were metered in extra runs, whose tasks took {phrases.format_ratio(lock['metered_slowdown'])} times as "
            "long as with plain ones; a wait ends when the thread goes on, with the GIL where there is one. Not metered: locks in C "
            "code, and those that each object has without the GIL."
        )


def _of_wait(lock: pd.Series) -> str:
    share, contended = (
        phrases.format_share_ci(*(lock[f"{name}{end}"] for end in ("", "_low", "_high")))
        for name in ("waited_share", "contended_share")
    )
    text = f"For {share} of their time the threads wait for the {name_lock(lock)}; {contended} of its acquisitions find it taken."
    if lock["holder_share"] > 0:
        holder = phrases.name_line(lock["holder_file"], lock["holder_line"], lock["holder_source"])
        text += f" It is held meanwhile in {holder} ({phrases.format_percent(lock['holder_share'])} of that time)."
    return text + ("" if lock["interval"] == CI95 else FEW_ROUNDS)


def name_lock(lock: pd.Series) -> str:
    """A lock by its kind and the line that creates it."""
    return f"{lock['kind']} created in {phrases.name_line(lock['file'], lock['line'], lock['source'])}"


_EFFECTS = {
    FASTER: "the speedup over one thread goes from {before} to {after}",
    SLOWER: "the speedup over one thread falls from {before} to {after}",
    SAME: "the speedup over one thread stays the same within 5 %: {after}",
    NOT_SHOWN: "no change of the speedup over one thread is shown: {after}",
    NO_CLAIM: "the speedup over one thread is {after}, {before} before: too few rounds for a claim",
}


def object_sentences(objects: pd.DataFrame) -> Iterator[str]:
    """Of one combination: what each change of an object that its threads share gains, the largest gain of a step first."""
    for _, row in objects[objects["expression"].isna()].iterrows():
        yield (
            "At the lines that take more CPU time, threads were not seen to load an object together whose reference count they contend for."
            if row["status"] == "ok"
            else f"Which objects threads contend for is not known ({row['status']}): {row['reason']}."
        )
    tried = objects[objects["gain"].notna()].sort_values(["step", "gain"], ascending=[True, False], kind="stable")
    for _, row in tried.iterrows():
        before = phrases.format_ratio(row["speedup_before"])
        after = phrases.format_ratio_ci(*(row[f"speedup_after{end}"] for end in ("", "_low", "_high")))
        effect = _EFFECTS[row["claim"]].format(before=before, after=after)
        given = f", on top of {row['given']}" if isinstance(row["given"], str) else ""
        yield f"With {_change(row)}{given}, {effect}."
    for _, row in objects[objects["expression"].notna() & objects["gain"].isna()].iterrows():
        yield f"{phrases.capitalize(_change(row))} {_why_no_gain(row)}."


def _why_no_gain(row: pd.Series) -> str:
    if row["status"] == "ok":
        return "shows nothing: the runs to compare with failed"
    outcome = "was not tried" if row["status"] == "unsupported" else f"failed ({row['status']})"
    return f"{outcome}: {row['reason']}"


def _change(row: pd.Series) -> str:
    place = f"{row['file'].rpartition('/')[2]}:{row['line']}"
    type_ = f"{row['type']}, " if isinstance(row["type"], str) else ""
    if row["how"] == "copies":
        return f"a copy of `{row['expression']}` ({type_}{place}) per thread"
    return f"`{row['expression']}` ({type_}{place}) immortal"
