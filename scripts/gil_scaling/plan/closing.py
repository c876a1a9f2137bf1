"""The last lines of a call: what happened, failures by cause, what the same command will do next, where the page is."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from gil_scaling.record import DONE
from gil_scaling.result_set import read_bytes

_FRAME = re.compile(r'^ *File "([^"\n]+)", line (\d+), in ', re.MULTILINE)
_PLACE = re.compile(r" \([^()\n]+:\d+\)$")  # at the end of a reason
_NOT_OF_THE_CAUSE = re.compile(r"^not measured again: failed in round \d+: | \(in worker \d+\)")
_SHOWN = 200  # characters of a cause
_CAUSES = 10  # that are shown


class _Call(msgspec.Struct):
    id: str


class Ending(msgspec.Struct):
    """How a run ended: the part of a record that is read here."""

    status: str
    reason: str | None
    stderr_tail: str | None
    call: _Call


def read_endings(records: Sequence[Path], call: str) -> list[Ending | None]:
    """How each run ended that a call was to measure; None where it did not come to it, even if an older record stands there."""
    return [ending if ending and ending.call.id == call else None for ending in map(_read, records)]


def describe(
    records: Sequence[Path],
    endings: Sequence[Ending | None],
    failed_jobs: Iterable[tuple[str, Sequence[str]]],
    pages: Iterable[str],
) -> list[str]:
    """The last lines of a call.

    records: the paths of those that it was to write; endings: as read_endings; failed_jobs: (rule, paths of its logs) of
    jobs that failed; pages: those that it makes.
    """
    ended = [ending for ending in endings if ending]
    failed = [ending for ending in ended if ending.status not in DONE]
    is_complete = len(ended) == len(records)
    lines = _describe_failures(failed)
    if not is_complete:
        has_older = any(ending is None and path.exists() for path, ending in zip(records, endings, strict=True))
        then = "the older records of the others stand" if has_older else "the same command goes on"
        lines.append(f"Stopped at {len(ended)} of {len(records)} runs; {then}.")
    elif failed:
        lines.append("The same command repeats only these.")
    lines += [_describe_job(rule, logs) for rule, logs in failed_jobs]
    return lines + [f"The report: {page}" for page in pages if Path(page).exists() and is_complete]


def read_check(log: Path, since: float) -> list[str]:
    """What the target `check` found, as its log has it; nothing where that is older than this time."""
    is_new = log.exists() and log.stat().st_mtime >= since
    return log.read_text(encoding="utf-8", errors="replace").splitlines() if is_new else []


def _read(path: Path) -> Ending | None:
    """How a run ended; None without a record."""
    try:
        return msgspec.json.decode(read_bytes(path), type=Ending)
    except (OSError, ValueError):
        return None


def _describe_failures(failed: Iterable[Ending]) -> list[str]:
    """A line per cause, the most frequent first: `54 runs failed: TypeError: … (mine.py:12)`."""
    groups: dict[tuple[str, str], list[str]] = {}
    for ending in failed:
        message = _NOT_OF_THE_CAUSE.sub("", (ending.reason or "").strip().rpartition("\n")[2])
        kind, place = message, _PLACE.search(message)
        if ending.status == "failed" and place is None:
            message += _place(ending.stderr_tail or "")
            place = _PLACE.search(message)
        if place is not None:
            kind = message.partition(":")[0] + place[0]
            message = message[: place.start()][:_SHOWN] + place[0]
        groups.setdefault((ending.status, kind), []).append(message)
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    lines = [f"{_count(texts)} {_WORDS[status]}: {texts[0][: 2 * _SHOWN]}" for (status, _), texts in ordered]
    left = len(lines) - _CAUSES
    return lines[:_CAUSES] + ([f"… and {left} more causes: see tables/failures.csv."] if left > 0 else [])


def _count(runs: Sequence[object]) -> str:
    return "1 run" if len(runs) == 1 else f"{len(runs):,} runs"


_WORDS = {"failed": "failed", "timeout": "timed out", "crashed": "crashed", "wrong_result": "gave a wrong result"}


def _place(traceback: str) -> str:
    """Where the last traceback of a text ends: ` (mine.py:12)`; empty without one."""
    frames = _FRAME.findall(traceback)
    return " ({}:{})".format(*frames[-1]) if frames else ""


def _describe_job(rule: str, logs: Sequence[str]) -> str:
    """Why a job failed, as its log ends."""
    for log in filter(lambda log: Path(log).exists(), logs):
        lines = Path(log).read_text(encoding="utf-8", errors="replace").strip().splitlines()
        if lines:
            return f"The step {rule} failed: {lines[-1]} (see {log})"
    return f"The step {rule} failed."
