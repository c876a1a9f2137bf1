"""The examples for CI: their files are valid, and their commands work in a small sweep."""

import importlib.util
import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest
import yaml
from gil_scaling.plan import config

from tests.snakemake_calls import forked_python, shell_of_jobs
from tests.support import ROOT, missing
from tests.tiny_sweep import copy_workflow

EXAMPLES = ROOT / "config/ci"
GITHUB, GITLAB, SCALING = (
    yaml.safe_load((EXAMPLES / name).read_text()) for name in ("github.yml", "gitlab.yml", "scaling.yaml")
)
STEPS = GITHUB["jobs"]["scaling"]["steps"]
PLACE = [step.get("name") for step in STEPS].index("Measure")
JOB = GITLAB["scaling"]
RESULTS = "results/ci/scaling"


@pytest.mark.parametrize(("name", "schema"), [("github.yml", "github-workflows"), ("gitlab.yml", "gitlab-ci")])
def test_examples_are_valid_by_their_schema(name, schema):
    if importlib.util.find_spec("check_jsonschema") is None:
        missing("check-jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", EXAMPLES / name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_config_of_the_examples_is_valid():
    checked = config.checked(SCALING)
    assert checked["fail_if_below"] == {"ceiling": 0.8}
    assert f"results/{checked['machine']}/{checked['sweep']}" == RESULTS
    assert checked["experiments"][0]["ceiling"] is True and checked["experiments"][0]["rounds"] >= 6


def test_examples_pin_actions_and_ask_for_few_rights():
    assert GITHUB["permissions"] == {"contents": "read", "pull-requests": "write"}
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert used and all(len(action.partition("@")[2]) == 40 for action in used)


def test_examples_keep_the_report_of_a_sweep_that_fails():
    after = STEPS[PLACE + 1 :]
    assert after and all(step["if"].startswith("always()") for step in after)
    assert JOB["artifacts"]["when"] == "always"
    assert JOB["artifacts"]["reports"]["junit"] == f"{RESULTS}/junit.xml"


# ---- their commands

COMMANDS = {  # those that measure, and those after them, which run in any case
    "github": ([STEPS[PLACE]["run"]], [step["run"] for step in STEPS[PLACE + 1 :] if "run" in step]),
    "gitlab": (JOB["script"], JOB["after_script"]),
}
STAND_INS = {  # for what is not here: uv runs the command after its options; gh and curl keep what they would send
    "uv": '#!/bin/sh\nshift 3\nexec {} "$@"\n',
    "gh": '#!/bin/sh\necho "$@" > sent.txt\ncat > sent.md\n',
    "curl": '#!/bin/sh\necho "$@" > sent.txt\ncp comment.md sent.md\n',
}
VARIABLES = {"GITHUB_STEP_SUMMARY": "summary.md", "NUMBER": "7", "SCALING_TOKEN": "secret"}
VARIABLES |= {"CI_API_V4_URL": "api", "CI_PROJECT_ID": "1", "CI_MERGE_REQUEST_IID": "7"}


@pytest.fixture
def project(tmp_path):
    """A user's repository with a copy of the workflow in .gil-scaling, and stand-ins in bin/."""
    folder = tmp_path / "project"
    (folder / "bin").mkdir(parents=True)
    (folder / ".gil-scaling").mkdir()
    copy_workflow(folder / ".gil-scaling")
    for name, text in STAND_INS.items():
        (folder / "bin" / name).write_text(text.format(forked_python()))
        (folder / "bin" / name).chmod(0o755)
    return folder


def write_config(project, limit):
    """Writes scaling.yaml with tasks of microseconds, on the build of the tests."""
    small = {**SCALING, "pythons": ["current"], "on_noise": "flag", "control": False, "warmups": 0, "repeats": 1}
    small["experiments"] = [{**SCALING["experiments"][0], "workloads": [{"py_loop": {"n": 1000, "count": 4}}]}]
    (project / "scaling.yaml").write_text(yaml.safe_dump({**small, "fail_if_below": {"ceiling": limit}}))


def run(project, lines):
    """Runs commands as CI does, up to the first that fails."""
    own = {**os.environ, **VARIABLES, "BASH_ENV": shell_of_jobs(), "PATH": f"{project}/bin:{os.environ['PATH']}"}
    command = ["bash", "-eo", "pipefail", "-c", "\n".join(lines)]
    return subprocess.run(command, cwd=project, env=own, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("system", COMMANDS)
def test_commands_of_an_example_fail_and_report(system, project):
    measure, after = COMMANDS[system]
    write_config(project, 1000)  # times what processes reach
    done = run(project, measure)
    assert done.returncode == 1, done.stderr
    assert "1 combination below 1000.00 of the process ceiling (fail_if_below)" in done.stderr
    assert run(project, after).returncode == 0
    comment = (project / "sent.md").read_text()
    assert "**Failed: 1 combination below 1000.00 of the process ceiling" in comment
    assert len(comment.splitlines()) <= 60
    assert "7" in (project / "sent.txt").read_text()
    (failure,) = ElementTree.parse(project / RESULTS / "junit.xml").iter("failure")
    assert failure.get("message").startswith("threads: py_loop, thread × 2 on ")
    write_config(project, 0.000001)
    assert run(project, measure).returncode == 0
    assert next(ElementTree.parse(project / RESULTS / "junit.xml").iter("failure"), None) is None
