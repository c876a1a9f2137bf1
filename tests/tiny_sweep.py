"""The smallest sweep, run by Snakemake in copies of the workflow, and the records that it leaves."""

import json
import re
import shutil

import yaml

from tests.snakemake_calls import run_snakemake
from tests.support import ROOT

TINY = yaml.safe_load((ROOT / "tests/config/tiny.yaml").read_text())


def experiment(**changes):
    """The experiment of the tiny sweep with changes, as the value of the key `experiments`."""
    return [{**TINY["experiments"][0], **changes}]


SHARED_BY_FIGURES = ("__init__", "__main__", "_lanes", "_svg", "drawing", "heatmap", "looks", "panels")
FEW_FIGURES = ("fastest", "speedup")


def copy_workflow(folder, figures=FEW_FIGURES):
    """Copies the workflow with some of its figures, None for all, into a folder; all take most of the time of a sweep."""
    for name in ("config", "scripts"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.pyc.*"))  # being written
    for path in (folder / "scripts/gil_scaling/analysis/figures").glob("*.py"):
        if figures is not None and path.stem not in (*SHARED_BY_FIGURES, *figures):
            path.unlink()
    shutil.copy(ROOT / "Snakefile", folder)


def write_config(folder, name="tiny", **changes):
    """Writes the config of the tiny sweep with changes into a folder."""
    (folder / f"{name}.yaml").write_text(yaml.safe_dump({**TINY, **changes}))


def run_sweep(folder, *arguments, name="tiny", **changes):
    """Runs Snakemake in a copy of the workflow, on the tiny sweep with changes."""
    write_config(folder, name, **changes)
    return run_snakemake("--cores", "2", *arguments, "--configfile", f"{name}.yaml", cwd=folder)


def measured(done):
    """The number of runs that a call of Snakemake measured, or would measure."""
    line = re.search(r"^(\d+) of \d+ runs to measure", done.stderr, re.MULTILINE)
    return int(line[1]) if line else 0


def records(folder):
    """{name: record} of the tiny sweep in a copy of the workflow."""
    return {path.stem: json.loads(path.read_text()) for path in (folder / "results/test-machine/runs").glob("*.json")}
