"""The combinations that failed in a call, which are not measured again in its later rounds.

Standard library only, and little of it: each run pays for it. One launcher at a time uses the file, behind the machine's lock.
"""

from __future__ import annotations

import os

from gil_scaling import quick_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gil_scaling.launch.interfaces import CallInfo
    from gil_scaling.record import Record, Spec


def earlier_failure(spec: Spec, call: CallInfo) -> tuple[str, str] | None:
    """(status, reason) of a run whose combination failed in an earlier round of the call; None where it did not."""
    for failure in _read(call):
        if failure["combination"] == _combination(spec) and failure["round"] < spec["round"]:
            status, reason = failure["status"], failure["reason"]
            again = f"not measured again: {status} in round {failure['round']}: "
            return status, reason if status == "unsupported" else f"{again}{reason}"
    return None


def note(result: Record, call: CallInfo) -> None:
    """Notes a run that is not ok, for the later rounds of the call."""
    if result["status"] == "ok":
        return
    failure = {
        "combination": _combination(result["spec"]),
        "round": result["spec"]["round"],
        "status": result["status"],
        "reason": result["reason"],
    }
    try:
        with open(_path(call), "a", encoding="utf-8") as file:
            file.write(quick_json.dumps(failure) + "\n")
    except OSError:
        pass  # then it is measured again


def _read(call: CallInfo) -> list[dict[str, Any]]:
    try:
        with open(_path(call), encoding="utf-8") as file:
            return [quick_json.loads(line) for line in file]
    except (OSError, ValueError):
        return []


def _path(call: CallInfo) -> str:
    """Beside the plan; removed with the next call."""
    return os.path.join(os.path.dirname(call["plan"]), f"{call['id']}.failures")


def _combination(spec: Spec) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if key != "round"}
