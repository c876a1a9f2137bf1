from pathlib import Path

import pytest
import yaml

from scripts import catalog, config

WORKLOADS = ", ".join(catalog.names(catalog.WORKLOADS))
CONFIGS = sorted(path for path in Path("config").glob("*.yaml") if path.name != "config.schema.yaml")


def mistakes(text, tmp_path):
    path = tmp_path / "my.yaml"
    path.write_text(text)
    with pytest.raises(config.ConfigError) as caught:
        config.checked(yaml.safe_load(text), [path], tmp_path)
    return [line.replace(f"{path}", "my.yaml") for line in caught.value.mistakes]


GOOD = "experiments: [{name: e, workloads: [noop]}]\n"


def test_an_unknown_key_names_the_nearest_one(tmp_path):
    (line,) = mistakes("rouns: 3\n" + GOOD, tmp_path)
    assert line.startswith("my.yaml:1: rouns: unknown key 'rouns'. Did you mean 'rounds'? Known: backends, ceiling, ")


def test_all_mistakes_are_told_at_once_with_their_lines(tmp_path):
    text = """\
timeout: 0
repeats: 0
experiments:
  - name: a b
    workloads: [noop]
  - name: ok
    workloads: []
    workers: [0]
"""
    assert [line.split(": ")[:2] for line in mistakes(text, tmp_path)] == [
        ["my.yaml:4", "experiments[0].name"],
        ["my.yaml:8", "experiments[1].workers[0]"],
        ["my.yaml:7", "experiments[1].workloads"],
        ["my.yaml:2", "repeats"],
        ["my.yaml:1", "timeout"],
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "experiments: [{name: e, workloads: [py_lop]}]",
            "my.yaml:1: experiments[0].workloads[0]: unknown workload 'py_lop'. Did you mean 'py_loop'? Known: "
            f"{WORKLOADS}. A file of your own is named by its path.",
        ),
        (
            "experiments: [{name: e, workloads: [noop], backends: [tread]}]",
            "my.yaml:1: experiments[0].backends[0]: unknown backend 'tread'. Did you mean 'thread'? Known: asyncio, "
            "asyncio_threads, asyncio_to_thread, interpreter, interpreter_pool, multiprocessing_pool, process, process_fork, "
            "process_forkserver, process_pool, process_spawn, sequential, thread, thread_pool. A file of your own is named "
            "by its path.",
        ),
        (
            "experiments: [{name: e, workloads: [noop], backends: [{process_pool: {chunk: 1}}]}]",
            "my.yaml:1: experiments[0].backends[0]: backend 'process_pool' has no parameter 'chunk'. Did you mean "
            "'chunksize'? Known: chunksize.",
        ),
        (
            "experiments: [{name: e, workloads: [noop], backends: [{thread: {chunksize: 1}}]}]",
            "my.yaml:1: experiments[0].backends[0]: backend 'thread' has no parameter 'chunksize'. Known: none.",
        ),
        (
            "experiments: [{name: e, workloads: [noop], backends: [./none.py]}]",
            "my.yaml:1: experiments[0].backends[0]: './none.py' cannot be read: No such file or directory.",
        ),
        (
            "experiments: [{name: e, workloads: [{noop: {n: 1}}]}]",
            "my.yaml:1: experiments[0].workloads[0]: workload 'noop' has no parameter 'n'. Known: count.",
        ),
        (
            "experiments: [{name: e, workloads: [{noop: {count: {sweep: []}}}]}]",
            "my.yaml:1: experiments[0].workloads[0]: parameter 'count': a swept value is {sweep: [value, …]} with at least "
            "one value.",
        ),
        (
            "experiments: [{name: e, workloads: [{py_loop: {n: auto, count: auto}}]}]",
            "my.yaml:1: experiments[0].workloads[0]: workload 'py_loop': n and count are both auto; only one can be found.",
        ),
        (
            "experiments: [{name: e, workloads: [{sum_range: {size: auto}}]}]",
            "my.yaml:1: experiments[0].workloads[0]: workload 'sum_range' has no parameter with a whole number as default "
            "to be found.",
        ),
        (
            "experiments: [{name: e, workloads: [noop], backends: [{thread_pool: {size: auto}}]}]",
            "my.yaml:1: experiments[0].backends[0]: backend 'thread_pool' has no parameter 'size'. Did you mean 'chunksize'? "
            "Known: chunksize.",
        ),
        (
            "on_noise: ignore\n" + GOOD,
            "my.yaml:1: on_noise: 'ignore' is not allowed. Expected: what to do where other processes disturb a run: flag "
            "(note it), wait (before each run until they leave the CPUs alone, 60 s at most), or repeat (a disturbed run, "
            "3 times at most).",
        ),
        (
            "experiments: [{name: e, workloads: [./none.py]}]",
            "my.yaml:1: experiments[0].workloads[0]: './none.py' cannot be read: No such file or directory.",
        ),
        (
            "experiments: [{name: e, workloads: [noop]}, {name: e, workloads: [py_loop]}]",
            "my.yaml:1: experiments[1].name: a second experiment 'e'. Give each a name of its own.",
        ),
        (
            "pythons: [3.1]\n" + GOOD,
            "my.yaml:1: pythons[0]: YAML read the number 3.1, which may mean 3.1 or 3.10. Write the version in quotes.",
        ),
        (
            "experiments: [{name: e, workloads: [noop], scaling: weak, workers: [default]}]",
            "my.yaml:1: experiments[0].workers: weak scaling needs numbers of workers, not 'default'.",
        ),
        (
            "experiments: [{name: e}]",
            "my.yaml:1: experiments[0].workloads: is missing.",
        ),
        (
            "switch_intervals: [-1]\n" + GOOD,
            "my.yaml:1: switch_intervals[0]: -1 is not allowed. Expected: seconds, more than 0, or default.",
        ),
        (
            "pythons: [{name: x, comand: y}]\n" + GOOD,
            "my.yaml:1: pythons[0].comand: unknown key 'comand'. Did you mean 'command'? Known: command, env, name, "
            "optional.",
        ),
        (
            "rounds: true\n" + GOOD,
            "my.yaml:1: rounds: True is not allowed. Expected: fresh processes of each combination, at least 1; from 6 on "
            "the intervals are 95 % intervals.",
        ),
        (
            "backends: []\n" + GOOD,
            "my.yaml:1: backends: is empty. Expected: a list of backends: names, paths of files, or {name: {parameter: "
            "value}}, where {sweep: [values]} as a value is one more axis.",
        ),
    ],
)
def test_the_message_says_what_is_wrong_and_what_would_be_right(text, message, tmp_path):
    assert mistakes(text, tmp_path) == [message]


@pytest.mark.parametrize("value", [".nan", "2026-01-01", "[.inf]", "!!binary aGk="])
def test_a_parameter_must_be_a_value_that_json_holds(value, tmp_path):
    (line,) = mistakes(f"experiments: [{{name: e, workloads: [{{noop: {{count: {value}}}}}]}}]", tmp_path)
    assert "parameter 'count': " in line
    assert line.endswith(
        "is no value of JSON. Expected: numbers, texts, true, false, null, and lists and mappings of them."
    )


@pytest.mark.parametrize("name", ["a b", "a\n", "a/b", "..", "-a", "", "a" * 61, "ä"])
def test_a_name_must_be_safe_as_a_file_name(name):
    with pytest.raises(config.ConfigError, match=r"is not allowed\. Expected: a name of letters"):
        config.checked({"experiments": [{"name": name, "workloads": ["noop"]}]})


@pytest.mark.parametrize("name", config.RESERVED_SWEEPS)
def test_a_sweep_cannot_be_named_as_another_folder(name):
    assert config.name_mistake(name) == f"{name!r} is the name of another folder there. Choose another name."


@pytest.mark.parametrize("name", ["my sweep", "../up", "", "-x", "x" * 61, "a\n"])
def test_a_file_name_that_cannot_name_a_folder_asks_for_the_key(name):
    assert config.name_mistake(name).endswith("Set the key sweep.")


def test_a_workload_file_without_task_is_refused(tmp_path):
    (tmp_path / "half.py").write_text("def tasks(): return []\n")
    (line,) = mistakes("experiments: [{name: e, workloads: [half.py]}]", tmp_path)
    assert line == "my.yaml:1: experiments[0].workloads[0]: workload 'half.py' lacks the function 'task'."


def test_a_backend_file_without_run_is_refused(tmp_path):
    (tmp_path / "half.py").write_text("def go(job): return []\n")
    (line,) = mistakes("experiments: [{name: e, workloads: [noop], backends: [half.py]}]", tmp_path)
    assert line == "my.yaml:1: experiments[0].backends[0]: backend 'half.py' lacks the function 'run'."


def test_a_backend_of_one_s_own_cannot_have_the_name_of_one_of_ours(tmp_path):
    (tmp_path / "thread.py").write_text("def run(job): return []\n")
    (line,) = mistakes("experiments: [{name: e, workloads: [noop], backends: [./thread.py]}]", tmp_path)
    assert line == ("my.yaml:1: experiments[0].backends[0]: a second backend 'thread'. Give each a name of its own.")


def test_two_backends_of_one_name_are_refused_across_experiments_too(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text("def run(job): return []\n")
    one, other = (f"{{name: {name}, workloads: [noop], backends: [{name}/mine.py]}}" for name in "ab")
    (line,) = mistakes(f"experiments: [{one}, {other}]", tmp_path)
    assert line == "my.yaml:1: experiments[1].backends[0]: a second backend 'mine'. Give each a name of its own."


def test_two_workloads_of_one_name_are_refused(tmp_path):
    (tmp_path / "noop.py").write_text("def tasks(): return [1]\ndef task(a): return a\n")
    (line,) = mistakes("experiments: [{name: e, workloads: [noop, ./noop.py]}]", tmp_path)
    assert line.startswith("my.yaml:1: experiments[0].workloads[1]: a second workload 'noop'.")


@pytest.mark.parametrize("text", ["1e-6", "'1e-6'", "1.0e-6"])
def test_seconds_that_yaml_reads_as_text_are_numbers(text):
    checked = config.checked(yaml.safe_load(f"switch_intervals: [{text}]\n{GOOD}"))
    assert checked["experiments"][0]["switch_intervals"] == [1e-6]


def test_a_version_that_yaml_reads_as_a_number_is_taken_where_it_can_mean_one_only():
    assert config.checked(yaml.safe_load("pythons: [3.12]\n" + GOOD))["pythons"] == ["3.12"]


def test_experiments_inherit_what_they_do_not_set():
    checked = config.checked({"rounds": 2, "experiments": [{"name": "e", "workloads": ["noop"], "repeats": 9}]})
    assert {key: checked["experiments"][0][key] for key in ("rounds", "repeats", "warmups")} == {
        "rounds": 2,
        "repeats": 9,
        "warmups": 1,
    }


def test_the_default_config_sets_every_key_to_the_default_of_the_schema():
    schema = config.load_schema()
    defaults = config.with_defaults({"experiments": []}, schema)
    written = yaml.safe_load(Path("config/config.yaml").read_text())
    ours = {"pythons", "reference", "experiments"}  # the default sweep is about two builds
    assert {key: value for key, value in written.items() if key not in ours} == {
        key: defaults[key] for key in written if key not in ours
    }


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_ready_made_sweep_is_accepted(path):
    text = path.read_text()
    config.checked(yaml.safe_load(text), [path])
    assert len([line for line in text.splitlines()[:2] if line.startswith("# ")]) == 2
