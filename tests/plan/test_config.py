import json
import re
from collections import OrderedDict
from pathlib import Path

import pytest
import yaml
from gil_scaling.plan import catalog, config, workflow
from gil_scaling.result_set import RESERVED_SWEEPS
from snakemake.exceptions import WorkflowError

from tests.snakemake_calls import run_snakemake

WORKLOADS = ", ".join(catalog.names(catalog.WORKLOADS))
CONFIGS = sorted(path for path in Path("config").glob("*.yaml") if path.name != "config.schema.yaml")


def mistakes(text, tmp_path):
    path = tmp_path / "my.yaml"
    path.write_text(text)
    with pytest.raises(config.ConfigError) as caught:
        config.checked(yaml.safe_load(text), [path], tmp_path)
    return [line.replace(f"{path}", "my.yaml") for line in caught.value.mistakes]


GOOD = "experiments: [{name: e, workloads: [noop]}]\n"
KEYS = ", ".join(sorted(config.load_schema()["properties"]))
BUILD = (
    'a build: current, a version in quotes such as "3.14t", a path, or a mapping with a name or a command, and '
    "optionally like, env, packages, allow_source and optional"
)
RESULT_SET = "a result set: the name of a sweep of this machine, the path of a folder or archive, or {label: path}, the label a name of letters, digits, '.', '_' and '-'"
BUILD_NAME = (
    "a name of letters, digits, '.', '_', '-', '+' and spaces that begins with a letter or digit, at most 60 characters"
)
NAME = "a name of letters, digits, '.', '_' and '-' that begins with a letter or digit, at most 60 characters"
PACKAGES = config.load_schema()["$defs"]["packages"]["description"]
SYNTAX = "Expected package name at the start of dependency specifier"
EXAMPLE = "Expected: a name, with versions if they matter, such as numpy==2.4.*."
FOLDERS = "Folders of wheels go into packages_index: {find_links: …}."
INTERVAL = "seconds from 1e-6 (an interpreter counts whole microseconds) to 1e6, or default"
TIMEOUT = "time limit of one run in seconds, more than 0 and at most 1e9"
ROUNDS = "fresh processes per combination, at least 1; from 6 on there are 95 % confidence intervals"
UNTIL = config.load_schema()["$defs"]["until"]["description"]
HALF_WIDTH = "a share more than 0 and less than 1, such as 0.02 for ± 2 %"
EXPERIMENTS = "the list of experiments; a --configfile with this key replaces the list as a whole"
SLOWER = (
    "a percentage: the target compare fails if a combination is slower by more than that, beyond its confidence interval; "
    "null: it never fails"
)
BELOW = (
    "{ceiling: 0.8}: a sweep, and the target compare, fail if a combination reaches less than that share of the speedup of "
    "processes in steady state on the same machine (efficiency_ceiling), with its whole confidence interval; null: they never do"
)
SHARE = "a share of the process ceiling, more than 0, such as 0.8"


def test_an_unknown_key_names_the_nearest_one(tmp_path):
    (line,) = mistakes("rouns: 3\n" + GOOD, tmp_path)
    assert line.startswith("my.yaml:1: rouns: unknown key 'rouns'. Did you mean 'rounds'? Known: backends, ceiling, ")


def test_keys_for_yaml_anchors_are_ignored():
    text = "x-mine: &mine {rounds: 7}\nexperiments: [{name: e, workloads: [noop], <<: *mine}]\n"
    sound = config.checked(yaml.safe_load(text))
    assert sound["experiments"][0]["rounds"] == 7
    assert "x-mine" not in {*sound, *sound["experiments"][0]}


def test_a_newline_in_a_file_name_does_not_split_lines(tmp_path):
    path = tmp_path / "my\nown.yaml"
    path.write_text(f"rouns: 3\nseed: x\n{GOOD}")
    with pytest.raises(config.ConfigError) as caught:
        config.checked(yaml.safe_load(path.read_text()), [path], tmp_path)
    assert len(str(caught.value).splitlines()) == len(caught.value.mistakes) == 2
    assert r"my\nown.yaml:1: rouns" in str(caught.value)


def test_mistakes_beyond_the_schema_are_reported_too(tmp_path):
    text = """\
rouns: 3
backends: [tread, [], thread]
experiments:
  - name: e
    workloads: [noop, noo, 5]
    workers: [0]
  - {name: e, workloads: [noop]}
  - 7
  - {workloads: [./none.py]}
"""
    assert [line.split(": ")[:2] for line in mistakes(text, tmp_path)] == [
        ["my.yaml:1", "rouns"],
        ["my.yaml:2", "backends[1]"],
        ["my.yaml:2", "backends[0]"],
        ["my.yaml:5", "experiments[0].workloads[2]"],
        ["my.yaml:5", "experiments[0].workloads[1]"],
        ["my.yaml:6", "experiments[0].workers[0]"],
        ["my.yaml:7", "experiments[1].name"],
        ["my.yaml:8", "experiments[2]"],
        ["my.yaml:9", "experiments[3].name"],
        ["my.yaml:9", "experiments[3].workloads[0]"],
    ]


def test_a_mistake_in_until_of_an_experiment_has_its_line(tmp_path):
    text = "experiments:\n  - name: e\n    workloads: [noop]\n    until: {half_width: 0.1, max_rounds: 7}\n"
    assert mistakes(text, tmp_path) == [
        "my.yaml:4: experiments[0].until.max_rounds: 7 is not allowed. Expected: a whole number from 8."
    ]


def test_an_inherited_mistake_is_reported_once(tmp_path):
    text = (
        "experiments:\n  - {name: e, workloads: [noop]}\n  - {name: f, workloads: [noop]}\nbackends:\n  - ./none.py\n"
    )
    assert mistakes(text, tmp_path) == [
        "my.yaml:5: backends[0]: './none.py' cannot be read: No such file or directory."
    ]


def test_duplicate_keys_are_refused(tmp_path):
    text = "rounds: 3\nexperiments: [{name: e, workloads: [noop], rounds: 2, rounds: 4}]\nrounds: 4\n"
    assert mistakes(text, tmp_path) == [
        "my.yaml:2: experiments[0].rounds: a second key 'rounds'; the first is in line 2. Keep one of them.",
        "my.yaml:3: rounds: a second key 'rounds'; the first is in line 1. Keep one of them.",
    ]


def test_merged_keys_are_no_duplicates(tmp_path):
    text = """\
experiments:
  - &e {name: e, workloads: [noop], rounds: 0}
  - &f {name: f, workloads: [noop], warmups: -1}
  - <<: *e
    <<: *f
    name: g
    rounds: -1
"""
    assert [line.split(": ")[:2] for line in mistakes(text, tmp_path)] == [
        ["my.yaml:2", "experiments[0].rounds"],
        ["my.yaml:3", "experiments[1].warmups"],
        ["my.yaml:3", "experiments[2].warmups"],
        ["my.yaml:7", "experiments[2].rounds"],
    ]


def test_mistakes_of_the_command_line_have_no_file(tmp_path):
    (tmp_path / "my.yaml").write_text(f"rounds: 6\ntimeout: .nan\n{GOOD}")
    given = {**yaml.safe_load((tmp_path / "my.yaml").read_text()), "rounds": "abc", "workers": ["0"]}
    with pytest.raises(config.ConfigError) as caught:
        config.checked(given, [tmp_path / "my.yaml"])
    assert caught.value.mistakes == [
        f"--config: rounds: 'abc' is not allowed. Expected: {ROUNDS}.",
        "--config: workers[0]: 0 is not allowed. Expected: a whole number from 1, or default.",
        f"{tmp_path}/my.yaml:2: timeout: nan is not allowed. Expected: {TIMEOUT}.",
    ]


def test_a_mistake_in_a_file_of_json_has_its_line(tmp_path):
    (tmp_path / "my.json").write_text(
        '{\n"timeout": 0,\n"experiments": [{"name": "e",\n"workloads": [{"noop": {"n": 1e-6}}]}]\n}'
    )
    given = json.loads((tmp_path / "my.json").read_text(), object_pairs_hook=OrderedDict)
    with pytest.raises(config.ConfigError) as caught:
        config.checked(given, [tmp_path / "my.json"])
    assert [line.removeprefix(f"{tmp_path}/").split(": ")[:2] for line in caught.value.mistakes] == [
        ["my.json:2", "timeout"],
        ["my.json:4", "experiments[0].workloads[0]"],
    ]


def test_the_mappings_of_a_json_file_become_plain_ones():
    entry = OrderedDict(noop=OrderedDict(count=OrderedDict(sweep=[1])))
    checked = config.checked(OrderedDict(experiments=[OrderedDict(name="e", workloads=[entry])]))
    assert type(checked["experiments"][0]["workloads"][0]["noop"]["count"]) is dict


def test_all_mistakes_are_reported_in_the_order_of_lines(tmp_path):
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
        ["my.yaml:1", "timeout"],
        ["my.yaml:2", "repeats"],
        ["my.yaml:4", "experiments[0].name"],
        ["my.yaml:7", "experiments[1].workloads"],
        ["my.yaml:8", "experiments[1].workers[0]"],
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "experiments: [{name: e, workloads: [py_lop]}]",
            "my.yaml:1: experiments[0].workloads[0]: unknown workload 'py_lop'. Did you mean 'py_loop'? Known: "
            f"{WORKLOADS}. Give a custom workload by the path of its file.",
        ),
        (
            "experiments: [{name: e, workloads: [noop], backends: [tread]}]",
            "my.yaml:1: experiments[0].backends[0]: unknown backend 'tread'. Did you mean 'thread'? Known: asyncio, "
            "asyncio_threads, asyncio_to_thread, interpreter, interpreter_pool, joblib_loky, joblib_multiprocessing, "
            "joblib_threading, multiprocessing_pool, process, process_fork, "
            "process_forkserver, process_pool, process_spawn, sequential, thread, thread_pool. Give a custom backend "
            "by the path of its file.",
        ),
        (
            "experiments: [{name: e, workloads: [noop], backends: [{process_pool: {chunk: 1}}]}]",
            "my.yaml:1: experiments[0].backends[0]: backend 'process_pool' has no parameter 'chunk'. Did you mean "
            "'chunksize'? Known: chunksize, max_tasks_per_child, reuse, start_method.",
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
            "my.yaml:1: experiments[0].workloads[0]: workload 'py_loop': n and count are both auto; only one can be calibrated.",
        ),
        (
            "experiments: [{name: e, workloads: [{sum_range: {size: auto}}]}]",
            "my.yaml:1: experiments[0].workloads[0]: workload 'sum_range' has no parameter whose default is a whole "
            "number, so `auto` cannot be calibrated.",
        ),
        (
            "experiments: [{name: e, workloads: [noop], backends: [{thread_pool: {size: auto}}]}]",
            "my.yaml:1: experiments[0].backends[0]: backend 'thread_pool' has no parameter 'size'. Did you mean 'chunksize'? "
            "Known: chunksize, reuse.",
        ),
        (
            "on_noise: ignore\n" + GOOD,
            "my.yaml:1: on_noise: 'ignore' is not allowed. Expected: what to do if other processes disturb a run: flag "
            "(note it), wait (up to 60 s before each run until the CPUs are idle), or repeat (a disturbed run, up to 3 times).",
        ),
        (
            "experiments: [{name: e, workloads: [./none.py]}]",
            "my.yaml:1: experiments[0].workloads[0]: './none.py' cannot be read: No such file or directory.",
        ),
        (
            "experiments: [{name: e, workloads: [noop]}, {name: e, workloads: [py_loop]}]",
            "my.yaml:1: experiments[1].name: a second experiment 'e'. Give each a unique name.",
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
            "my.yaml:1: experiments[0].workloads: is missing. Expected: a list of workloads: names, paths of files, or {name: "
            "{parameter: value}}; as a value, {sweep: [values]} is one more axis, and auto is the size that takes 0.3 s sequentially.",
        ),
        (
            "switch_intervals: [-1]\n" + GOOD,
            f"my.yaml:1: switch_intervals[0]: -1 is not allowed. Expected: {INTERVAL}.",
        ),
        (
            "pythons: [{name: x, comand: y}]\n" + GOOD,
            "my.yaml:1: pythons[0].comand: unknown key 'comand'. Did you mean 'command'? Known: allow_source, command, "
            "env, like, name, optional, packages.",
        ),
        (
            "rounds: true\n" + GOOD,
            "my.yaml:1: rounds: True is not allowed. Expected: fresh processes per combination, at least 1; from 6 on "
            "there are 95 % confidence intervals.",
        ),
        (
            "backends: []\n" + GOOD,
            "my.yaml:1: backends: is empty. Expected: a list of backends: names, paths of files, or {name: {parameter: "
            "value}}, where {sweep: [values]} as a value is one more axis.",
        ),
    ],
)
def test_messages_name_the_mistake_and_the_remedy(text, message, tmp_path):
    assert mistakes(text, tmp_path) == [message]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rounds: 0", f"rounds: 0 is not allowed. Expected: {ROUNDS}."),
        ("rounds: -6", f"rounds: -6 is not allowed. Expected: {ROUNDS}."),
        ("rounds: 1.5", f"rounds: 1.5 is not allowed. Expected: {ROUNDS}."),
        ("rounds: .inf", f"rounds: inf is not allowed. Expected: {ROUNDS}."),
        ("rounds: six", f"rounds: 'six' is not allowed. Expected: {ROUNDS}."),
        ("rounds: '6 rounds'", f"rounds: '6 rounds' is not allowed. Expected: {ROUNDS}."),
        ("rounds:", f"rounds: is empty. Expected: {ROUNDS}."),
        ("rounds: [6]", f"rounds: [6] is not allowed. Expected: {ROUNDS}."),
        ("rounds: &a [*a]", "config: is nested too deeply, or contains itself."),
        (f"rounds: 0x{'f' * 5000}", f"rounds: inf is not allowed. Expected: {ROUNDS}."),
        (f"rounds: {'x' * 99}", f"rounds: '{'x' * 78}… is not allowed. Expected: {ROUNDS}."),
        (
            "warmups: -1",
            "warmups: -1 is not allowed. Expected: warm-up samples of each process, which do not count, at least 0.",
        ),
        ("repeats: 0", "repeats: 0 is not allowed. Expected: samples of each process that count, at least 1."),
        ("timeout: 0", f"timeout: 0 is not allowed. Expected: {TIMEOUT}."),
        ("timeout: .nan", f"timeout: nan is not allowed. Expected: {TIMEOUT}."),
        ("timeout: 1e10", f"timeout: 10000000000.0 is not allowed. Expected: {TIMEOUT}."),
        ("timeout: 2 min", f"timeout: '2 min' is not allowed. Expected: {TIMEOUT}."),
        ("timeout: 2026-01-01", f"timeout: datetime.date(2026, 1, 1) is not allowed. Expected: {TIMEOUT}."),
        (
            "seed: 1.5",
            "seed: 1.5 is not allowed. Expected: a whole number, from which the random order of the runs within a round follows.",
        ),
        (
            f"seed: {10**30}",
            f"seed: {10**30} is not allowed. Expected: a whole number, from which the random order of the runs within a round follows.",
        ),
        ("until: 0.02", f"until: 0.02 is not allowed. Expected: {UNTIL}."),
        ("until: {}", f"until: is empty. Expected: {UNTIL}."),
        ("until: {half_width: 0, max_rounds: 9}", f"until.half_width: 0 is not allowed. Expected: {HALF_WIDTH}."),
        ("until: {half_width: 2 %, max_rounds: 9}", f"until.half_width: '2 %' is not allowed. Expected: {HALF_WIDTH}."),
        (
            "until: {half_width: 0.1, max_rounds: 7}",
            "until.max_rounds: 7 is not allowed. Expected: a whole number from 8.",
        ),
        ("until: {half_width: 0.1}", f"until: {{'half_width': 0.1}} is not allowed. Expected: {UNTIL}."),
        (
            "until: {half_width: 0.1, max_rounds: 9, rounds: 6}",
            "until.rounds: unknown key 'rounds'. Did you mean 'max_rounds'? Known: half_width, max_rounds.",
        ),
        ("switch_intervals: [0]", f"switch_intervals[0]: 0 is not allowed. Expected: {INTERVAL}."),
        ("switch_intervals: [5e-7]", f"switch_intervals[0]: 5e-07 is not allowed. Expected: {INTERVAL}."),
        ("switch_intervals: [default, .inf]", f"switch_intervals[1]: inf is not allowed. Expected: {INTERVAL}."),
        (
            "switch_intervals: default",
            "switch_intervals: 'default' is not allowed. Expected: a list of seconds (such as 0.005), each more than 0, and "
            "default.",
        ),
        ("workers: [2, 0]", "workers[1]: 0 is not allowed. Expected: a whole number from 1, or default."),
        ("workers: [two]", "workers[0]: 'two' is not allowed. Expected: a whole number from 1, or default."),
        ("workers: [true]", "workers[0]: True is not allowed. Expected: a whole number from 1, or default."),
        (
            "workers: 4",
            "workers: 4 is not allowed. Expected: auto (1, 2, 4 … to twice the usable CPUs, the physical count included), or a "
            "list of numbers from 1 and default (as many as the backend starts by default).",
        ),
        (
            "ceiling: 1",
            "ceiling: 1 is not allowed. Expected: true: also measure what processes reach in steady state, the "
            "limit of the machine.",
        ),
        (
            "start: togther",
            "start: 'togther' is not allowed. Did you mean 'together'? Expected: natural (workers begin as they come, total_s "
            "counts) or together (all wait at a barrier, work_s counts).",
        ),
        (
            "scaling: linear",
            "scaling: 'linear' is not allowed. Expected: strong (the same tasks for any number of workers) or weak (the whole "
            "task list once per worker).",
        ),
        (
            "cpus: 0",
            "cpus: 0 is not allowed. Expected: CPUs that measured runs may use: all, physical (one of each core), a number of "
            "physical cores, or a list of CPU ids.",
        ),
        ("cpus: [0, x]", "cpus[1]: 'x' is not allowed. Expected: the id of a CPU, a whole number from 0."),
        (
            "machines: [{name: a, resources: {slurm_extra: }}]",
            "machines[0].resources.slurm_extra: is empty. Expected: a text or a number.",
        ),
        (
            "machines: [{name: a, resources: {slurm-extra: x}}]",
            "machines[0].resources: 'slurm-extra' is not allowed. Expected: the name of a resource, a Python identifier.",
        ),
        (
            "machines: [{name: a, resources: {threads: 0.5}}]",
            "machines[0].resources.threads: 0.5 is not allowed. Expected: the number of CPUs to ask for, a whole number from 1.",
        ),
        (
            "machine: a b",
            "machine: 'a b' is not allowed. Expected: label of this machine, which names its folder under results/; "
            "null is its host name.",
        ),
        (
            "machines: [{name: compare}]",
            "machines[0].name: 'compare' is the name of another folder there. Choose another name.",
        ),
        ("machines: [{name: a}, {name: a}]", "machines[1].name: a second machine 'a'. Give each a unique name."),
        ("machine: compare", "machine: 'compare' is the name of another folder there. Choose another name."),
        ("machine: Compare", "machine: 'Compare' is the name of another folder there. Choose another name."),
        ("sweep: runs", "sweep: 'runs' is the name of another folder there. Choose another name."),
        (
            "sweep: ../up",
            "sweep: '../up' is not allowed. Expected: name of this sweep, which names its folder of tables; null is "
            "the stem of the --configfile.",
        ),
        ("pythons: [{}]", f"pythons[0]: is empty. Expected: {BUILD}."),
        ("pythons: [{optional: true}]", f"pythons[0]: {{'optional': True}} is not allowed. Expected: {BUILD}."),
        ("pythons: [a;b]", f"pythons[0]: 'a;b' is not allowed. Expected: {BUILD}."),
        ("pythons: [3]", f"pythons[0]: 3 is not allowed. Expected: {BUILD}."),
        (
            "pythons: ['/a\\0b']".replace("'", '"').replace("\\\\", "\\"),
            f"pythons[0]: '/a\\x00b' is not allowed. Expected: {BUILD}.",
        ),
        ("pythons: [{name: a/b}]", f"pythons[0].name: 'a/b' is not allowed. Expected: {BUILD_NAME}."),
        ("packages: numpy", f"packages: 'numpy' is not allowed. Expected: {PACKAGES}."),
        ("packages: [numpy, '==2']", f"packages[1]: '==2' is not a requirement: {SYNTAX}. {EXAMPLE}"),
        (
            "packages: [a @ file:///a.whl]",
            f"packages[0]: 'a @ file:///a.whl' names a file or address. {EXAMPLE} {FOLDERS}",
        ),
        (
            "pythons: [{name: x, packages: ['==1']}]",
            f"pythons[0].packages[0]: '==1' is not a requirement: {SYNTAX}. {EXAMPLE}",
        ),
        ("packages_index: {find_links: none}", "packages_index.find_links: there is no folder 'none'."),
        ("packages_index: {find_links: [., none]}", "packages_index.find_links[1]: there is no folder 'none'."),
        ("pythons: [{name: x, env: {A: 1}}]", "pythons[0].env.A: 1 is not allowed. Expected: a text in quotes."),
        (
            "pythons: [{name: x, env: {'A=B': x}}]",
            "pythons[0].env: 'A=B' is not allowed. Expected: the name of an environment variable.",
        ),
        (
            "reference: 3.1",
            "reference: YAML read the number 3.1, which may mean 3.1 or 3.10. Write the version in quotes.",
        ),
        ("compare: [5]", f"compare[0]: 5 is not allowed. Expected: {RESULT_SET}."),
        ("compare: [{a b: x}]", f"compare[0]: {{'a b': 'x'}} is not allowed. Expected: {RESULT_SET}."),
        ("compare: [{a: x, b: y}]", f"compare[0]: {{'a': 'x', 'b': 'y'}} is not allowed. Expected: {RESULT_SET}."),
        ("fail_if_slower: -1", f"fail_if_slower: -1 is not allowed. Expected: {SLOWER}."),
        ("fail_if_slower: five", f"fail_if_slower: 'five' is not allowed. Expected: {SLOWER}."),
        ("fail_if_below: 0.8", f"fail_if_below: 0.8 is not allowed. Expected: {BELOW}."),
        ("fail_if_below: {}", f"fail_if_below: is empty. Expected: {BELOW}."),
        ("fail_if_below: {ceiling: 0}", f"fail_if_below.ceiling: 0 is not allowed. Expected: {SHARE}."),
        ("fail_if_below: {ceiling: 0.8, bound: 1}", "fail_if_below.bound: unknown key 'bound'. Known: ceiling."),
        ("rouns: 3", f"rouns: unknown key 'rouns'. Did you mean 'rounds'? Known: {KEYS}."),
        ("1: 2", f"[1]: unknown key 1. Known: {KEYS}."),
        ("null: 2", f"None: unknown key None. Did you mean 'on_noise'? Known: {KEYS}."),
        ('"a\\nb": 2', f"'a\\nb': unknown key 'a\\nb'. Known: {KEYS}."),
        ("<<: {rounds: 0}", f"rounds: 0 is not allowed. Expected: {ROUNDS}."),
    ],
)
def test_a_wrong_value_is_reported_with_its_line(line, message, tmp_path):
    assert mistakes(f"{GOOD}{line}\n", tmp_path) == [f"my.yaml:{1 if message.startswith('config') else 2}: {message}"]


@pytest.mark.parametrize(
    ("experiments", "message"),
    [
        ("", f"experiments: is empty. Expected: {EXPERIMENTS}."),
        ("[]", f"experiments: is empty. Expected: {EXPERIMENTS}."),
        ("all", f"experiments: 'all' is not allowed. Expected: {EXPERIMENTS}."),
        ("[e]", "experiments[0]: 'e' is not allowed. Expected: a mapping with at least a name and workloads."),
        (
            "[{name: e, workloads: [{noop: 5}]}]",
            "experiments[0].workloads[0].noop: 5 is not allowed. Expected: a mapping {parameter: value}.",
        ),
        (
            "[{name: e, workloads: [{noop: {1: 2}}]}]",
            "experiments[0].workloads[0]: workload 'noop' has no parameter 1. Known: count.",
        ),
        (
            "[{name: e, workloads: [{noop: {count: {1: 2}}}]}]",
            "experiments[0].workloads[0]: parameter 'count': {1: 2} is not a JSON value. Expected: numbers, texts, true, false, "
            "null, and lists and mappings of them.",
        ),
        ("[{name: e, workloads: [/dev/null]}]", "experiments[0].workloads[0]: '/dev/null' is not a file."),
        (
            "[{name: e, workloads: [noop], rounds: 1_000_000}]",
            "experiments[0]: asks for 6,000,000 runs. Set fewer rounds, workers, switch intervals or values to sweep: at most "
            "100,000 can be planned.",
        ),
        (
            "[{name: e, workloads: [{noop: {count: {sweep: [1, 2]}}}], workers: [1, 2, 3], rounds: 3000}]",
            "experiments[0]: asks for 108,000 runs. Set fewer rounds, workers, switch intervals or values to sweep: at most "
            "100,000 can be planned.",
        ),
    ],
)
def test_a_wrong_experiment_is_reported(experiments, message, tmp_path):
    assert mistakes(f"experiments: {experiments}\n", tmp_path) == [f"my.yaml:1: {message}"]


@pytest.mark.parametrize("value", [".nan", "2026-01-01", "[.inf]", "!!binary aGk="])
def test_a_parameter_must_be_a_value_that_json_holds(value, tmp_path):
    (line,) = mistakes(f"experiments: [{{name: e, workloads: [{{noop: {{count: {value}}}}}]}}]", tmp_path)
    assert "parameter 'count': " in line
    assert line.endswith(
        "is not a JSON value. Expected: numbers, texts, true, false, null, and lists and mappings of them."
    )


def test_a_date_as_the_name_of_a_parameter_is_reported(tmp_path):
    (line,) = mistakes("experiments: [{name: e, workloads: [{noop: {2026-01-01: 0}}]}]", tmp_path)
    assert line.startswith("my.yaml:1: ")
    assert "datetime.date(2026, 1, 1)" in line


@pytest.mark.parametrize("name", ["a b", "a\n", "a/b", "..", "-a", "", "a" * 61, "ä"])
def test_a_name_must_be_safe_as_a_file_name(name):
    with pytest.raises(config.ConfigError, match=r"is not allowed\. Expected: a name of letters"):
        config.checked({"experiments": [{"name": name, "workloads": ["noop"]}]})


@pytest.mark.parametrize("name", [*RESERVED_SWEEPS, "Runs"])
def test_a_sweep_cannot_be_named_as_another_folder(name):
    assert config.name_mistake(name) == f"{name!r} is the name of another folder there. Choose another name."


@pytest.mark.parametrize("name", ["my sweep", "../up", "", "-x", "x" * 61, "a\n"])
def test_a_file_name_that_cannot_name_a_folder_asks_for_the_key(name):
    assert config.name_mistake(name).endswith("Set the key sweep.")


def test_a_workload_file_without_task_is_refused(tmp_path):
    (tmp_path / "half.py").write_text("def tasks(): return []\n")
    (line,) = mistakes("experiments: [{name: e, workloads: [half.py]}]", tmp_path)
    assert line == "my.yaml:1: experiments[0].workloads[0]: workload 'half.py' lacks the function 'task'."


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"def tasks(:\n", "'./mine.py' is not Python: line 1: invalid syntax."),
        (
            b"def tasks(): return [1]\n  def task(a): return a\n",
            "'./mine.py' is not Python: line 2: unexpected indent.",
        ),
        (
            b"x = 1\n\xff\n",
            "'./mine.py' is not Python: 'utf-8' codec can't decode byte 0xff in position 6: invalid start byte.",
        ),
        (b"# coding: klingon\n", "'./mine.py' is not Python: unknown encoding for './mine.py': klingon."),
        (b"-" * 100_000 + b"1", "'./mine.py' is nested too deeply."),
        (b"def task(a): return a\n", "workload './mine.py' lacks the function 'tasks'."),
        (
            b"def tasks(n, m=1): return [n]\ndef task(a): return a\n",
            "workload 'mine' needs a value for its parameter 'n', which has no default.",
        ),
    ],
)
def test_a_workload_file_that_cannot_serve_is_refused(source, message, tmp_path):
    (tmp_path / "mine.py").write_bytes(source)
    (line,) = mistakes("experiments: [{name: e, workloads: [./mine.py]}]", tmp_path)
    assert line.replace(str(tmp_path), ".") == f"my.yaml:1: experiments[0].workloads[0]: {message}"


def test_a_workload_file_with_null_bytes_is_no_python(tmp_path):
    (tmp_path / "mine.py").write_bytes(b"a\0b")
    (line,) = mistakes("experiments: [{name: e, workloads: [./mine.py]}]", tmp_path)
    assert "'./mine.py' is not Python: source code " in line and line.endswith("null bytes.")


def test_a_parameter_is_a_text_where_a_workload_takes_any(tmp_path):
    (tmp_path / "mine.py").write_text("def tasks(**params): return [1]\ndef task(a): return a\n")
    (line,) = mistakes("experiments: [{name: e, workloads: [./mine.py: {1: 2, other: 3}]}]", tmp_path)
    assert line == "my.yaml:1: experiments[0].workloads[0]: workload 'mine' has no parameter 1. Known: none."


def test_a_workload_file_is_read_and_never_run(tmp_path, capfd):
    parts = "import mine, other\nprint('here')\nraise SystemExit\ndef tasks(): return [1]\ndef task(a): return a\n"
    for name in ("mine", "other"):
        (tmp_path / f"{name}.py").write_text(parts)
    config.checked({"experiments": [{"name": "e", "workloads": ["./mine.py"]}]}, base=tmp_path)
    assert capfd.readouterr() == ("", "")


def test_a_backend_file_without_run_is_refused(tmp_path):
    (tmp_path / "half.py").write_text("def go(job): return []\n")
    (line,) = mistakes("experiments: [{name: e, workloads: [noop], backends: [half.py]}]", tmp_path)
    assert line == "my.yaml:1: experiments[0].backends[0]: backend 'half.py' lacks the function 'run'."


def test_custom_backends_need_another_name_than_built_in(tmp_path):
    (tmp_path / "thread.py").write_text("def run(job): return []\n")
    (line,) = mistakes("experiments: [{name: e, workloads: [noop], backends: [./thread.py]}]", tmp_path)
    assert line == ("my.yaml:1: experiments[0].backends[0]: a second backend 'thread'. Give each a unique name.")


def test_two_custom_backends_of_one_name_are_refused(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text("def run(job): return []\n")
    one, other = (f"{{name: {name}, workloads: [noop], backends: [{name}/mine.py]}}" for name in "ab")
    (line,) = mistakes(f"experiments: [{one}, {other}]", tmp_path)
    assert line == "my.yaml:1: experiments[1].backends[0]: a second backend 'mine'. Give each a unique name."


def test_backends_must_declare_that_they_start_together(tmp_path):
    (tmp_path / "mine.py").write_text("def run(job): return []\n")
    (tmp_path / "able.py").write_text("together = True\ndef run(job): return []\n")
    text = "start: together\nexperiments: [{name: e, workloads: [noop], backends: [sequential, thread, ./able.py, ./mine.py]}]"
    assert mistakes(text, tmp_path) == [
        "my.yaml:2: experiments[0].backends[3]: custom backends do not support `start: together` unless the file sets "
        "`together = True`. Use `start: natural`."
    ]


@pytest.mark.parametrize(
    ("pythons", "where"),
    [
        ("[{name: x, command: python3}, {name: x, command: python2}]", "pythons[1]"),
        ("[x, {name: x, env: {A: b}}]", "pythons[1]"),
        ("[y, x, y, {name: y, command: z}]", "pythons[3]"),
    ],
)
def test_two_builds_of_one_name_are_refused(pythons, where, tmp_path):
    name = pythons[pythons.index("name: ") + 6]
    message = f"a second build {name!r}. Give each a unique name."
    assert mistakes(f"pythons: {pythons}\n{GOOD}", tmp_path) == [f"my.yaml:1: {where}: {message}"]
    inner = f"experiments: [{{name: e, workloads: [noop], pythons: {pythons}}}]"
    assert mistakes(inner, tmp_path) == [f"my.yaml:1: experiments[0].{where}: {message}"]


def test_the_same_build_may_be_listed_twice():
    twice = [{"name": "x", "command": "python3"}] * 2
    assert config.checked({"pythons": twice, **yaml.safe_load(GOOD)})["pythons"] == twice


def test_everything_yaml_runs_every_workload_and_backend(request):
    path = Path("config/everything.yaml")
    lines = "\n".join(["backends:", *(f"  - {name}" for name in backends_by_kind())])
    before = path.read_text()
    after = re.sub(r"^backends:\n(  - \w+\n?)+", lines + "\n", before, count=1, flags=re.MULTILINE)
    experiments = yaml.safe_load(after)["experiments"]
    used = [config.named(item)[0] for experiment in experiments for item in experiment["workloads"]]
    new = "".join(f", {name}" for name in catalog.names(catalog.WORKLOADS) if name not in used)
    after = re.sub(r"^(    workloads: \[[^]]*)", rf"\1{new}", after, count=1, flags=re.MULTILINE)
    if request.config.getoption("--fix"):
        path.write_text(after)
    assert path.read_text() == after
    assert not set(used) - set(catalog.names(catalog.WORKLOADS))


def backends_by_kind():
    """The names of all backends, in the order of their kinds."""
    backends = [catalog.read_backend(name, ".") for name in catalog.names(catalog.BACKENDS)]
    return [backend.name for backend in sorted(backends, key=lambda one: catalog.KINDS.index(one.kind))]


def test_two_workloads_of_one_name_are_refused(tmp_path):
    (tmp_path / "noop.py").write_text("def tasks(): return [1]\ndef task(a): return a\n")
    (line,) = mistakes("experiments: [{name: e, workloads: [noop, ./noop.py]}]", tmp_path)
    assert line.startswith("my.yaml:1: experiments[0].workloads[1]: a second workload 'noop'.")


@pytest.mark.parametrize("text", ["1e-6", "'1e-6'", "1.0e-6"])
def test_seconds_that_yaml_reads_as_text_are_numbers(text):
    checked = config.checked(yaml.safe_load(f"switch_intervals: [{text}]\n{GOOD}"))
    assert checked["experiments"][0]["switch_intervals"] == [1e-6]


def test_numbers_and_booleans_given_as_text_are_parsed():
    texts = {
        "rounds": "7",
        "timeout": "1.5",
        "ceiling": "false",
        "cpus": ["0"],
        "fail_if_slower": "null",
        "fail_if_below": {"ceiling": "0.8"},
        "machine": "null",
    }
    lists = {"workers": ["1", "default", "2.0"], "switch_intervals": ["default", "0.01"]}
    checked = config.checked({**texts, **lists, **yaml.safe_load(GOOD)})
    expected = {
        "rounds": 7,
        "timeout": 1.5,
        "ceiling": False,
        "cpus": [0],
        "fail_if_slower": None,
        "fail_if_below": {"ceiling": 0.8},
        "machine": None,
        "workers": [1, "default", 2],
        "switch_intervals": ["default", 0.01],
    }
    assert {key: checked[key] for key in expected} == expected
    assert [type(value) for value in checked["workers"]] == [int, str, int]


def test_text_stays_text_where_text_is_meant():
    given = {"pythons": ["3.14", "3"], "reference": "3.14", "sweep": "12", "machine": "1e-6"}
    checked = config.checked({**given, **yaml.safe_load(GOOD)})
    assert {key: checked[key] for key in given} == given


def test_a_parameter_is_read_as_what_its_default_is():
    entries = [
        {"py_loop": {"n": "1000", "count": {"sweep": ["1", "2"]}}},
        {"url_fetch": {"delay_s": "1e-3"}},
        {"sum_range": {"numbers": ["10", "20"]}},
        {"latency": {"busy_as": "process"}},
    ]
    checked = config.checked({"experiments": [{"name": "e", "workloads": entries}]})
    assert checked["experiments"][0]["workloads"] == [
        {"py_loop": {"n": 1000, "count": {"sweep": [1, 2]}}},
        {"url_fetch": {"delay_s": 0.001}},
        {"sum_range": {"numbers": [10, 20]}},
        {"latency": {"busy_as": "process"}},
    ]


def test_an_unambiguous_version_may_be_a_number():
    checked = config.checked(yaml.safe_load("pythons: [3.12, {name: 3.14}]\nreference: 3.12\n" + GOOD))
    assert (checked["pythons"], checked["reference"]) == (["3.12", {"name": "3.14"}], "3.12")


def test_experiments_inherit_what_they_do_not_set():
    checked = config.checked({"rounds": 2, "experiments": [{"name": "e", "workloads": ["noop"], "repeats": 9}]})
    assert {key: checked["experiments"][0][key] for key in ("rounds", "repeats", "warmups")} == {
        "rounds": 2,
        "repeats": 9,
        "warmups": 1,
    }


def test_until_sets_the_rounds_of_all_experiments():
    experiments = [{"name": name, "workloads": ["noop"], "rounds": 3} for name in "ab"]
    checked = config.checked(
        {"rounds": 2, "until": {"half_width": "1e-2", "max_rounds": 9}, "experiments": experiments}
    )
    assert [experiment["rounds"] for experiment in checked["experiments"]] == [9, 9]
    assert [experiment["until"] for experiment in checked["experiments"]] == [{"half_width": 0.01, "max_rounds": 9}] * 2


@pytest.mark.parametrize(
    ("until", "rounds"), [({}, 9), ({"until": None}, 3), ({"until": {"half_width": 0.1, "max_rounds": 20}}, 20)]
)
def test_until_of_an_experiment_comes_before_the_sweep_s(until, rounds):
    experiment = {"name": "e", "workloads": ["noop"], "rounds": 3, **until}
    checked = config.checked({"until": {"half_width": 0.01, "max_rounds": 9}, "experiments": [experiment]})
    assert checked["experiments"][0]["rounds"] == rounds


def test_the_default_config_agrees_with_the_schema():
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


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"rounds: [6\nseed: 1\n", r"config\.yaml:2: is not valid YAML: expected ',' or '\]', but got ':'\."),
        (b"a: 1\n\tb: 2\n", r"config\.yaml:2: is not valid YAML: found character '\\t' that cannot start any token\."),
        (b"a: 2026-13-45\n", r"config\.yaml: is not valid YAML: month must be in 1\.\.12.*\."),
        (b"a: \xff\n", r"config\.yaml: is not valid YAML: 'utf-8' codec can't decode byte 0xff .*\."),
        (b"a: " + b"[" * 3000, r"config\.yaml: is nested too deeply\."),
        (b'{"rounds":\t"x"', r"config\.yaml:\d: is not valid YAML: "),
        *(
            (f"a: !!{tag} x".encode(), r"config\.yaml: is not valid YAML: ")
            for tag in ("int", "float", "bool", "timestamp")
        ),
        (b"", r"config\.yaml: must be a mapping of keys to values\."),
        (b"- a\n", r"config\.yaml: must be a mapping of keys to values\."),
    ],
    ids=["bracket", "tab", "date", "bytes", "levels", "json", "int", "float", "bool", "timestamp", "empty", "list"],
)
def test_invalid_yaml_is_reported_with_its_line(content, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("config").mkdir()
    Path("config/config.yaml").write_bytes(content)
    with pytest.raises(WorkflowError, match=said):
        workflow.default_config()


def test_an_invalid_default_config_ends_without_traceback(clone):
    (clone / "config/config.yaml").write_text("rounds: [6\nseed: 1\n")
    done = run_snakemake("-n", "--cores", "1", cwd=clone)
    assert done.returncode == 1
    assert (
        "config.yaml:2: is not valid YAML: " in done.stdout + done.stderr
        and "Traceback" not in done.stdout + done.stderr
    )


LONG_TEXTS = f"{'x' * 9_990}, " * 52


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("x" * 10_001, "a text has more than 10,000 characters"),
        ("[" * 60 + "]" * 60, "more than 50 levels of lists and objects"),
        (f"[{LONG_TEXTS}]", "more than 500,000 characters"),
        (f"{{sweep: [1, [{LONG_TEXTS}]]}}", "more than 500,000 characters"),
    ],
    ids=["letters", "levels", "list", "sweep"],
)
def test_a_parameter_fits_into_a_record(value, said, tmp_path):
    (line,) = mistakes(f"experiments: [{{name: e, workloads: [{{noop: {{count: {value}}}}}]}}]", tmp_path)
    assert line.endswith(f"experiments[0].workloads[0]: parameter 'count': {said}. Records cannot hold it.")


RAISES = "raise SystemExit('it was run')\ndef tasks(): return [1]\n"


@pytest.mark.parametrize(
    ("name", "text", "arguments", "expected"),
    [
        (
            "my",
            "rouns: 3\nexperiments: [{name: e, workloads: [./raises.py]}]\n",
            ["-n", "--config", "workers=[1,0]"],
            [
                "my.yaml:1: rouns: unknown key 'rouns'. Did you mean 'rounds'?",
                "workload './raises.py' lacks the function 'task'.",
                "--config: workers[1]: 0 is not allowed. Expected: a whole number from 1",
            ],
        ),
        ("my", "rounds: 0\n", [], ["my.yaml:1: rounds: 0 is not allowed. Expected: "]),
        ("my", f"machine: here\nsweep: here.tar.gz\n{GOOD}", [], ["my.yaml:2: sweep: 'here.tar.gz' is the name of"]),
        ("my", f"pythons: [none-such]\n{GOOD}", [], ["pythons[0]: no Python 'none-such' found"]),
        ("runs", GOOD, [], ["sweep: 'runs' is the name of another folder there. Choose another name."]),
        ("my", f"compare: [nowhere]\n{GOOD}", ["compare"], ["my.yaml:1: compare[0]: 'nowhere' does not exist."]),
        ("my", "rounds: [6\nseed: 1\n", [], ["Config file is not valid JSON or YAML."]),
    ],
    ids=["mistakes", "range", "archive", "build", "reserved", "result-set", "yaml"],
)
def test_a_bad_config_ends_the_call_before_anything_is_made(name, text, arguments, expected, clone):
    (clone / f"{name}.yaml").write_text(text)
    (clone / "raises.py").write_text(RAISES)
    done = run_snakemake("--cores", "1", *arguments, "--configfile", f"{name}.yaml", cwd=clone)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert [part for part in expected if part not in said] == []
    assert not [word for word in ("Traceback", "it was run") if word in said]
    assert not (clone / "results").exists()


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("py_loop: {n: null}", "'n': None is not allowed. Expected: a whole number"),
        ("py_loop: {n: {sweep: [1, ten]}}", "'n': 'ten' is not allowed. Expected: a whole number"),
        ("py_loop: {n: 2.5}", "'n': 2.5 is not allowed. Expected: a whole number"),
        ("py_loop: {n: true}", "'n': True is not allowed. Expected: a whole number"),
        ("sleep: {seconds: long}", "'seconds': 'long' is not allowed. Expected: a number"),
        ("sum_range: {numbers: 7}", "'numbers': 7 is not allowed. Expected: a list"),
        ("objects: {kind: 3}", "'kind': 3 is not allowed. Expected: a text"),
    ],
)
def test_a_value_of_another_type_than_its_default_is_refused(item, said, tmp_path):
    (line,) = mistakes(f"experiments: [{{name: e, workloads: [{{{item}}}]}}]", tmp_path)
    assert line == f"my.yaml:1: experiments[0].workloads[0]: parameter {said}."


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (
            "{process_pool: {start_method: forks}}",
            "'start_method': 'forks' is not allowed. Expected: one of null, fork, forkserver, spawn",
        ),
        ("{thread_pool: {reuse: 1}}", "'reuse': 1 is not allowed. Expected: true or false"),
        ("{thread_pool: {start_method: fork}}", "'start_method'. Known: chunksize, reuse"),
    ],
)
def test_a_value_that_a_backend_does_not_accept_is_refused(item, said, tmp_path):
    text = f"experiments: [{{name: e, workloads: [noop], backends: [{item}, sequential]}}]"
    (line,) = mistakes(text, tmp_path)
    assert line.startswith("my.yaml:1: experiments[0].backends[0]: ") and line.endswith(f"{said}.")


def test_values_that_a_type_accepts():
    items = "[{py_loop: {n: 1e6}}, {sleep: {seconds: 1}}, {noop: {count: auto}}, {sum_range: {numbers: [3, 4]}}]"
    checked = config.checked(yaml.safe_load(f"experiments: [{{name: e, workloads: {items}}}]"))
    assert repr(checked["experiments"][0]["workloads"][0]) == "{'py_loop': {'n': 1000000}}"


def test_auto_in_a_sweep_is_refused(tmp_path):
    (line,) = mistakes("experiments: [{name: e, workloads: [{py_loop: {n: {sweep: [auto, 10]}}}]}]", tmp_path)
    message = "parameter 'n': `auto` cannot be swept. Give numbers, or `n: auto` alone."
    assert line == f"my.yaml:1: experiments[0].workloads[0]: {message}"


def test_a_dotted_name_may_be_that_of_a_module_beside_the_config(tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "there/pack").mkdir(parents=True)
    (tmp_path / "there/pack/mine.py").write_text("def tasks(n=1): return [n]\ndef task(a): pass\n")
    file = tmp_path / "there/my.yaml"
    file.write_text("experiments: [{name: e, workloads: [pack.mine: {n: '2'}]}]\n")
    checked = config.checked(yaml.safe_load(file.read_text()), [file], tmp_path / "here")
    assert checked["experiments"][0]["workloads"] == [{"../there/pack/mine.py": {"n": 2}}]


TASKS = "def tasks(n=1): return [n]\n"
DEFAULT_TEXT = Path("config/config.yaml").read_text()


@pytest.mark.parametrize(
    ("workload", "entry"),
    [("sub/mine.py", "sub/mine.py"), ("sub.mine", "sub.mine"), ({"sub/mine.py": {"n": "2"}},) * 2],
)
def test_a_workload_takes_the_place_of_the_experiments(workload, entry, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/mine.py").write_text(f"{TASKS}def task(a): pass\n")
    default = yaml.safe_load(DEFAULT_TEXT)
    (experiment,) = config.checked({**default, "workload": workload}, [], tmp_path)["experiments"]
    schema = config.load_schema()["$defs"]
    assert experiment["name"] == "mine"
    assert experiment["workloads"] == [{"sub/mine.py": {"n": 2}} if isinstance(entry, dict) else entry]
    assert [experiment[key] for key in ("pythons", "rounds")] == [default["pythons"], default["rounds"]]
    assert [experiment[key] for key in ("backends", "workers")] == [schema["backends"]["default"], "auto"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("workload: none.py", "1: workload: 'none.py' cannot be read: No such file or directory."),
        ("workload: no_task.py", "1: workload: workload 'no_task.py' lacks the function 'task'."),
        ("workload: 3", "1: workload: 3 is not allowed. Expected: a workload: a name, the path of a file, or "),
        ("workload: mine", "1: workload: unknown workload 'mine'. "),
        ("workload: {no_task.py: 3}", "1: workload: 3 is not allowed. Expected: a mapping {parameter: value}."),
        ("{workload: fib, backends: [tread]}", "1: backends[0]: unknown backend 'tread'. "),
        ("{workload: fib, rounds: 100_000}", "1: workload: asks for 600,000 runs. "),
        ("workload: none.py\nexperiments: [{name: 3}]", "1: workload: 'none.py' cannot be read: "),
    ],
)
def test_mistakes_in_a_workload_name_its_key(line, message, tmp_path):
    (tmp_path / "no_task.py").write_text(TASKS)
    found = mistakes(line, tmp_path)
    assert [text for text in found if text.startswith(f"my.yaml:{message}")], found
    assert not [text for text in found if "experiments" in text.partition(" is ")[0]]


@pytest.mark.parametrize(
    ("workload", "stem"),
    [("a/mine.py", "mine"), ("p.m", "m"), ("./_x y.py", "x_y"), ("é.py", "workload"), ({}, "workload")],
)
def test_a_workload_stem_can_name_a_folder(workload, stem):
    assert config.workload_stem(workload) == stem
    assert config.name_mistake(stem) is None


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (["my.yaml:3: rounds: 0 is not allowed.", "--config: rounds: x"], "#key-rounds"),
        (["a b.yaml:3: experiments[0].backends[2]: unknown backend 'x'.", "cpus: none."], "#key-backends, #key-cpus"),
        (["my.yaml:1: experiments[1]: asks for 600,000 runs."], "#key-experiments"),
        (["my.yaml:1: experiments[1].name: is missing."], "#key-name"),
        (["my.yaml:2: round: unknown key 'round'. Known: cpus, rounds."], "#keys"),
    ],
)
def test_a_message_leads_to_the_explanation_of_its_keys(found, text):
    assert config.describe_reference(found) == f"Explained in config/README.md{text}."


LESSON = {"question": "q", "experiment": "e", "backends": ["thread"], "code": "c", "why": "w"}


def test_lessons_name_experiments_and_their_backends(tmp_path):
    items = [LESSON, {**LESSON, "experiment": "f"}, {**LESSON, "backends": ["thread", "process"]}]
    experiment = {"name": "e", "workloads": ["noop"], "backends": ["thread"]}
    lessons = {"title": "t", "source": "s", "items": items}
    text = yaml.safe_dump({"experiments": [experiment], "lessons": lessons})
    assert [mistake.partition(": ")[2] for mistake in mistakes(text, tmp_path)] == [
        "lessons.items[1].experiment: unknown experiment 'f'. Known: e.",
        "lessons.items[2].backends[1]: unknown backend 'process'. Known: thread.",
    ]


def test_lessons_are_left_out_with_the_key_workload():
    lessons = {"title": "t", "source": "s", "items": [LESSON]}
    assert config.checked({"workload": "noop", "lessons": lessons, "experiments": []})["lessons"] is None
