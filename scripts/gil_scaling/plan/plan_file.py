"""The file of a plan, for the jobs: its first line is for the analysis, each further line is a run for the launcher.

`python -m gil_scaling.plan.plan_file PLAN PLAN.json CONFIG.yaml` writes the first line into the result set.
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from gil_scaling import record
from gil_scaling.plan import orders
from gil_scaling.plan.config import Config
from gil_scaling.plan.request import NOISE_SWEEP, Request
from gil_scaling.plan.sweep import Run
from gil_scaling.result_set import BUILDS, write_text
from gil_scaling.text import scrub


class _Plain(yaml.SafeDumper):
    """Writes values that occur several times in full, instead of as aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def write(folder: Path, request: Request, settings: Config, runs: list[Run], sizes: list[dict[str, Any]]) -> str:
    """Writes the plan into a folder; returns its path.

    Its name is a digest of its content, except for the paths of sources: a checkout that moved has the same plan.
    """
    header = {"plan": _for_analysis(request, settings, runs, sizes), "config": _config_text(request, settings)}
    entries = [for_launcher(run, settings) for run in runs]
    path = folder / f"plan-{request.sweep}-{orders.digest([header, entries])}.jsonl"
    lines = (json.dumps({**entry, "sources": run.sources}) for entry, run in zip(entries, runs, strict=True))
    text = "\n".join([json.dumps(header), *lines]) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)
    return str(path)


def _config_text(request: Request, settings: Config) -> str:
    content = {**settings, "sweep": request.sweep}
    return scrub(yaml.dump(content, Dumper=_Plain, sort_keys=False, allow_unicode=True))


def _for_analysis(request: Request, settings: Config, runs: list[Run], sizes: list[dict[str, Any]]) -> dict[str, Any]:
    """The content of plan.json."""
    until = {each["name"]: each["until"] for each in settings["experiments"] if each["until"]}
    builds = {build.name: build for each in request.builds.values() for build in each}
    environments = sorted({build.environment for build in builds.values() if build.environment})
    return {
        "format": record.FORMAT,
        **({"until": until} if until else {}),
        "machine": request.machine,
        "sweep": request.sweep,
        "builds": sorted(f"{BUILDS}/{build.facts_name}.json" for build in builds.values()),
        "experiments": [experiment["name"] for experiment in settings["experiments"]],
        "sizes": sizes,
        **({"environments": environments} if environments else {}),
        "snippets": {run.backend.name: run.backend.snippet for run in runs if run.backend.snippet},
        "noise_sweep": NOISE_SWEEP,
        "runs": [
            {
                "run": run.name,
                "backend_kind": run.backend.kind,
                "waits": run.workload.waits,
                "no_speedup": run.workload.no_speedup,
                "sharing": run.workload.sharing,
                "better": run.workload.better,
                "counterpart": run.workload.counterpart,
                "uses": [vars(use) for use in run.uses],
                **({"round": run.spec["round"], "of": run.combination} if until else {}),
            }
            for run in runs
        ],
    }


def for_launcher(run: Run, settings: Config) -> dict[str, Any]:
    """A run as the launcher takes it, an Entry without `sources`."""
    return {
        "run": run.name,
        "spec": run.spec,
        "command": run.build.command,
        "env": run.build.env,
        "rejected": run.build.rejected,
        "reference": run.workload.reference,
        "backend_reference": run.backend.reference,
        "timeout_s": run.timeout_s,
        "on_noise": settings["on_noise"],
        "expected": run.expected,
    }


def publish(plan: str, out: str, config_out: str) -> None:
    """Writes the parts of a plan that belong to the result set."""
    with open(plan, encoding="utf-8") as file:
        header = json.loads(file.readline())
    write_text(out, json.dumps(header["plan"], sort_keys=True, indent=1) + "\n")
    write_text(config_out, header["config"])


if __name__ == "__main__":
    publish(*sys.argv[1:])
