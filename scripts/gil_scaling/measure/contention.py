"""The extra runs of the target `why` about locks and objects: what the workers contend for, and what they gain without it.

All take the spec of explain.run.
"""

import os

from gil_scaling.measure import explain, interventions, lock_counts, locks, objects
from gil_scaling.measure import run as runs
from gil_scaling.measure.check import Unsupported
from gil_scaling.measure.source_lines import functions_around, relative_names
from gil_scaling.measure.worker import Settings, gil_enabled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gil_scaling.measure.explain import Execute
    from gil_scaling.measure.interfaces import Record
    from gil_scaling.measure.job import Job


_WITHOUT_WARM_UP = {"start": "natural"}  # the untimed task of a worker uses locks and objects of its own


def meter_locks(spec: "Record") -> "Record":
    """Repeats a combination with metered locks; returns the samples, and what happened to the locks in those that are sampled."""
    locks.install()
    totals = lock_counts.Totals()

    def around(number: int, execute: "Execute") -> "Execute":
        def metered(job: "Job") -> "Any":
            totals.skip()
            outcome = execute(job)
            totals.add()
            return outcome

        return metered if number % 2 else execute

    samples, _ = explain.repeat({**spec, **_WITHOUT_WARM_UP}, around)
    return {"samples": samples, "sites": with_sources(totals.describe(), spec["directory"]), "gil": gil_enabled()}


def with_sources(sites: "list[Record]", directory: str) -> "list[Record]":
    """The sites with names of files in place of their paths, and with the text of each line as `source`."""
    places = [place for site in sites for place in (site, *site["holders"])]
    names = relative_names({place["file"] for place in places}, directory)
    for place in places:
        line = place["line"]
        place["source"] = functions_around(place["file"], [line]).get(line, "").strip()
        place["file"] = names[place["file"]]
    return sites


def find_objects(spec: "Record") -> "Record":
    """The objects that the workers contend for in lines, {"candidates": as objects.candidates describes them}.

    spec: with `lines`, [[name of a file, line], …]. Raises Unsupported where the build does not show such objects.
    """
    _, workload, execute = runs.prepare(spec)
    reason = objects.available()
    if reason:
        raise Unsupported(reason)
    Settings(workload, spec["switch_interval_s"]).apply()
    paths = {name: _path(name, spec["files"]) for name, _ in spec["lines"]}
    with workload.open_context(spec["params"]) as context:
        job = runs.Jobs({**spec, **_WITHOUT_WARM_UP}, workload, context).make()
        with objects.Watch({(paths[name], line) for name, line in spec["lines"]}) as watch:
            execute(job)
        found = objects.candidates(watch, job)
    names = {path: name for name, path in paths.items()}
    return {"candidates": [{**each, "file": names[each["file"]]} for each in found]}


def _path(name: str, files: "list[str]") -> str:
    """The real path of a file that source_lines has named."""
    return os.path.realpath(next(path for path in files if f"{os.sep}{path}".endswith(f"{os.sep}{name}")))


def run_changed(spec: "Record") -> "Record":
    """Repeats a combination whose objects are changed before the workers begin: {"samples"}.

    spec: with `changes`, as of interventions.change.
    """
    samples, _ = explain.repeat(
        spec,
        lambda _, execute: execute,
        lambda job, workload: interventions.change(spec["changes"], job, workload),
        every=1,
    )
    return {"samples": samples}


RUNS = {"locks": meter_locks, "objects": find_objects, "change": run_changed}
