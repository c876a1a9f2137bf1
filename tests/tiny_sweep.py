"""A sweep of a few milliseconds per run, for tests that call Snakemake."""

import json
import re

import yaml

from tests.support import ROOT

TINY = yaml.safe_load((ROOT / "tests/config/tiny.yaml").read_text())


def experiment(**changes):
    """The experiments of the tiny sweep with these changes."""
    return [{**TINY["experiments"][0], **changes}]


def measured(done):
    """The number of runs that a call of Snakemake measured, or would measure."""
    line = re.search(r"^measure +(\d+)$", done.stderr + done.stdout, re.MULTILINE)
    return int(line[1]) if line else 0


def records(clone):
    """{run name: record} of the clone."""
    return {path.stem: json.loads(path.read_text()) for path in (clone / "results/test-machine/runs").glob("*.json")}
