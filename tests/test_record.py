import copy
import json
from pathlib import Path

import pytest
from gil_scaling import record

from tests.support import make_record

GOLDEN = sorted(Path("tests/data").glob("record-*.json"))


NOISE = {"flag": "noisy", "reading": "other_share", "seen": 0.2, "most": 0.05}


def nested(levels):
    """So many lists and objects in each other."""
    inner = 0
    for _ in range(levels - 1):
        inner = [inner]
    return {"n": inner}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_records_of_every_format_stay_readable(path):
    assert record.read(path)["format"] == int(path.stem.rpartition("-")[2])


def test_each_format_has_a_golden_record_and_a_line_in_the_history():
    assert len(GOLDEN) == record.FORMAT
    assert f"\n{record.FORMAT}  20" in record.__doc__


def test_a_field_that_changes_takes_a_step_of_the_format():
    fields = {
        name: {field.name: sorted(kind.__name__ for kind in field.types) for field in getattr(record, name)}
        for name in ("FIELDS", "SPEC_FIELDS", "MEASURED_FIELDS", "SAMPLE_FIELDS")
    }
    golden = json.loads(Path(f"tests/data/fields-{record.FORMAT}.json").read_text())
    assert fields == golden


def test_a_record_of_an_older_format_gets_what_it_lacks_at_its_default():
    found = record.read(Path("tests/data/record-1.json"))
    assert (found["spec"]["backend_params"], found["spec"]["backend_digest"]) == ({}, None)
    assert {sample["segments"] for sample in found["measured"]["samples"]} == {None}
    assert (found["attempts"], found["waited_s"], found["noise"]) == (1, 0.0, [])


def test_a_record_of_this_format_must_have_every_field(tmp_path):
    made = make_record()
    del made["spec"]["backend_params"]
    record.write(tmp_path / "a.json", made)
    with pytest.raises(record.RecordError, match="spec: the field 'backend_params' is missing"):
        record.read(tmp_path / "a.json")


def test_a_record_is_read_as_it_was_written(tmp_path):
    made = make_record()
    record.write(tmp_path / "a.json", made)
    assert record.read(tmp_path / "a.json") == made
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_record_with_a_number_that_json_lacks_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        record.write(tmp_path / "a.json", make_record(wall_s=float("nan")))
    assert not (tmp_path / "a.json").exists()


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (["wall_s"], "fast", "record.wall_s: 'fast' has a wrong type"),
        (["wall_s"], True, "record.wall_s: True has a wrong type"),
        (["status"], "fine", "unknown status 'fine'"),
        (["format"], 99, "format 99 is not known; this version reads 1 to 3"),
        (["spec", "round"], 1.5, "spec.round: 1.5 has a wrong type"),
        (["measured"], None, "measured is null, yet the status is ok"),
        (["measured", "samples", 1, "total_s"], None, "measured.samples[1].total_s: None has a wrong type"),
        (
            ["measured", "samples", 1, "total_s"],
            float("inf"),
            "measured.samples[1].total_s: inf is not a finite number",
        ),
        (["measured", "samples", 1, "tasks", "end_s"], [1.0], "measured.samples[1].tasks: lists of different lengths"),
        (["measured", "samples", 1, "warmup"], True, "measured.samples holds no sample that counts"),
        (["format"], 0, "format 0 is not known; this version reads 1 to 3"),
        (["started"], "2026-13-01T00:00:00Z", "record.started: '2026-13-01T00:00:00Z' is no moment in UTC"),
        (["started"], "2026-01-01T00:00:00.1x5Z", "record.started: '2026-01-01T00:00:00.1x5Z' is no moment in UTC"),
        (["started"], "20260101T000000Z", "record.started: '20260101T000000Z' is no moment in UTC"),
        (["reason"], "x" * 10_001, "record.reason: a text of more than 10,000 letters"),
        (["reason"], "a\x1b[31m", r"record.reason: 'a\x1b[31m' holds control characters, or half of one"),
        (["reason"], "\ud800", r"record.reason: '\ud800' holds control characters, or half of one"),
        (["run"], "", "record.run: is empty"),
        (["run"], "x" * 251, "record.run: a text of more than 250 letters"),
        (["spec", "workload"], "", "spec.workload: is empty"),
        (["spec", "workload_digest"], "x" * 65, "spec.workload_digest: a text of more than 64 letters"),
        (["spec", "backend_digest"], "x" * 251, "spec.backend_digest: a text of more than 250 letters"),
        (["spec", "params"], {str(n): "x" * 9_999 for n in range(60)}, "spec.params: more than 500,000 letters"),
        (["noise"], [NOISE] * 101, "record.noise: more than 100 items"),
        (["noise"], [{**NOISE, "flag": ""}], "noise[0].flag: is empty"),
        (["measured", "samples", 1, "metrics"], {"": 1}, "measured.samples[1].metrics: is empty"),
        (
            ["measured", "samples", 1, "metrics"],
            {"x": 1e101},
            "measured.samples[1].metrics['x']: 1e+101 is larger than 1e+100",
        ),
        (
            ["measured", "samples", 1, "metrics"],
            {str(n): "x" * 9_999 for n in range(60)},
            "measured.samples[1].metrics: more than 500,000 letters",
        ),
        (["attempts"], 0, "record.attempts: 0 is less than 1"),
        (["wall_s"], 2**53 + 1, "record.wall_s: 9007199254740993 is larger than 9,007,199,254,740,992"),
        (["call"], {"id": 1, "time": ""}, "call.id: 1 has a wrong type"),
        (["state"], {"before": {}, "after": {}}, "state: the field 'meanwhile' is missing"),
        (["state", "before", "load_1min"], "1", "state.before['load_1min']: '1' has a wrong type"),
        (["state", "before", "\ud800"], 1, r"state.before: '\ud800' holds control characters, or half of one"),
        (["noise"], [{"flag": "noisy"}], "noise[0]: the field 'reading' is missing"),
        (["noise"], ["noisy"], "noise[0]: str instead of an object"),
        (["spec", "workers"], 0, "spec.workers: 0 is less than 1"),
        (["spec", "workers"], "many", "spec.workers: 'many' is neither a number nor default"),
        (["spec", "start"], "now", "spec.start: 'now' is none of natural, together"),
        (["spec", "scaling"], "no", "spec.scaling: 'no' is none of strong, weak"),
        (["spec", "cpus"], [0, 1.5], "spec.cpus[1]: 1.5 has a wrong type"),
        (["spec", "params"], {"n": float("nan")}, "spec.params: nan is not a finite number"),
        (["spec", "params"], {"\ud800": 1}, r"spec.params: '\ud800' holds half of a character"),
        (["spec", "params"], {"n": ["x" * 10_001]}, "spec.params: a text of more than 10,000 letters"),
        (["spec", "params"], nested(51), "spec.params: more than 50 lists and objects in each other"),
        (["measured", "samples"], [], "measured.samples holds no sample that counts"),
        (["measured", "samples", 1, "total_s"], 0, "measured.samples[1].total_s: 0 is no time"),
        (["measured", "samples", 1, "work_s"], -0.1, "measured.samples[1].work_s: -0.1 is less than -1e-09"),
        (["measured", "samples", 1, "gil"], [True, 1], "measured.samples[1].gil[1]: 1 has a wrong type"),
        (
            ["measured", "samples", 1, "worker_peak_mb"],
            [1, -1],
            "measured.samples[1].worker_peak_mb[1]: -1 is less than 0",
        ),
        (["measured", "samples", 1, "tasks"], None, "measured.samples[1]: neither tasks nor task_summary"),
        (["measured", "samples", 1, "tasks", "cpu_s"], 1, "measured.samples[1].tasks.cpu_s: 1 has a wrong type"),
        (
            ["measured", "samples", 1, "tasks", "start_s"],
            [0.1, 10**400],
            f"measured.samples[1].tasks.start_s[1]: {'1' + '0' * 59} is larger than 9,007,199,254,740,992",
        ),
        (
            ["measured", "samples", 1, "tasks", "start_s"],
            [0.1, 0.95],
            "measured.samples[1].tasks: an end before its start",
        ),
        (
            ["measured", "samples", 1, "segments"],
            {"worker": [], "start_s": [], "end_s": []},
            "measured.samples[1].segments: is empty",
        ),
        (["measured", "samples", 1, "metrics"], {"x": [1]}, "measured.samples[1].metrics['x']: [1] has a wrong type"),
        (
            ["measured", "samples", 1, "metrics"],
            {"x" * 10_001: 1},
            "measured.samples[1].metrics: a text of more than 250 letters",
        ),
        (
            ["measured", "samples", 1, "task_summary"],
            [{"worker": 0, "count": 1, "first_s": 0, "last_s": 1, "cpu_s": None, "quantiles_s": [1]}],
            "measured.samples[1].task_summary: quantiles_s are not 5 numbers",
        ),
    ],
)
def test_a_field_of_a_wrong_type_is_named(path, value, problem):
    made = copy.deepcopy(make_record())
    place = made
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    with pytest.raises(record.RecordError) as caught:
        record.check(made)
    assert str(caught.value) == problem


def test_what_is_at_the_limits_is_a_record():
    made = make_record(reason="x" * 9_999 + "\n", wall_s=2**53, started="2026-12-31T23:59:59Z")
    made["spec"]["params"] = nested(50)
    made["noise"] = [NOISE] * 100
    made["measured"]["samples"][1]["metrics"] = {"now_ns": 10**19, "x" * 250: 1e100, "words": "y" * 10_000}
    made["measured"]["samples"][1].update(total_s=1e-9, work_s=0, teardown_s=-1e-10)
    record.check(made)


def test_where_all_workers_begin_together_their_work_is_the_time_that_counts():
    made = make_record(spec={"start": "together"})
    made["measured"]["samples"][0]["work_s"] = 0
    record.check(made)
    made["measured"]["samples"][1]["work_s"] = 0
    with pytest.raises(record.RecordError, match=r"^measured\.samples\[1\]\.work_s: 0 is no time$"):
        record.check(made)


@pytest.mark.parametrize("name", [field.name for field in record.FIELDS])
def test_a_missing_field_is_named(name):
    made = make_record()
    del made[name]
    with pytest.raises(record.RecordError, match=f"record: the field '{name}' is missing"):
        record.check(made)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 1}', "\x00", "[" * 100_000])
def test_a_damaged_file_names_itself(text, tmp_path):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(record.RecordError, match=r"^.*bad\.json: "):
        record.read(path)


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ('File "/home/me/x/run.py", line 3', 'File "run.py", line 3'),
        ("not '/a b/c d/e f.py' but", "not 'e f.py' but"),
        ("no /opt/py/bin/python3 here", "no python3 here"),
        ("see http://127.0.0.1:80/a/b", "see http://127.0.0.1:80/a/b"),
        ("1/2 and a/b/c", "1/2 and a/b/c"),
    ],
)
def test_of_absolute_paths_only_the_name_is_kept(text, scrubbed):
    assert record.scrub(text) == scrubbed
