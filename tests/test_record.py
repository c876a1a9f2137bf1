import copy
import json
from pathlib import Path

import pytest

from scripts import record
from tests.conftest import make_record

GOLDEN = sorted(Path("tests/data").glob("record-*.json"))


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
