"""Sizes that are `auto` in a config: calibrated once on the reference build, then the same for all builds and backends."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from gil_scaling.launch.environment import SCRIPTS
from gil_scaling.plan import catalog, plan_file, sweep
from gil_scaling.plan.builds import Build
from gil_scaling.plan.config import named
from gil_scaling.result_set import write_text

_SETTINGS = {"warmups": 1, "repeats": 3, "rounds": 1, "timeout": None, "on_noise": "flag"}  # of the run that is timed

Find = Callable[[catalog.Workload, dict[str, Any], str, Build], tuple[int, float]]


class SizeError(Exception):
    """A size that cannot be calibrated; the message gives the reason."""


class Sizes:
    """The calibrated sizes of a machine, kept in results/<machine>/sizes.json.

    find(workload, params, parameter, build) returns (value, seconds) or raises SizeError; None if nothing may be measured
    now: then sizes that are not known yet are the defaults, and `are_known` is False.
    """

    def __init__(self, path: str | Path, find: Find | None) -> None:
        self.path = Path(path)
        self.find = find
        self.are_known = True
        self.used: list[dict[str, Any]] = []
        self.known: list[dict[str, Any]] = []
        if self.path.exists():
            try:
                self.known = json.loads(self.path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise SizeError(f"{path}: cannot be read: {error}; without it the sizes would change") from error

    def settled(self, items: Iterable[Any], build: Build) -> list[Any]:
        """The entries of `workloads` with a number for each auto; build: the reference build, which calibrates.

        An entry whose other parameters are swept becomes one entry per choice.
        """
        return [settled for item in items for settled in self._settled(item, build)]

    def _settled(self, item: Any, build: Build) -> list[Any]:
        text, given = named(item)
        workload = catalog.read_workload(text, ".")
        parameter = catalog.auto_parameter(workload, given)
        if parameter is None:
            return [item]
        return [
            {text: {**chosen, parameter: self._size(workload, chosen, parameter, build)}}
            for chosen in sweep.choices(catalog.without_auto(workload, given))
        ]

    def _size(self, workload: catalog.Workload, given: Mapping[str, Any], parameter: str, build: Build) -> Any:
        """The value of a parameter, known or calibrated now."""
        params = {name: value for name, value in {**workload.defaults, **given}.items() if name != parameter}
        key = {"workload": workload.name, "digest": workload.digest, "parameter": parameter, "params": params}
        size = next((size for size in self.known if size.items() >= key.items()), None)
        if size is None:
            if self.find is None:
                self.are_known = False
                return workload.defaults[parameter]
            value, seconds = self.find(workload, params, parameter, build)
            size = {**key, "value": value, "seconds": seconds, "python": build.name}
            self.known.append(size)
            write_text(self.path, json.dumps(self.known, sort_keys=True, indent=1) + "\n")
        if size not in self.used:
            self.used.append(size)
        return size["value"]


def find(
    workload: catalog.Workload, params: dict[str, Any], parameter: str, build: Build, cpus: list[int] | None
) -> tuple[int, float]:
    """The size at which the workload takes 0.3 s sequentially on a build, and its seconds; raises SizeError."""
    (run,) = sweep.rounds(
        sweep.sequential(_SETTINGS, build, workload, json.dumps(params, sort_keys=True)),
        build,
        workload,
        catalog.read_backend("sequential", "."),
        cpus,
        _SETTINGS,
    )
    entry = {**plan_file.for_launcher(run, _SETTINGS), "run": "calibration", "sources": {}}
    request = {"entry": entry, "parameter": parameter, "start": workload.defaults[parameter]}
    done = subprocess.run(
        [sys.executable, "-S", "-m", "gil_scaling.launch.calibrate"],
        input=json.dumps(request),
        env={**os.environ, "PYTHONPATH": SCRIPTS, "PYTHONSAFEPATH": "1"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:  # why is on stderr
        raise SizeError(f"{workload.name}: {parameter}: auto: the calibration ended with status {done.returncode}")
    answer = json.loads(done.stdout)
    if "problem" in answer:
        raise SizeError(f"{workload.name}: {parameter}: auto: {answer['problem']}")
    return answer["value"], answer["seconds"]
