"""The extra run of the target `why` about locks: how long the workers wait for each, and which lines hold it meanwhile."""

from gil_scaling.measure import explain, lock_counts, locks
from gil_scaling.measure.source_lines import functions_around, relative_names
from gil_scaling.measure.worker import gil_enabled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gil_scaling.measure.explain import Execute
    from gil_scaling.measure.interfaces import Record
    from gil_scaling.measure.job import Job


def meter_locks(spec: "Record") -> "Record":
    """Repeats a combination with metered locks; returns the samples, and what happened to the locks in those that are sampled.

    spec: as of explain.run.
    """
    locks.install()
    totals = lock_counts.Totals()

    def around(number: int, execute: "Execute") -> "Execute":
        def metered(job: "Job") -> "Any":
            totals.skip()
            outcome = execute(job)
            totals.add()
            return outcome

        return metered if number % 2 else execute

    samples, _ = explain.repeat(spec, around)
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
