import pytest
from gil_scaling.plan import config, request

FILE = "def tasks(): return [1]\ndef task(a): pass\n"
MACHINE = {"machine": "m", "pythons": ["current"]}


@pytest.fixture
def read(tmp_path, monkeypatch, probed_once):
    """Reads the request of a call with the default config in a folder with a workload of a name, and --config."""
    monkeypatch.chdir(tmp_path)

    def read_request(name, files=(), **changes):
        (tmp_path / name).write_text(FILE)
        return request.read({**MACHINE, "workload": name, "experiments": [{}], **changes}, files, files)

    return read_request


@pytest.mark.parametrize(
    ("name", "sweep"),
    [
        ("mine.py", "mine"),
        ("default.py", "workload-default"),
        ("noise.py", "workload-noise"),
        ("Runs.py", "workload-Runs"),
        ("m.tar.gz.py", "workload-m.tar.gz"),
    ],
)
def test_a_workload_names_its_sweep(name, sweep, read):
    assert read(name).sweep == sweep
    assert read(name, ["my.yaml"]).sweep == sweep  # which another sweep has
    assert read(name, sweep="s").sweep == "s"


def test_a_missing_workload_on_the_command_line_is_named(read, tmp_path):
    (tmp_path / "my.yaml").write_text("workload: null\n")
    with pytest.raises(config.ConfigError) as caught:
        read("mine.py", ["my.yaml"], workload="none.py", reference="none")
    assert caught.value.mistakes == ["--config: workload: 'none.py' cannot be read: No such file or directory."] + [
        text for text in caught.value.mistakes if text.startswith("--config: reference: no build 'none'.")
    ]
    assert len(caught.value.mistakes) == 2


def test_a_parameter_that_tasks_rejects_has_its_line(read, tmp_path):
    (tmp_path / "my.yaml").write_text("rounds: 1\nworkload: {./mine.py: {count: many}}\n")
    (tmp_path / "mine.py").write_text("def tasks(count=8): return [1] * count\ndef task(a): pass\n")
    with pytest.raises(config.ConfigError) as caught:
        read("my.py", ["my.yaml"], workload={"./mine.py": {"count": "many"}}, rounds=1)
    (mistake,) = caught.value.mistakes
    assert mistake.startswith("my.yaml:2: workload: workload 'mine': tasks(count='many') raises TypeError: ")


def complete(**changes):
    """The request of one machine of the target `machines`."""
    return request.complete(
        request.read_names({**MACHINE, "experiments": [{"name": "e", **NOOP}], **changes}), on_node=True
    )


NOOP = {"workloads": ["noop"], "backends": ["sequential"]}


def test_a_build_that_a_node_lacks_is_a_note(tmp_path, monkeypatch, probed_once):
    monkeypatch.chdir(tmp_path)
    made = complete(pythons=["current", "9.9"], reference="9.9")
    label = made.builds["e"][0].name
    assert [build.name for build in made.builds["e"]] == [label]
    assert made.settings["experiments"][0]["reference"] == label
    assert made.notes[0].startswith("build '9.9' left out: ")
    assert made.notes[1] == f"experiment 'e': relative to {label}, without '9.9'"


def test_an_experiment_without_a_build_on_a_node_is_left_out(tmp_path, monkeypatch, probed_once):
    monkeypatch.chdir(tmp_path)
    made = complete(experiments=[{"name": "e", **NOOP}, {"name": "f", **NOOP, "pythons": ["9.9"]}])
    assert list(made.builds) == [experiment["name"] for experiment in made.settings["experiments"]] == ["e"]
    assert made.notes[1:] == ["experiment 'f' left out: none of its builds is on this machine"]
    with pytest.raises(config.ConfigError, match="none of the builds is on this machine"):
        complete(pythons=["9.9"])
