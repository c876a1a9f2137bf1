import json
import os
import shutil
import tarfile

import pytest
from gil_scaling.analysis import read, tables
from gil_scaling.analysis.documents import DocumentError
from gil_scaling.analysis.read import Source, read_sets, read_sweep
from gil_scaling.analysis.tables.__main__ import main

from tests.support import make_record, make_sample, run_python, sweep_records, write_result_set

LEADS_OUT = "is a link that leads out of the result set"
NO_SWEEP, NO_RUN = "no sweep in it that can be used", "there is no run in it that is ok"


def put_in_records(folder, change):
    """Changes each record of a result set."""
    for path in (folder / "runs").glob("*.json"):
        record = json.loads(path.read_text())
        change(record)
        path.write_text(json.dumps(record))


@pytest.fixture
def make_set(tmp_path):
    """Writes a result set with the sweep s of two runs, measured at a time; a name, and the label of its machine."""

    def make(name="m", started=None, machine=None):
        folder = tmp_path / "sets" / name
        write_result_set(folder, sweep_records({"sequential": [4.0], "thread": [2.0]}), machine=machine or "m")
        if started:
            put_in_records(folder, lambda record: record.update(started=started))
        return folder

    return make


def read_all(*paths, by_date=False):
    sources = [Source(*path) if isinstance(path, tuple) else Source(None, path) for path in paths]
    return read_sets(sources, "noise", by_date)


def read_one(path):
    frames = read_all(path)
    (result_set,) = frames.sets
    return result_set


def refused(path):
    frames = read_all(path)
    ((label, file, text),) = frames.problems
    assert (frames.sets, label, file) == ([], path.name, "")
    return text


def labels(*paths, by_date=False):
    frames = read_all(*paths, by_date=by_date)
    assert set(frames.runs["machine"]) == {result_set.label for result_set in frames.sets}
    return [result_set.label for result_set in frames.sets]


# ---- what is read


def test_a_machine_folder_has_all_its_sweeps(make_set):
    folder = make_set()
    for name in ("t", "noise"):
        shutil.copytree(folder / "s", folder / name)
    result_set = read_one(folder)
    assert (result_set.label, result_set.sweeps, list(result_set.builds)) == ("m", ["s", "t"], ["3.14"])
    assert (result_set.facts["cpu_model"], list(result_set.configs)) == ("A CPU", ["s", "t"])
    assert (len(result_set.runs), len(result_set.noise.runs), result_set.problems) == (4, 2, [])


def test_a_sweep_folder_has_it_alone(make_set):
    folder = make_set()
    shutil.copytree(folder / "s", folder / "t")
    result_set = read_one(folder / "t")
    assert (result_set.sweeps, len(result_set.runs), result_set.facts["cpu_model"]) == (["t"], 2, "A CPU")


def test_a_folder_is_read_through_links_and_dots(make_set, tmp_path):
    folder = make_set()
    (tmp_path / "link").symlink_to(folder)
    frames = read_all(tmp_path / "link", folder / "s/..")
    assert [(result_set.sweeps, result_set.problems) for result_set in frames.sets] == [(["s"], [])] * 2


def test_a_sweep_is_a_comparison_of_one(make_set):
    folder = make_set()
    alone, compared = tables.make(read_sweep(folder / "s/plan.json")), tables.make(read_all(folder))
    assert {name: table.to_csv() for name, table in alone.items()} == {
        name: table.to_csv() for name, table in compared.items()
    }


def with_packages(folder, sweep, digest, version):
    """Gives the build 3.14 in a sweep of a result set a version of demo, in a file of its own."""
    facts = json.loads((folder / "pythons/3.14.json").read_text())
    facts |= {"packages": {"demo": {"version": version}}, "requires": ["demo"], "imports": {"demo": {}}}
    (folder / f"pythons/3.14-{digest}.json").write_text(json.dumps(facts))
    plan = json.loads((folder / "s/plan.json").read_text())
    (folder / sweep).mkdir(exist_ok=True)
    plan |= {"sweep": sweep, "builds": [f"pythons/3.14-{digest}.json"]}
    (folder / sweep / "plan.json").write_text(json.dumps(plan))
    (folder / sweep / "config.yaml").write_text("experiments: []\n")


def test_sweeps_keep_the_packages_of_their_builds(make_set):
    folder = make_set()
    with_packages(folder, "t", "0" * 16, "1.0")
    with_packages(folder, "u", "1" * 16, "2.0")
    names = {"s": "3.14", "t": "3.14 with demo 1.0", "u": "3.14 with demo 2.0"}
    result_set = read_one(folder)
    for column in ("python", "reference"):
        assert result_set.runs.groupby("sweep")[column].unique().map(list).to_dict() == {
            k: [n] for k, n in names.items()
        }
    versions = {name: build.package_versions for name, build in result_set.builds.items()}
    assert versions == {names["s"]: {}, names["t"]: {"demo": "1.0"}, names["u"]: {"demo": "2.0"}}
    assert list(read_one(folder / "u").builds) == ["3.14"]


def test_builds_are_named_alike_in_all_sets(make_set):
    both, one = make_set("both"), make_set("one", machine="n")
    with_packages(both, "t", "0" * 16, "1.0")
    with_packages(one, "s", "0" * 16, "1.0")
    assert [list(each.builds) for each in read_all(both, one).sets] == [
        ["3.14", "3.14 with demo 1.0"],
        ["3.14 with demo 1.0"],
    ]


def test_sweeps_share_their_records(make_set, monkeypatch):
    folder = make_set()
    shutil.copytree(folder / "s", folder / "t")
    paths = []
    monkeypatch.setattr(read, "decode", lambda path, decode=read.decode: paths.append(path) or decode(path))
    assert (len(read_one(folder).runs), len(paths)) == (4, 2)


# ---- labels and order


def test_a_label_of_the_config_replaces_the_machine(make_set):
    one, other = make_set("one"), make_set("other", machine="n")
    assert labels(("before", one), other, ("after", one)) == ["before", "n", "after"]


@pytest.mark.parametrize(
    ("times", "names"),
    [
        (["2026-02-01T12:00:00Z", "2026-01-31T12:00:00.123456Z"], ["m 2026-02-01", "m 2026-01-31"]),
        (["2026-02-01T12:00:59Z", "2026-02-01T12:01:00Z"], ["m 2026-02-01 12:00", "m 2026-02-01 12:01"]),
        (["2026-02-01T12:00:00Z"] * 2, ["m 2026-02-01 (1)", "m 2026-02-01 (2)"]),
    ],
    ids=["dates", "minutes", "numbers"],
)
def test_sets_of_one_label_get_their_times(times, names, make_set):
    assert labels(*(make_set(f"m{place}", started) for place, started in enumerate(times))) == names


def test_sets_are_ordered_as_given_or_by_date(make_set):
    paths = [make_set(name, f"2026-0{month}-01T00:00:00Z", name) for name, month in (("a", 3), ("b", 1), ("c", 2))]
    assert labels(*paths) == ["a", "b", "c"]
    assert labels(*paths, by_date=True) == ["b", "c", "a"]


def test_experiments_get_their_sweep_where_there_are_several(make_set):
    one, other = make_set("one"), make_set("other", machine="n")
    assert set(read_all(one, other).runs["experiment"]) == {"e"}
    shutil.copytree(one / "s", one / "t")
    runs = read_all(one, other).runs
    assert runs.groupby("machine")["experiment"].agg(set).to_dict() == {"m": {"s.e", "t.e"}, "n": {"s.e"}}


# ---- identity


def identified(tmp_path, *records, **options):
    for number, record in enumerate(records):
        record["run"] = f"r{number}"
    return read_sweep(write_result_set(tmp_path, list(records), **options)).runs


def test_cases_are_shared_by_builds_and_combinations_are_not(tmp_path):
    runs = identified(tmp_path, *(make_record(spec={"python": python}) for python in "ab"))
    (case,) = set(runs["case"])
    assert case.startswith("e-py_loop-thread-w2-")
    assert runs["combination"].tolist() == [f"m/a/{case}", f"m/b/{case}"]


@pytest.mark.parametrize(
    "change",
    [
        {"workload": "fib"},
        {"params": {"n": 1}},
        {"backend": "thread_pool"},
        {"backend_params": {"chunksize": 2}},
        {"workers": 4},
        {"switch_interval_s": 0.1},
        {"start": "together"},
        {"scaling": "weak"},
    ],
    ids=lambda change: "-".join(change),
)
def test_any_other_axis_makes_another_case(change, tmp_path):
    runs = identified(tmp_path, make_record(), make_record(spec=change), make_record(spec={"round": 2}))
    first, changed, other_round = runs["case"]
    assert first == other_round != changed


def test_the_default_number_of_workers_is_a_case_of_its_own(tmp_path):
    by_default = make_record(samples=[make_sample(workers=2)], spec={"workers": "default"})
    runs = identified(tmp_path, make_record(), by_default)
    assert runs["label"].tolist() == ["thread × 2", "thread × default: 2"]
    assert runs["case"].nunique() == 2


def test_a_collapsed_interval_is_the_one_nearest_the_default(tmp_path):
    with_gil = [make_record(spec={"python": "a", "switch_interval_s": value}) for value in (0.1, 0.004, 0.0001)]
    free = make_record(spec={"python": "b", "switch_interval_s": None})
    runs = identified(tmp_path, *with_gil, free)
    assert runs["case"].tolist()[3] == runs["case"].tolist()[1]
    assert runs["case"].nunique() == 3


def test_no_key_is_ever_missing(tmp_path):
    records = [make_record(), make_record(spec={"switch_interval_s": None})]
    path = write_result_set(tmp_path, [{**record, "run": f"r{place}"} for place, record in enumerate(records)])
    (tmp_path / "runs/r0.json").write_text("{")
    runs = read_sweep(path).runs
    assert runs[["case", "combination", "build"]].notna().all(axis=None)
    assert runs["status"].tolist() == ["damaged", "ok"]


def test_builds_have_their_machine_where_there_are_several(make_set):
    one, other = make_set("one"), make_set("other", machine="n")
    assert set(read_all(one).runs["build"]) == {"3.14"}
    assert set(read_all(one, other).runs["build"]) == {"m · 3.14", "n · 3.14"}


# ---- what is damaged


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("machine.json", "is not valid JSON: Input data was truncated"),
        ("s/config.yaml", "must be a mapping of keys to values"),
    ],
)
def test_a_damaged_file_is_named_and_the_rest_is_used(file, text, make_set):
    good, bad = make_set("good", machine="n"), make_set("bad")
    (bad / file).write_text("")
    frames = read_all(good, bad)
    assert ("m", file, text) in frames.problems
    assert len(frames.runs) == 4


def test_runs_of_a_build_without_facts_are_damaged(make_set):
    folder = make_set()
    (folder / "pythons/3.14.json").write_text("")
    assert refused(folder) == f"{NO_RUN}; pythons/3.14.json is not valid JSON: Input data was truncated"


def test_a_damaged_plan_leaves_out_its_sweep(make_set):
    folder = make_set()
    shutil.copytree(folder / "s", folder / "t")
    (folder / "s/plan.json").write_bytes(b"\xff")
    result_set = read_one(folder)
    text = "cannot be read: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"
    assert (result_set.sweeps, result_set.problems) == (["t"], [("s/plan.json", text)])


def test_what_is_no_result_set_is_named(make_set, tmp_path):
    folder = make_set()
    (folder / "s/plan.json").write_text("{}")
    assert refused(folder) == f"{NO_SWEEP}; s/plan.json Object missing required field `machine`"
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty") == NO_SWEEP
    assert refused(tmp_path / "none") == "cannot be unpacked: no such file or folder"
    assert read_all(("mine", tmp_path / "empty")).problems == [("mine", "", NO_SWEEP)]


def test_a_set_without_a_good_run_is_left_out(make_set):
    folder = make_set()
    put_in_records(folder, lambda record: record.update(status="failed", reason="broken", measured=None))
    assert refused(folder) == NO_RUN


def test_sweeps_of_two_machines_are_no_set(make_set):
    folder = make_set()
    shutil.copytree(folder / "s", folder / "t")
    plan = folder / "t/plan.json"
    plan.write_text(plan.read_text().replace('"machine": "m"', '"machine": "n"'))
    assert refused(folder) == "its sweeps are of 2 machines"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"run": "other"}, "is the record of the run other"),
        ({"format": 3}, "format: 3 is not supported, only 5 is. Measure again."),
    ],
)
def test_a_record_that_cannot_be_used_is_a_damaged_run(change, reason, make_set):
    folder = make_set()
    path = next((folder / "runs").glob("*thread*"))
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    runs = read_one(folder).runs.set_index("run")
    assert runs.loc[path.stem, ["status", "reason"]].tolist() == ["damaged", f"{path.name}: {reason}"]


def test_a_record_that_stands_there_twice_counts_once(make_set):
    folder = make_set()
    plan = json.loads((folder / "s/plan.json").read_text())
    first, second = (folder / f"runs/{planned['run']}.json" for planned in plan["runs"])
    second.write_text(json.dumps({**json.loads(first.read_text()), "run": second.stem}))
    reason = f"{second.name}: contains the same run as {first.name}"
    assert read_one(folder).runs.set_index("run").loc[second.stem, "reason"] == reason


def test_one_sweep_with_an_unusable_file_is_an_error(make_set):
    folder = make_set()
    (folder / "machine.json").write_text("1")
    with pytest.raises(DocumentError, match=r"machine\.json: Expected `object`, got `int`$"):
        read_sweep(folder / "s/plan.json")


# ---- links


@pytest.mark.parametrize("file", ["s/plan.json", "s/config.yaml", "pythons/3.14.json", "machine.json"])
def test_a_link_out_of_the_set_is_not_read(file, make_set, tmp_path):
    folder = make_set()
    shutil.move(folder / file, tmp_path / "outside")
    (folder / file).symlink_to(tmp_path / "outside")
    assert LEADS_OUT in str(read_all(folder).problems)


def test_a_record_that_is_a_link_is_not_read(make_set, tmp_path):
    folder = make_set()
    path = next((folder / "runs").glob("*thread*"))
    shutil.move(path, tmp_path / "outside")
    path.symlink_to(tmp_path / "outside")
    assert read_one(folder).runs.set_index("run").loc[path.stem, "reason"] == f"{path.name}: is a link"


def test_a_link_to_itself_is_named(make_set):
    folder = make_set()
    (folder / "machine.json").unlink()
    (folder / "machine.json").symlink_to("machine.json")
    assert [file for file, _ in read_one(folder).problems] == ["machine.json"]


@pytest.mark.parametrize("name", ["<b>", "a b", "\x1b[31m", os.fsdecode(b"\xff"), "x" * 61])
def test_a_folder_with_an_invalid_name_is_no_sweep(name, make_set):
    folder = make_set()
    shutil.copytree(folder / "s", folder / name)
    result_set = read_one(folder)
    assert (result_set.sweeps, result_set.problems) == (["s"], [(repr(name), "is not a valid name of a sweep")])


# ---- the command


def write_sources(path, *sources):
    named = [{"label": None, "path": str(source)} for source in sources]
    path.write_text(json.dumps({"sets": named, "by_date": False, "noise_sweep": "noise"}))
    return path


@pytest.mark.slow
def test_comparing_names_what_cannot_be_used(make_set, tmp_path):
    good, hostile = make_set("good"), make_set("hostile", "2026-05-01T12:00:00Z")
    (hostile / "machine.json").unlink()
    (hostile / "machine.json").symlink_to("/etc/passwd")
    (hostile / "s/config.yaml").write_text("a: !!python/object/apply:os.mkdir [made]\n")
    with tarfile.open(tmp_path / "bad.tar.gz", "w:gz") as archive:
        archive.add(good / "machine.json", "../../outside")
    path = write_sources(tmp_path / "sets.json", good, hostile, tmp_path / "bad.tar.gz", tmp_path / "none")
    done = run_python("-m", "gil_scaling.analysis.tables", str(path), str(tmp_path / "out"))
    problems = [
        "bad.tar.gz: cannot be unpacked: '../../outside' leads out of the folder",
        "none: cannot be unpacked: no such file or folder",
        f"m 2026-05-01: machine.json: {LEADS_OUT}",
        "m 2026-05-01: s/config.yaml: is not valid YAML",
    ]
    assert (done.returncode, sorted(done.stderr.splitlines())) == (0, sorted(problems))
    sets = json.loads((tmp_path / "out/sets.json").read_text())
    assert (sets["sweep"], [one["label"] for one in sets["sets"]]) == (None, ["m 2026-01-01", "m 2026-05-01"])
    assert sorted(": ".join(filter(None, problem)) for problem in sets["problems"]) == sorted(problems)
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert not [path for path in files if str(tmp_path).encode() in path.read_bytes()]


def test_comparing_nothing_ends_with_what_is_missing(tmp_path):
    with pytest.raises(SystemExit) as ended:
        main(write_sources(tmp_path / "sets.json"), tmp_path / "out")
    assert str(ended.value) == (
        "nothing to compare: no result set with a finished run under results/, nor under compare: of the config"
    )
    assert not (tmp_path / "out").exists()


def test_the_level_is_that_of_the_experiment_of_each_sweep(tmp_path):
    records = sweep_records({"sequential": [4.0], "thread": [2.0]})
    write_result_set(tmp_path / "set", records, sweep="t")
    path = write_result_set(tmp_path / "set", records)
    plan = json.loads(path.read_text())
    path.write_text(json.dumps({**plan, "until": {"e": {"half_width": 0.02, "max_rounds": 10}}}))
    main(write_sources(tmp_path / "sets.json", tmp_path / "set"), tmp_path / "out")
    content = json.loads((tmp_path / "out/sets.json").read_text())
    assert content["levels"] == {"s.e": 0.975, "t.e": 0.95}
    assert content["sets"][0]["stopping"] == [
        {"experiments": ["s.e"], "half_width": 0.02, "max_rounds": 10, "reasons": {}}
    ]


def test_the_noise_floor_of_the_machine_is_found(tmp_path):
    write_result_set(tmp_path, sweep_records({"sequential": [4.0], "thread": [2.0]}))
    same = {"a": {"fingerprint": "1"}, "b": {"fingerprint": "1"}}
    records = [record for python in "ab" for record in sweep_records({"thread": [2.0] * 6}, python=python)]
    write_result_set(tmp_path, records, sweep="noise", builds=same)
    main(tmp_path / "s/plan.json")
    (result_set,) = json.loads((tmp_path / "s/sets.json").read_text())["sets"]
    floor = result_set["noise"]
    assert (floor["combinations"], floor["different"], floor["floor"]) == (1, 0, 0)
    assert (floor["measured"], list(result_set["builds"])) == ("2026-01-01 00:00 UTC", ["3.14"])
