"""The commands of the documents: each is at least a dry run in a copy of the workflow, or is run by what is named here."""

import re
import shlex
from pathlib import Path

import pytest
from gil_scaling.plan import machine

from tests.snakemake_calls import run_snakemake
from tests.support import ROOT, find_build, sweep_records, write_result_set
from tests.test_docs import CONFIG_README, READMES, code
from tests.tiny_sweep import copy_workflow

ELSEWHERE = {  # what else is in a block of commands: the file that runs it, and how that names it
    "python3 -m pip install --quiet --target .uv uv && .uv/bin/uv run --group dev pytest -n 3": (
        ".ci/run",
        "README.md",
    ),
    "uv run python -m tests.fidelity": ("tests/test_fidelity.py", "fidelity.main"),
}


def commands():
    """The lines of all blocks of commands, each once, without comments."""
    texts = [
        block
        for path in READMES
        for block in re.findall(r"^```sh\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE)
    ]
    lines = [line for text in texts for line in text.splitlines() if line and not line.startswith("#")]
    return dict.fromkeys(lines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A copy of the workflow with the files that the commands name."""
    folder = tmp_path_factory.mktemp("commands")
    copy_workflow(folder)
    (folder / "path/to").mkdir(parents=True)
    (folder / "path/to/mine.py").write_text(code(CONFIG_README, "python", '"""What it shows'))
    machines = code(CONFIG_README, "yaml", "machines:")
    (folder / "my.yaml").write_text(code(CONFIG_README, "yaml", "experiments:") + machines)
    for name in ("before", "after"):
        label = machine.label()
        write_result_set(folder / "results" / label, sweep_records({"thread": [1.0]}), machine=label, sweep=name)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("command", [line for line in commands() if line not in ELSEWHERE])
def test_a_command_would_run(command, folder, tmp_path_factory):
    for name in re.findall(r"\d\.\d+", command.partition("pythons=")[2]):
        find_build(name, tmp_path_factory)
    match = re.fullmatch(r"uv run (--with \S+ )?snakemake (.*)", command)
    done = run_snakemake(*shlex.split(match[2]), "-n", cwd=folder)
    assert done.returncode == 0, done.stderr


def test_other_commands_are_run_where_it_says():
    assert set(ELSEWHERE) <= set(commands())
    for file, text in ELSEWHERE.values():
        assert text in Path(ROOT, file).read_text()
