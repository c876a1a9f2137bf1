"""Any file of a result set is either used, or named with what is wrong in it; `python -m tests.fuzz` tries more."""

import atexit
import copy
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import yaml
from gil_scaling import record
from gil_scaling.analysis import tables
from gil_scaling.analysis.documents import DocumentError, read_plan
from gil_scaling.analysis.figures import __main__ as figures
from gil_scaling.analysis.report import __main__ as report
from gil_scaling.analysis.tables import __main__ as make_tables
from gil_scaling.decode import decode
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.support import make_record, make_sample, run_python, sweep_records, write_result_set

LIMITS = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # each try takes a quarter of a second: what breaks is not made smaller
)
FILES = ("plan", "machine", "build", "config")


def some_of_all():
    """Records with some of everything: rounds, builds, metrics, segments, summaries, failures, controls."""
    found = []
    for python in ("a", "b"):
        found += sweep_records({"sequential": [1.0, 1.1], "thread": [0.6, 0.5]}, python=python)
    for interval_s in (0.001, 0.1):
        found += sweep_with(found[2], f"i{interval_s}", {"switch_interval_s": interval_s})
    for size in (100, 1000):
        found += [
            one
            for base in (found[0], found[2])
            for one in sweep_with(base, f"{base['run']}-n{size}", {"params": {"n": size}})
        ]
    found += sweep_with(found[2], "w4", {"workers": 4})
    metrics = {"lost": 3, "lost_of": 10, "lost_share": 0.3, "p99_ms": 1.5, "word": "w", "none": None, "yes": True}
    segments = {"worker": [0, 1, 0], "start_s": [0.1, 0.2, 0.3], "end_s": [0.2, 0.3, 0.4]}
    found.append(
        make_record("m", samples=[make_sample(metrics=metrics, segments=segments)], spec={"workload": "handovers"})
    )
    summary = [{"worker": 0, "count": 2000, "first_s": 0.0, "last_s": 0.9, "cpu_s": None, "quantiles_s": [1e-3] * 5}]
    found.append(
        make_record("t", samples=[make_sample(tasks=None, task_summary=summary)], spec={"params": {"n": [1, "x"]}})
    )
    found.append(make_record("f", status="failed", reason="no", measured=None, spec={"workers": 4}))
    noise = [{"flag": "noisy", "reading": "other_share", "value": 0.2, "limit": 0.05}]
    found.append(make_record("c", noise=noise, spec={"backend": "process", "start": "together"}))
    found[-2]["spec"]["workers"] = "default"
    for one in found:
        one["spec"]["python"] = {"3.14": "a"}.get(one["spec"]["python"], one["spec"]["python"])
    return found


def sweep_with(made, run, spec):
    """A record like another one but for its name and a part of its spec."""
    return [{**made, "run": run, "spec": {**made["spec"], **spec}}]


@cache
def base():
    """(the plan of a good result set, made once; its records; its table of runs)."""
    folder = Path(tempfile.mkdtemp(prefix="foreign-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    records = some_of_all()
    plan = write_result_set(
        folder, records, roles={"c": "ceiling"}, builds={"a": {"fingerprint": "1"}, "b": {"fingerprint": "1"}}
    )
    (folder / "s/config.yaml").write_text("rounds: 2\nexperiments:\n  - {name: e, workloads: [py_loop]}\n")
    return plan, records, all_made(plan)["runs"].set_index("run")


def path_of(part):
    """The file of a plan, a machine, a build or a config."""
    plan = base()[0]
    names = {"plan": plan, "machine": plan.parent.parent / "machine.json", "config": plan.parent / "config.yaml"}
    return names.get(part, plan.parent.parent / "pythons/a.json")


def all_made(plan):
    """Tables, read back as they were written, and the page; returns the tables."""
    shutil.rmtree(plan.parent / "tables", ignore_errors=True)
    make_tables.main(plan)
    found = tables.read(plan.parent / "tables")
    report.main(plan.parent)
    return found


@contextmanager
def restored(path):
    """Restores the content of a file, whatever happens; yields its bytes."""
    whole = path.read_bytes()
    try:
        yield whole
    finally:
        path.write_bytes(whole)


def refusal(do, *arguments):
    """The message about a file that cannot be used; an empty text if all can."""
    try:
        do(*arguments)
    except (DocumentError, record.RecordError) as error:
        return str(error)
    return ""


@pytest.mark.slow
def test_a_sweep_of_damaged_records_has_tables_and_a_page(tmp_path):
    plan = write_result_set(tmp_path, some_of_all())
    for path in (tmp_path / "runs").iterdir():
        path.write_text("{")
    found = all_made(plan)
    assert set(found["failures"]["status"]) == {"damaged"}
    assert len(found["failures"]) == len(some_of_all())
    assert f"0 of {len(some_of_all())} runs are ok" in (plan.parent / "report.html").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"run": "other"}, "is the record of the run other"),
        ({"spec": {"python": "c"}}, "is of the build c, which the plan does not name"),
        ({"spec": {"round": 2}}, "contains the same run as a-thread-r2.json"),
    ],
)
def test_a_record_that_contradicts_the_others_is_named(change, reason, tmp_path):
    records = some_of_all()
    plan = write_result_set(tmp_path, [records[3], records[2]])
    made = {**records[2], **change, "spec": {**records[2]["spec"], **change.get("spec", {})}}
    record.write(tmp_path / "runs/a-thread-r1.json", made)
    (failure,) = all_made(plan)["failures"].to_dict("records")
    assert (failure["run"], failure["status"], failure["reason"]) == (
        "a-thread-r1",
        "damaged",
        f"a-thread-r1.json: {reason}",
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plan.json", "../machine.json", "../pythons/a.json", "config.yaml"])
def test_a_damaged_file_ends_the_step_without_traceback(name, tmp_path):
    plan = write_result_set(tmp_path, sweep_records({"sequential": [1.0]}, python="a"))
    (plan.parent / name).write_bytes(b"\xff")
    done = run_python("-m", "gil_scaling.analysis.tables", str(plan))
    assert done.returncode == 1
    path = (plan.parent / name.removeprefix("../")) if ".." not in name else tmp_path / name.removeprefix("../")
    assert done.stderr.startswith(f"{path}: cannot be read: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {
            "spec": {
                "workload": "w" * 250,
                "backend": "b" * 250,
                "workload_digest": "1" * 64,
                "backend_digest": "2" * 250,
            }
        },
        {"spec": {"params": {str(n): "\\" * 9_999 for n in range(20)}}},
        {"noise": [{"flag": "f" * 250, "reading": "r" * 250, "value": 2**53, "limit": -1}] * 100},
        {"reason": "x" * 10_000, "status": "failed", "measured": None},
        {"call": {"id": "c" * 250, "time": "", "host": "h" * 250}},
        {"metrics": {"m" * 250: 1e100, "words": "\\" * 10_000, **{str(n): "x" * 9_999 for n in range(45)}}},
    ],
    ids=["names", "params", "noise", "reason", "call", "metrics"],
)
def test_a_record_at_its_limits_is_shown(change, tmp_path):
    made = make_record("a", samples=[make_sample(metrics=change.pop("metrics", {}))])
    made = {**made, **change, "spec": {**made["spec"], "python": "a", **change.get("spec", {})}}
    base = sweep_records({"sequential": [1.0]}, python="a", **change.get("spec", {}))
    found = all_made(write_result_set(tmp_path, [*base, made]))
    assert found["runs"].set_index("run").loc["a", "status"] == made["status"]


# ---- what may be changed


LONG = "x" * 20_000
odd = st.sampled_from(
    [
        *(
            None,
            True,
            False,
            0,
            -1,
            1,
            2,
            2**53,
            2**53 + 1,
            2**63,
            10**400,
            0.5,
            -0.5,
            1e308,
            -1e308,
            1e-320,
            1e999,
            -1e999,
            float("nan"),
        ),
        *(
            "",
            "a",
            "default",
            "sequential",
            "thread",
            "weak",
            "together",
            "ok",
            "failed",
            "nan",
            "null",
            "1",
            "-1",
            "=1+1",
            "'",
            '"',
        ),
        *(
            "\0",
            "\ud800",
            "\r\n",
            "a\nb",
            "\x1b[31m",
            "<script>alert(1)</script>",
            "../../x",
            "x" * 250,
            "\\" * 250,
            "x" * 10_000,
            "\\" * 9_000,
            "ä\u202e",
            ";",
            LONG,
        ),
        *([], {}, [[]], {"a": {}}, [None], [1, "x"], {"\ud800": 1}),
        "2026-13-45T99:99:99Z",
    ]
) | st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
change = st.tuples(
    st.sampled_from(["set", "drop", "double", "copy", "wrap", "scale"]),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    odd,
)
changes = st.lists(change, min_size=1, max_size=4)


def nodes(value):
    """(container, key) of every value within a JSON value."""
    found, open_ones = [], [value]
    while open_ones:
        container = open_ones.pop()
        for key in container if isinstance(container, dict) else range(len(container)):
            found.append((container, key))
            if isinstance(container[key], dict | list):
                open_ones.append(container[key])
    return found


def changed(value, edits):
    """A copy of a JSON value with some of its values replaced, removed, doubled, swapped, wrapped, or enlarged."""
    value = copy.deepcopy(value)
    for how, place, other, new in edits:
        found = nodes(value)
        if not found:
            break
        container, key = found[place % len(found)]
        source, name = found[other % len(found)]
        if how == "drop":
            del container[key]
        elif how == "double" and isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
        elif how == "copy":
            container[key] = copy.deepcopy(source[name])
        elif how == "wrap":
            container[key] = json.loads("[" * 70 + "]" * 70)
        elif how == "scale" and type(container[key]) in (int, float):
            container[key] *= [-1, 10**6, 10**18, 0][other % 4]
        else:
            container[key] = new
    return value


# ---- records


@LIMITS
@given(st.binary(max_size=200))
@example(b"[" * 100_000)
@example(b'{"format": 5, "run": "' + b"x" * 10**7)
@example(b"1" * 5000)
@example(b"\xff\xfe{\0}\0")
def test_decode_refuses_any_other_bytes(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "r.json")
        path.write_bytes(content)
        with pytest.raises(record.RecordError, match=r"r\.json: "):
            decode(path)


@pytest.mark.slow
@settings(LIMITS, max_examples=40)
@given(st.integers(0, 100), changes)
def test_a_changed_record_leaves_the_others_as_they_are(victim, edits):
    plan, records, before = base()
    made = records[victim % len(records)]
    path = plan.parent.parent / "runs" / f"{made['run']}.json"
    with restored(path):
        path.write_text(json.dumps(changed(made, edits)))
        said = refusal(decode, path)
        assert not said or (said.startswith(f"{path}: ") and said.isprintable())
        if not said:
            others = [name for name in before.index if name != made["run"]]
            runs = all_made(plan)["runs"].set_index("run")
            pd.testing.assert_frame_equal(runs.loc[others], before.loc[others], check_dtype=False)


@contextmanager
def restored_figures(folder):
    """Empties a folder of figures."""
    try:
        yield
    finally:
        plt.close("all")
        shutil.rmtree(folder)
        folder.mkdir()


@pytest.mark.slow
@settings(LIMITS, max_examples=5)
@given(st.integers(0, 100), change)
def test_a_changed_record_is_drawn(victim, edit):
    plan, records, _ = base()
    made = records[victim % len(records)]
    path = plan.parent.parent / "runs" / f"{made['run']}.json"
    with restored(path), restored_figures(plan.parent / "figures"):
        path.write_text(json.dumps(changed(made, [edit])))
        if not refusal(decode, path):
            make_tables.main(plan)
            figures.main(plan.parent)
            report.main(plan.parent)


@settings(LIMITS, max_examples=40)
@given(st.integers(0, 100), st.integers(0, 10_000), st.binary(max_size=3), st.integers(0, 50))
def test_an_overwritten_record_is_used_or_named(victim, place, piece, skipped):
    plan, records, _ = base()
    path = plan.parent.parent / "runs" / f"{records[victim % len(records)]['run']}.json"
    with restored(path) as whole:
        place %= len(whole)
        path.write_bytes(whole[:place] + piece + (whole[place + skipped :] if skipped else b""))
        said = refusal(decode, path)
        assert said.startswith(f"{path}: ") or not said


# ---- what stands beside them


@pytest.mark.slow
@settings(LIMITS, max_examples=12)
@given(st.sampled_from(FILES), changes)
def test_a_changed_file_beside_the_records_is_used_or_named(part, edits):
    plan, path = base()[0], path_of(part)
    with restored(path) as whole:
        path.write_text(json.dumps(changed(yaml.safe_load(whole), edits)))
        said = refusal(all_made, plan)
    assert not said or (said.startswith(str(plan.parent.parent)) and said.isprintable())


@cache
def compared_sets():
    """Two folders of result sets, the second to be changed, and one for the output."""
    plan, root = base()[0], Path(tempfile.mkdtemp(prefix="foreign-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    all_made(plan)
    for name in ("one", "two"):
        shutil.copytree(plan.parent.parent, root / name)
    (root / "out/figures").mkdir(parents=True)
    return root


@pytest.mark.slow
@settings(LIMITS, max_examples=5)
@given(
    st.sampled_from(["machine.json", "pythons/a.json", "s/config.yaml", "s/plan.json", "runs/a-thread-r1.json"]),
    changes,
)
def test_a_comparison_with_a_changed_set_is_made(name, edits):
    root = compared_sets()
    path = root / "two" / name
    with restored(path) as whole:
        path.write_text(json.dumps(changed(yaml.safe_load(whole), edits)))
        sources = [{"label": None, "path": str(root / folder)} for folder in ("one", "two")]
        (root / "sets.json").write_text(json.dumps({"sets": sources, "by_date": False, "noise_sweep": "noise"}))
        make_tables.main(root / "sets.json", root / "out")
    report.main(root / "out")
    problems = json.loads((root / "out/sets.json").read_text())["problems"]
    assert all(text.isprintable() for problem in problems for text in problem)


# ---- what has no end


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), Path.mkdir])
def test_infinite_files_are_not_read(make, tmp_path):
    make(tmp_path / "r.json")
    with pytest.raises(
        record.RecordError,
        match=r"r\.json: (cannot be read: is not a regular file|cannot be read: .*Is a directory.*)$",
    ):
        decode(tmp_path / "r.json")
    make(tmp_path / "plan.json")
    with pytest.raises(DocumentError, match=r"plan\.json: (is not a regular file|cannot be read: Is a directory)$"):
        read_plan(tmp_path / "plan.json")


def test_a_record_that_is_too_large_is_not_read(tmp_path):
    record.write(tmp_path / "r.json", make_record())
    assert decode(tmp_path / "r.json")["status"] == "ok"
    os.truncate(tmp_path / "r.json", 100 * 2**20 + 1)
    with pytest.raises(record.RecordError, match=r"r\.json: cannot be read: is larger than 100 MiB$"):
        decode(tmp_path / "r.json")
