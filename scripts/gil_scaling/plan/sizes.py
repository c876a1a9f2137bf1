"""Sizes that are `auto` in a config: found once, on the reference build, then the same for all builds and backends."""

import json
import subprocess
import sys
from pathlib import Path

from gil_scaling.launch.environment import SCRIPTS
from gil_scaling.plan import catalog
from gil_scaling.plan.config import named
from gil_scaling.plan.sweep import choices
from gil_scaling.result_set import write_text


class SizeError(Exception):
    """A size that cannot be found; the message says why."""


class Sizes:
    """The sizes of a machine, kept in results/<machine>/sizes.json.

    find(workload, params, parameter, build) gives (value, seconds) or raises SizeError; None where nothing may be
    started now: then what is not known yet stays at its default.
    """

    def __init__(self, path, find):
        self.path = Path(path)
        self.find = find
        self.used = []
        self.known = []
        if self.path.exists():
            try:
                self.known = json.loads(self.path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise SizeError(f"{path}: cannot be read: {error}; without it the sizes would change") from error

    def settled(self, items, build):
        """The entries of `workloads` with a number for each auto; build: the reference build, on which it is found.

        An entry whose other parameters are swept becomes one for each choice.
        """
        return [settled for item in items for settled in self._settled(item, build)]

    def _settled(self, item, build):
        text, given = named(item)
        workload = catalog.read_workload(text, ".")
        parameter = catalog.auto_parameter(workload, given)
        if parameter is None:
            return [item]
        others = {name: value for name, value in given.items() if value != catalog.AUTO}
        return [
            {text: {**chosen, parameter: self._size(workload, chosen, parameter, build)}} for chosen in choices(others)
        ]

    def _size(self, workload, given, parameter, build):
        """The value of a parameter, found or known."""
        params = {name: value for name, value in {**workload.defaults, **given}.items() if name != parameter}
        about = {"workload": workload.name, "digest": workload.digest, "parameter": parameter, "params": params}
        found = next((one for one in self.known if one.items() >= about.items()), None)
        if found is None and self.find is None:
            return workload.defaults[parameter]
        if found is None:
            value, seconds = self.find(workload, params, parameter, build)
            found = {**about, "value": value, "seconds": seconds, "python": build.name}
            self.known.append(found)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_text(self.path, json.dumps(self.known, sort_keys=True, indent=1) + "\n")
        if found not in self.used:
            self.used.append(found)
        return found["value"]


def find(workload, params, parameter, build, cpus):
    """(value, seconds): the size at which the workload takes 0.3 s in sequence on a build; raises SizeError."""
    spec = {
        "workload": workload.name,
        "params": params,
        "backend": "sequential",
        "backend_params": {},
        "workers": 1,
        "switch_interval_s": None,
        "start": "natural",
        "scaling": "strong",
        "warmups": 1,
        "repeats": 3,
        "cpus": cpus,
        "round": 1,
    }
    entry = {
        "run": "calibration",
        "spec": spec,
        "command": build.command,
        "env": build.env,
        "rejected": build.rejected,
        "reference": workload.reference,
        "backend_reference": "sequential",
    }
    order = {"entry": entry, "parameter": parameter, "start": workload.defaults[parameter]}
    done = subprocess.run(
        [sys.executable, "-S", "-m", "gil_scaling.launch.calibrate"],
        input=json.dumps(order),
        cwd=SCRIPTS,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    if "problem" in answer:
        raise SizeError(f"{workload.name}: {parameter}: auto: {answer['problem']}")
    return answer["value"], answer["seconds"]
