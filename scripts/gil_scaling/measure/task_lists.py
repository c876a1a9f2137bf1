"""Calls the `tasks` of workloads with parameters of a config, to find those that it rejects before anything is measured."""

import json
import os

from gil_scaling.measure import workload as workloads
from gil_scaling.measure.reasons import format_exception

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gil_scaling.measure.interfaces import Record

# What wrong parameters raise; other exceptions may come of what only a run provides.
_REJECTIONS = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError, AssertionError, MemoryError)
_FACTS = {"backend": "sequential", "backend_kind": "sequential", "by_hand": None}  # for `available`


def main(folder: str) -> None:
    """Calls what FOLDER/calls.json lists as {"reference", "params"}, and appends each answer to FOLDER/answers as JSON.

    calls.json is {"directory", "calls"}: where the user's files expect to work, and the list.
    """
    with open(f"{folder}/calls.json", encoding="utf-8") as file:
        order: Record = json.load(file)
    os.chdir(order["directory"])
    for call in order["calls"]:
        answer = find_rejection(call["reference"], call["params"])
        with open(f"{folder}/answers", "a", encoding="ascii") as file:
            file.write(json.dumps(answer) + "\n")
    os._exit(0)  # threads and exit functions of a workload may keep it


def find_rejection(reference: str, params: "dict[str, Any]") -> "str | None":
    """What `tasks` raises because of its parameters; None if it works, or if only a run can tell.

    Only a run can tell where the file does not import, does not support the build, or has a context. Of what `tasks`
    yields, the first is asked for.
    """
    try:
        module = workloads.load(reference).module
        if hasattr(module, "context") or _is_unsupported(module, params):
            return None
    except (Exception, SystemExit):
        return None
    try:
        made = module.tasks(**params, **workloads.select_parameters(module.tasks, {"workers": 2}))
        return None if any(True for _ in made) else "returns no tasks"
    except _REJECTIONS as error:
        return f"raises {format_exception(error)}"
    except (Exception, SystemExit):
        return None


def _is_unsupported(module: "Any", params: "dict[str, Any]") -> bool:
    available = getattr(module, "available", None)
    return bool(available and available(**workloads.select_parameters(available, {**params, **_FACTS})))
