import json
import os
import sys
import tempfile
from pathlib import Path

import pytest
from gil_scaling.plan import builds, prober

from tests.support import run_python

FACTS = {
    "label": "3.14t",
    "version": "3.14.2",
    "free_threaded": True,
    "version_text": "3.14.2 (main)",
    "implementation": "cpython",
    "configure_arguments": ["--disable-gil"],
    "digests": {"executable": "a", "libpython": None},
    "gil": False,
    "packages": {"numpy": {"version": "2.4.1", "digest": "c", "editable": False}},
    "package_folders": ["/opt/secret/site-packages"],
    "files": {"executable": "/opt/secret/python", "libpython": None},
}


def prober_of(facts):
    return lambda command, env: facts


def test_current_is_the_python_that_runs_this():
    build = builds.find({"name": "current"}, prober_of(FACTS))
    assert (build.name, build.command) == ("3.14t", (sys.executable,))


@pytest.mark.parametrize(
    ("name", "version", "free_threaded", "same"),
    [
        ("3.14", "3.14.2", False, True),
        ("3.14t", "3.14.2", True, True),
        ("3.14", "3.14.2", True, False),
        ("3.14t", "3.14.2", False, False),
        ("3.1", "3.14.2", False, False),
        ("3.14.2", "3.14.2", False, True),
        ("3.14.1", "3.14.2", False, False),
        ("pypy3.10", "3.10.1", False, True),
    ],
)
def test_a_version_as_name_must_match_the_build(name, version, free_threaded, same):
    assert builds.is_named(name, {"version": version, "free_threaded": free_threaded}) == same


def executable(folder, name):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_a_name_is_searched_on_path_and_then_in_pyenv(tmp_path, monkeypatch):
    on_path = executable(tmp_path / "bin", "python3.14")
    older = executable(tmp_path / "pyenv/versions/3.14.2/bin", "python")
    newer = executable(tmp_path / "pyenv/versions/3.14.10/bin", "python")
    executable(tmp_path / "pyenv/versions/3.14.3t/bin", "python")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert list(builds.candidates("3.14")) == [on_path, newer, older]
    assert [Path(path).parent.parent.name for path in builds.candidates("3.14t")] == ["3.14.3t"]


@pytest.mark.parametrize("known", ["3.14+gil", "3.14"])
def test_uv_is_asked_for_the_variant_then_for_the_name(known, tmp_path, monkeypatch):
    uv = tmp_path / "uv"
    answer = f'case "$4" in "{known}") echo /uv/{known};; *) exit 2;; esac'
    uv.write_text(f"#!/bin/sh\n{answer}\n")
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert list(builds.candidates("3.14")) == [f"/uv/{known}"]
    assert list(builds.candidates("3.14t")) == []


def test_an_unknown_name_lists_the_places_searched(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    with pytest.raises(builds.BuildError) as caught:
        builds.find({"name": "3.99"}, prober_of(FACTS))
    assert str(caught.value) == "no Python '3.99' found in PATH, `uv python find` and pyenv's versions"


def test_a_candidate_of_another_version_is_skipped(tmp_path, monkeypatch):
    path = executable(tmp_path, "python3.14")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    with pytest.raises(builds.BuildError, match=f"{path} is 3.14.2"):
        builds.find({"name": "3.14"}, prober_of(FACTS))


def test_a_command_is_resolved_and_keeps_its_options(tmp_path, monkeypatch):
    path = executable(tmp_path, "my-python")
    monkeypatch.setenv("PATH", str(tmp_path))
    build = builds.find({"name": "x", "command": ["my-python", "-X", "dev"]}, prober_of(FACTS))
    assert (build.command, build.options) == ((path, "-X", "dev"), ["-X", "dev"])


def test_find_looks_beyond_path_for_a_version_command(tmp_path, monkeypatch):
    path = tmp_path / "versions" / "3.14.2t" / "bin" / "python"
    path.parent.mkdir(parents=True)
    path.touch(mode=0o755)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert builds._resolve(["python3.14t", "-X", "dev"]) == (str(path), "-X", "dev")


def test_a_command_that_is_not_there_is_named():
    with pytest.raises(builds.BuildError, match=r"no executable '\./none' found"):
        builds.find({"name": "x", "command": "./none"}, prober_of(FACTS))


def test_options_that_a_build_rejects_make_its_runs_unsupported(tmp_path, monkeypatch):
    path = executable(tmp_path, "python3.14")

    def asked(command, env):
        if env:
            raise prober.ProbeError("does not start: Fatal Python error: no")
        return FACTS

    build = builds.find({"name": "x", "command": path, "env": {"PYTHON_GIL": "0"}}, asked)
    assert build.rejected == "does not start: Fatal Python error: no"
    assert build.env == {"PYTHON_GIL": "0"}


@pytest.mark.parametrize(
    "change",
    [
        {"version_text": "3.14.3"},
        {"configure_arguments": []},
        {"digests": {"executable": "b", "libpython": None}},
        {"packages": {"numpy": {"version": "2.3.5", "digest": "c", "editable": False}}},
    ],
)
def test_the_fingerprint_changes_with_the_build(change):
    one, other = (builds.Build("n", ("p",), {}, facts) for facts in (FACTS, {**FACTS, **change}))
    assert one.fingerprint != other.fingerprint


def test_the_fingerprint_does_not_depend_on_the_path():
    moved = {**FACTS, "files": {"executable": "/else/where", "libpython": None}}
    one, other = builds.Build("n", ("p",), {}, FACTS), builds.Build("m", ("q", "-I"), {"A": "b"}, moved)
    assert one.fingerprint == other.fingerprint


def test_current_can_have_another_name_and_options():
    build = builds.find({"name": "again", "command": ["current", "-X", "dev"]}, prober_of(FACTS))
    assert (build.name, build.command) == ("again", (sys.executable, "-X", "dev"))


def test_describe_returns_no_path():
    assert "/opt/secret" not in json.dumps(builds.Build("n", ("/opt/secret/python",), {}, FACTS).describe())


def test_a_real_build_reports_its_facts(build):
    facts = build.facts
    assert facts["label"] == build.name
    assert facts["gil"] == (not build.name.endswith("t"))
    assert facts["default_switch_interval_s"] == 0.005
    assert all(len(digest) == 64 for digest in filter(None, facts["digests"].values()))
    assert not any("/" in argument for argument in facts["configure_arguments"])


def chosen(*groups, entries=()):
    """The result of builds.choose for experiments with these lists of builds; every build has FACTS."""
    experiments = [{"name": f"e{place}", "pythons": list(group)} for place, group in enumerate(groups)]
    return builds.choose(experiments, list(entries), prober_of(FACTS))


@pytest.fixture
def two_pythons(tmp_path, monkeypatch):
    """A PATH with a Python 3.14t and a Python 3.13, and nothing else."""
    for name in ("python3.14t", "python3.13"):
        executable(tmp_path, name)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))


def test_a_missing_build_names_the_nearest_and_a_remedy(two_pythons):
    assert chosen(["3.14t", "curent"], [{"name": "x", "command": "python3 -X dev"}]) == (
        {"e0": [builds.find({"name": "3.14t"}, prober_of(FACTS))], "e1": []},
        [],
        [
            (
                ["experiments", 0, "pythons", 1],
                "no Python 'curent' found in PATH, `uv python find` and pyenv's versions. Did you mean 'current'? Known: current, "
                "3.13, 3.14t. Or give its path or command, or mark it optional: true.",
            ),
            (
                ["experiments", 1, "pythons", 0],
                "no executable 'python3 -X dev' found (options go into a list: [python3, -X, dev]). Give the path of a "
                "Python, or mark it optional: true.",
            ),
        ],
    )


def test_one_of_the_optional_builds_must_exist(two_pythons):
    _, notes, mistakes = chosen([{"name": "3.99", "optional": True}, {"command": "./none", "optional": True}])
    assert notes == [
        "build '3.99' left out: no Python '3.99' found in PATH, `uv python find` and pyenv's versions",
        "build './none' left out: no executable './none' found",
    ]
    text = "all of these builds are optional, and none was found. Known: current, 3.13, 3.14t."
    assert mistakes == [(["experiments", 0, "pythons"], text)]


def test_builds_of_one_name_in_two_experiments_are_refused(two_pythons):
    plain, changed = ({"name": "x", "command": "python3.14t", "env": env} for env in ({}, {"A": "b"}))
    text = "a second build 'x'. Give each a unique name."
    assert chosen([plain, changed])[2] == [(["experiments", 0, "pythons", 1], text)]
    assert chosen([plain], [changed])[2] == [(["experiments", 1, "pythons", 0], text)]
    assert chosen([plain], [plain])[2] == []


def test_an_experiment_uses_the_entry_of_the_top_level(two_pythons):
    entry = {"name": "3.14t", "env": {"A": "b"}}
    builds_of, notes, mistakes = chosen(["3.14t"], entries=[entry])
    assert (builds_of["e0"][0].env, notes, mistakes) == ({"A": "b"}, [], [])
    assert chosen(["3.99"], ["3.14t"], entries=[{"name": "3.99", "optional": True}])[1] != []


@pytest.mark.parametrize(
    ("current", "installed", "names"),
    [
        ("3.14", ["3.13", "3.13t", "3.14t"], ["3.14", "3.14t"]),
        ("3.14t", ["3.14"], ["3.14", "3.14t"]),
        ("3.11", ["3.13", "3.13t", "3.14", "3.14t", "3.15"], ["3.14", "3.14t"]),
        ("3.14", ["3.13t", "3.15"], ["3.14"]),
    ],
)
def test_a_pair_differs_in_the_gil_alone(current, installed, names, tmp_path, monkeypatch):
    for name in installed:
        executable(tmp_path, f"python{name}")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))

    def probe(command, env):
        label = current if command[0] == sys.executable else Path(command[0]).name.removeprefix("python")
        return {**FACTS, "label": label, "version": f"{label.rstrip('t')}.2", "free_threaded": label.endswith("t")}

    experiments = [{"name": "e", "pythons": "pair"}]
    found, notes, mistakes = builds.choose(experiments, "pair", probe)
    assert ([build.name for build in found["e"]], mistakes) == (names, [])
    assert bool(notes) == (len(names) == 1)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("3.11t", "; `uv python install 3.15 3.15t` brings two builds that differ in the GIL alone"),
        ("3.14t", "; `uv python install 3.14 3.14t` brings two builds that differ in the GIL alone"),
        ("3.99", ""),
    ],
)
def test_note_on_a_missing_build_says_how_to_get_a_pair(name, remedy, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    experiments = [{"name": "e", "pythons": ["current", {"name": name, "optional": True}]}]
    _, notes, _ = builds.choose(experiments, [], lambda command, env: {**FACTS, "label": "3.11"})
    place = "PATH, `uv python find` and pyenv's versions"
    assert notes == [f"build {name!r} left out: no Python {name!r} found in {place}{remedy}"]


UNREADABLE = """
import os, sys
from gil_scaling.plan import builds
os.getuid() or os.setuid(65534)  # root may read everything
print(builds.everywhere(), list(builds.candidates("3.14")))
"""


def test_unreadable_folders_hold_no_builds():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        closed = Path(folder, "closed")
        executable(closed / "versions/3.14.2/bin", "python")
        executable(closed, "python3.14")
        closed.chmod(0)
        for root in (closed, closed / "deeper"):
            done = run_python("-c", UNREADABLE, PYENV_ROOT=str(root), PATH=str(closed), HOME=str(closed))
            assert (done.stdout, done.stderr) == ("[] []\n", "")
        closed.chmod(0o755)


def test_a_build_at_two_paths_is_one_build(two_pythons, tmp_path):
    again = executable(tmp_path / "elsewhere", "python3.14t")
    builds_of, _, mistakes = chosen(["3.14t"], [again, "3.14t"])
    assert mistakes == []
    assert builds_of["e0"] == builds_of["e1"]


def test_the_gil_state_is_read_from_the_build(free_threaded, tmp_path):
    ask = prober.Prober(tmp_path / "probes.json")
    entry = {"name": "t-gil", "command": list(free_threaded.command), "env": {"PYTHON_GIL": "1"}}
    assert builds.find(entry, ask).gil is True
    assert builds.find({**entry, "env": {}}, ask).gil is False
    assert builds.find({"name": "x", "command": [*free_threaded.command, "-X", "gil=1"]}, ask).gil is True


def test_a_build_with_the_gil_rejects_running_without_it(tmp_path, tmp_path_factory):
    from tests.support import find_build

    command = list(find_build("3.14", tmp_path_factory).command)
    entry = {"name": "x", "command": command, "env": {"PYTHON_GIL": "0"}}
    build = builds.find(entry, prober.Prober(tmp_path / "probes.json"))
    assert "Disabling the GIL is not supported by this build" in build.rejected


def test_a_build_is_probed_once_until_its_files_change(tmp_path, monkeypatch):
    asked = []
    path = executable(tmp_path, "python")
    files = {"executable": path, "libpython": None}
    monkeypatch.setattr(prober, "_probe", lambda command, env: asked.append(command) or {**FACTS, "files": files})
    for _ in range(2):
        prober.Prober(tmp_path / "probes.json")((path,), {})
    assert len(asked) == 1
    os.utime(path, ns=(1, 1))
    prober.Prober(tmp_path / "probes.json")((path,), {})
    prober.Prober(tmp_path / "probes.json")((path,), {"A": "b"})
    assert len(asked) == 3


def test_builds_are_probed_again_by_other_code(tmp_path, monkeypatch):
    asked, code = [], tmp_path / "measure"
    path = executable(tmp_path, "python")
    facts = {**FACTS, "files": {"executable": path, "libpython": None}}
    monkeypatch.setattr(prober, "_probe", lambda command, env: asked.append("facts") or {**facts})
    monkeypatch.setattr(prober, "_import", lambda command, env, name: asked.append(name) or {})
    monkeypatch.setattr(prober, "_PROBING", code)
    code.mkdir()
    for source in ("a = 1", "a = 10"):
        (code / "probe.py").write_text(source)
        for _ in range(2):
            probe = prober.Prober(tmp_path / "probes.json")
            probe((path,), {})
            probe.imports((path,), {}, ["numpy"])
    assert asked == ["facts", "numpy"] * 2


def test_a_program_that_is_not_python_is_refused(tmp_path):
    path = executable(tmp_path, "python3.14")
    Path(path).write_text("#!/bin/sh\necho some error >&2\nexit 1\n")
    with pytest.raises(prober.ProbeError, match=r"python3\.14 does not start: some error"):
        prober.Prober(tmp_path / "probes.json")((path,), {})


@pytest.mark.parametrize("output", ["{}", "1", "[]", '{"version": 3}', "nothing", "", r"\377\376"])
def test_a_program_that_prints_other_facts_is_refused(output, tmp_path):
    path = executable(tmp_path, "python3.14")
    Path(path).write_text(f"#!/bin/sh\nprintf '{output}'\n")
    with pytest.raises(prober.ProbeError, match=r"python3\.14 is not a Python that can be measured"):
        prober.Prober(tmp_path / "probes.json")((path,), {})


@pytest.mark.parametrize("version", ["2.7.18", "3.6.15"])
def test_a_python_too_old_for_the_probe_says_so(version, tmp_path):
    path = executable(tmp_path, "python3")
    Path(path).write_text(
        f'#!/bin/sh\nif [ "$1" = -c ]; then printf {version}; else echo SyntaxError: no >&2; exit 1; fi\n'
    )
    with pytest.raises(prober.ProbeError, match=rf"is Python {version}; the oldest that can be measured is 3\.9"):
        prober.Prober(tmp_path / "probes.json")((path,), {})


def test_a_name_stands_for_the_whole_entry_of_the_top_level(two_pythons):
    entries = [{"name": "3.14t", "env": {"PYTHON_GIL": "1"}}, {"name": "3.99", "optional": True}]
    builds_of, notes, mistakes = chosen(["3.14t", "3.99"], entries=entries)
    assert builds_of["e0"][0].env == {"PYTHON_GIL": "1"}
    assert mistakes == [] and "'3.99' left out" in notes[0]
