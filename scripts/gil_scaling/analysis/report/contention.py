"""Which locks the threads wait for, in sentences, from the tables of the target `why`."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from gil_scaling.analysis import phrases
from gil_scaling.analysis.statistics.intervals import CI95

_MIN_SHARE = 0.05  # of the threads' time, for a lock to be named
_MAX_LOCKS = 3  # named in sentences
NO_CLAIM = " The brackets are ranges of too few rounds for a claim."


def lock_sentences(locks: pd.DataFrame) -> Iterator[str]:
    """Of one combination: the locks that take its threads time, and which lines hold them meanwhile."""
    for _, bad in locks[locks["status"] != "ok"].head(1).iterrows():
        yield f"{phrases.capitalize(bad['status'])} with metered locks: {bad['reason']}."
    known = locks[locks["waited_share"].notna()]
    waited = known[known["waited_share_low"].gt(0) & known["waited_share"].ge(_MIN_SHARE)]
    for _, lock in waited.head(_MAX_LOCKS).iterrows():
        yield _of_wait(lock)
    if waited.empty and locks["status"].eq("ok").any():
        yield f"No lock that Python code creates takes the threads {phrases.format_percent(_MIN_SHARE)} of their time."
    for _, lock in known[known["notified_share"].ge(_MIN_SHARE)].head(_MAX_LOCKS).iterrows():
        share = phrases.format_percent(lock["notified_share"])
        yield f"{share} of the threads' time they wait to be notified by the {_name(lock)}, as for an item of a queue."


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
    text = f"{share} of the threads' time they wait for the {_name(lock)}, which {contended} of the acquisitions find taken."
    if lock["holder_share"] > 0:
        holder = phrases.name_line(lock["holder_file"], lock["holder_line"], lock["holder_source"])
        text += f" It is held meanwhile in {holder} ({phrases.format_percent(lock['holder_share'])} of that time)."
    return text + ("" if lock["interval"] == CI95 else NO_CLAIM)


def _name(lock: pd.Series) -> str:
    return f"{lock['kind']} created in {phrases.name_line(lock['file'], lock['line'], lock['source'])}"
