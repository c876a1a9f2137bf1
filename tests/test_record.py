import json
import tomllib
from pathlib import Path

import msgspec
import pytest
from gil_scaling import __version__, record
from gil_scaling.decode import decode

from tests.support import make_record

NOISE = {"flag": "noisy", "reading": "other_share", "value": 0.2, "limit": 0.05}
SUMMARY = {"worker": 0, "count": 1, "first_s": 0, "last_s": 1, "cpu_s": None, "quantiles_s": [1]}
SAMPLE = "measured.samples[1]"
LONG = {str(number): "x" * 9_999 for number in range(60)}
NO_TEXT = "contains control characters or a lone surrogate"


def nested(levels):
    """So many nested lists and objects."""
    inner = 0
    for _ in range(levels - 1):
        inner = [inner]
    return {"n": inner}


def test_version_is_that_of_the_project():
    assert tomllib.loads(Path("pyproject.toml").read_text())["project"]["version"] == __version__


def test_format_has_a_line_in_the_history():
    assert f"\n{record.FORMAT}  20" in record.__doc__


@pytest.mark.parametrize("read", [record.read, decode])
def test_record_is_read_as_written(read, tmp_path):
    made = make_record()
    record.write(tmp_path / "a.json", made)
    assert read(tmp_path / "a.json") == made
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_write_refuses_what_json_lacks(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        record.write(tmp_path / "a.json", make_record(wall_s=float("nan")))
    assert not list(tmp_path.iterdir())


def part_of(made, place):
    """The part of a record at a place such as measured.samples[1]."""
    for name in place.replace("[1]", ".1").split(".") if place else ():
        made = made[int(name) if isinstance(made, list) else name]
    return made


def refusals(made, path):
    """The messages with which the two validators refuse a record."""
    path.write_text(json.dumps(made))
    with pytest.raises(record.RecordError) as by_check:
        record.check(made)
    with pytest.raises(record.RecordError) as by_decode:
        decode(path)
    return [str(by_check.value), str(by_decode.value).removeprefix(f"{path}: ")]


@pytest.mark.parametrize(
    ("place", "value", "problem"),
    [
        ("format", 3, "format: 3 is not supported, only 5 is. Measure again."),
        ("format", 99, "format: 99 is not supported, only 5 is. Measure again."),
        ("format", "5", "format: expected int, got '5'"),
        ("gil_scaling", None, "gil_scaling: expected str, got None"),
        ("wall_s", "fast", "wall_s: expected float, got 'fast'"),
        ("wall_s", True, "wall_s: expected float, got True"),
        ("wall_s", 2**54, "wall_s: expected <= 9,007,199,254,740,992, got 18014398509481984"),
        ("wall_s", float("nan"), "wall_s: expected a finite number, got nan"),
        ("status", "fine", f"status: expected {' or '.join(record.STATUSES)}, got 'fine'"),
        ("started", "2026-13-01T00:00:00Z", "started: '2026-13-01T00:00:00Z' is not a timestamp in UTC"),
        ("started", "2026-01-01T00:00:00.1x5Z", "started: '2026-01-01T00:00:00.1x5Z' is not a timestamp in UTC"),
        ("started", "20260101T00000000000Z", "started: '20260101T00000000000Z' is not a timestamp in UTC"),
        ("reason", "x" * 10_001, "reason: has more than 10,000 characters"),
        ("reason", "a\x1b[31m", rf"reason: 'a\x1b[31m' {NO_TEXT}"),
        ("reason", "\ud800", rf"reason: '\ud800' {NO_TEXT}"),
        ("run", "", "run: is empty"),
        ("run", "x" * 251, "run: has more than 250 characters"),
        ("started", "2026-01-31", "started: has fewer than 20 characters"),
        ("attempts", 0, "attempts: expected >= 1, got 0"),
        ("call", {"id": 1, "time": "", "host": "n"}, "call.id: expected str, got 1"),
        ("call", {"id": "a"}, "call.time: is missing"),
        ("call", {"id": "a", "time": "", "host": ""}, "call.host: is empty"),
        ("state", {"before": {}, "after": {}}, "state.meanwhile: is missing"),
        ("state.before", {"load_1min": "1"}, "state.before['load_1min']: expected float, got '1'"),
        ("state.before", {"\ud800": 1}, rf"state.before: '\ud800' {NO_TEXT}"),
        ("state.after", {"reference_loop_s": -1.0}, "state.after['reference_loop_s']: expected >= 0, got -1.0"),
        ("noise", {}, "noise: expected a list, got {}"),
        ("noise", [NOISE] * 101, "noise: more than 100 items"),
        ("noise", [{**NOISE, "flag": ""}], "noise[0].flag: is empty"),
        ("noise", [{"flag": "noisy"}], "noise[0].reading: is missing"),
        ("noise", ["noisy"], "noise[0]: expected an object, got 'noisy'"),
        ("spec.workload", "", "spec.workload: is empty"),
        ("spec.workload_digest", "x" * 65, "spec.workload_digest: has more than 64 characters"),
        ("spec.round", 1.5, "spec.round: expected int, got 1.5"),
        ("spec.workers", 0, "spec.workers: expected >= 1, got 0"),
        ("spec.workers", "many", "spec.workers: expected default, got 'many'"),
        ("spec.start", "now", "spec.start: expected natural or together, got 'now'"),
        ("spec.cpus", [0, 1.5], "spec.cpus[1]: expected int, got 1.5"),
        ("spec.params", LONG, "spec.params: more than 500,000 characters"),
        ("spec.params", {"n": float("nan")}, "spec.params: nan is not a finite number"),
        ("spec.params", {"\ud800": 1}, r"spec.params: '\ud800' contains a lone surrogate"),
        ("spec.params", {"n": ["x" * 10_001]}, "spec.params: a text has more than 10,000 characters"),
        ("spec.params", nested(51), "spec.params: more than 50 levels of lists and objects"),
        ("measured", None, "measured: is null, but the status is ok"),
        ("measured.flags", nested(51), "measured.flags: more than 50 levels of lists and objects"),
        ("measured.flags", {"thread_limits": []}, "measured.flags.thread_limits: expected an object, got []"),
        (
            "measured.flags",
            {"thread_libraries": {"MKL": 1}},
            "measured.flags.thread_libraries['MKL']: expected str, got 1",
        ),
        ("measured.samples", [], "measured.samples: all are warm-ups"),
        (f"{SAMPLE}.warmup", True, "measured.samples: all are warm-ups"),
        (f"{SAMPLE}.total_s", None, f"{SAMPLE}.total_s: expected float, got None"),
        (f"{SAMPLE}.total_s", float("inf"), f"{SAMPLE}.total_s: expected a finite number, got inf"),
        (f"{SAMPLE}.total_s", 0.0, f"{SAMPLE}.total_s: expected >= 1e-09, got 0.0"),
        (f"{SAMPLE}.work_s", -0.1, f"{SAMPLE}.work_s: expected >= -1e-09, got -0.1"),
        (f"{SAMPLE}.gil", [True, 1], f"{SAMPLE}.gil[1]: expected bool, got 1"),
        (f"{SAMPLE}.worker_peak_mb", [1, -1], f"{SAMPLE}.worker_peak_mb[1]: expected >= 0, got -1"),
        (f"{SAMPLE}.tasks", None, f"{SAMPLE}: has neither tasks nor task_summary"),
        (f"{SAMPLE}.tasks.cpu_s", 1, f"{SAMPLE}.tasks.cpu_s: expected a list, got 1"),
        (f"{SAMPLE}.tasks.end_s", [1.0], f"{SAMPLE}.tasks: the lists have different lengths"),
        (f"{SAMPLE}.tasks.start_s", [0.1, 0.95], f"{SAMPLE}.tasks: an end is before its start"),
        (
            f"{SAMPLE}.tasks.start_s",
            [0.1, 10**400],
            f"{SAMPLE}.tasks.start_s[1]: expected <= 9,007,199,254,740,992, got 1{'0' * 59}",
        ),
        (f"{SAMPLE}.tasks.start_s", [0.1, None], f"{SAMPLE}.tasks.start_s[1]: expected float, got None"),
        (f"{SAMPLE}.segments", {"worker": [], "start_s": [], "end_s": []}, f"{SAMPLE}.segments: is empty"),
        (f"{SAMPLE}.task_summary", [SUMMARY], f"{SAMPLE}.task_summary: expected 5 quantiles_s"),
        (f"{SAMPLE}.metrics", {"": 1}, f"{SAMPLE}.metrics: is empty"),
        (f"{SAMPLE}.metrics", {"x" * 251: 1}, f"{SAMPLE}.metrics: has more than 250 characters"),
        (f"{SAMPLE}.metrics", {"x": [1]}, f"{SAMPLE}.metrics['x']: expected int or float or str or bool, got [1]"),
        (f"{SAMPLE}.metrics", {"x": 1e101}, f"{SAMPLE}.metrics['x']: expected <= 1e+100, got 1e+101"),
        (f"{SAMPLE}.metrics", {"x": 10**101}, f"{SAMPLE}.metrics['x']: expected <= 1e+100, got 1{'0' * 59}"),
        (f"{SAMPLE}.metrics", LONG, f"{SAMPLE}.metrics: more than 500,000 characters"),
    ],
)
def test_invalid_field_is_named(place, value, problem, tmp_path):
    made = make_record()
    part, _, name = place.rpartition(".")
    part_of(made, part)[name] = value
    assert refusals(made, tmp_path / "a.json") == [problem] * 2


@pytest.mark.parametrize(
    ("part", "structure"),
    [
        ("", record.Record),
        ("spec", record.Spec),
        ("call", record.Call),
        ("measured", record.Measured),
        (SAMPLE, record.Sample),
        (f"{SAMPLE}.tasks", record.Tasks),
    ],
)
def test_missing_field_is_named(part, structure, tmp_path):
    for name in structure.__annotations__:
        made = make_record()
        del part_of(made, part)[name]
        assert refusals(made, tmp_path / "a.json") == [f"{part}.{name}: is missing".removeprefix(".")] * 2


def test_values_at_their_limits_are_valid(tmp_path):
    made = make_record(reason="x" * 9_999 + "\n", wall_s=2**53, started="2026-12-31T23:59:59Z")
    made["spec"]["params"] = nested(50)
    made["noise"] = [NOISE] * 100
    made["measured"]["samples"][1]["metrics"] = {"now_ns": 10**19, "x" * 250: 1e100, "words": "y" * 10_000, "?": None}
    made["measured"]["samples"][1].update(total_s=1e-9, work_s=0, teardown_s=-1e-10)
    record.check(made)
    (tmp_path / "a.json").write_text(json.dumps(made))
    assert decode(tmp_path / "a.json") == made


def test_record_started_together_is_timed_by_its_work():
    made = make_record(spec={"start": "together"})
    made["measured"]["samples"][0]["work_s"] = 0
    record.check(made)
    made["measured"]["samples"][1]["work_s"] = 0
    with pytest.raises(record.RecordError, match=r"^measured\.samples\[1\]\.work_s: expected >= 1e-09, got 0$"):
        record.check(made)


@pytest.mark.parametrize("read", [record.read, decode])
@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 4}', "\x00", "[" * 100_000, '"\xff"'])
def test_damaged_file_is_named(text, read, tmp_path):
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(record.RecordError, match=r"^.*bad\.json: "):
        read(path)


def test_decode_reports_what_only_msgspec_refuses(monkeypatch, tmp_path):
    record.write(tmp_path / "a.json", make_record())
    monkeypatch.setattr("gil_scaling.decode._DECODER", msgspec.json.Decoder(int))
    with pytest.raises(record.RecordError, match=r"a\.json: cannot be read: Expected `int`, got `object`"):
        decode(tmp_path / "a.json")
