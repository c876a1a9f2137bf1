"""The smallest sweep, run by Snakemake in copies of the workflow, and the records that it leaves."""

import json
import re
import shutil

import yaml

from tests.support import ROOT, run_python

TINY = yaml.safe_load((ROOT / "tests/config/tiny.yaml").read_text())


def experiment(**changes):
    """The experiment of the tiny sweep with changes, as the value of the key `experiments`."""
    return [{**TINY["experiments"][0], **changes}]


def copy_workflow(folder):
    """Copies the workflow into a folder."""
    for name in ("config", "scripts"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Snakefile", folder)


def run_sweep(folder, *arguments, name="tiny", **changes):
    """Runs Snakemake in a copy of the workflow, on the tiny sweep with changes."""
    (folder / f"{name}.yaml").write_text(yaml.safe_dump({**TINY, **changes}))
    command = ["-m", "snakemake", "--cores", "2", *arguments, "--configfile", f"{name}.yaml"]
    return run_python(*command, cwd=folder)


def measured(done):
    """The number of runs that a call of Snakemake measured, or would measure."""
    line = re.search(r"^measure +(\d+)$", done.stderr + done.stdout, re.MULTILINE)
    return int(line[1]) if line else 0


def records(folder):
    """{name: record} of the tiny sweep in a copy of the workflow."""
    return {path.stem: json.loads(path.read_text()) for path in (folder / "results/test-machine/runs").glob("*.json")}
