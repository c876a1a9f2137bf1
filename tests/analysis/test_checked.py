import math
from pathlib import Path

import pandas as pd
import pytest
from gil_scaling.analysis import checked, facts
from gil_scaling.analysis.columns import TABLES, kind
from gil_scaling.analysis.compare.sets import USED
from gil_scaling.analysis.tables import build as tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.analysis.compare import put, result_set, with_a_failure, without
from tests.support import sweep_records, write_result_set

DEEP = "[" * 5000
LEVELS = "[" * 60 + "]" * 60


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    """The folder of the tables of a good result set, each with a row at least."""
    return result_set(tmp_path_factory.mktemp("made") / "m", change=with_a_failure) / "s/tables"


@pytest.fixture
def good(made_once, tmp_path):
    """Gives the path of a copy of one of its tables."""

    def copy(name):
        path = tmp_path / f"{name}.csv"
        path.write_bytes((made_once / path.name).read_bytes())
        return path

    return copy


def unusable(read, *arguments):
    """What is said of a file that cannot be used."""
    with pytest.raises(facts.Unusable) as caught:
        read(*arguments)
    return str(caught.value)


def as_pandas_reads(path, name):
    """A table as pandas alone reads it."""
    types = {column.name: kind(column) for column in TABLES[name] if kind(column) in ("str", "Int64")}
    return pd.read_csv(path, dtype=types)


@pytest.mark.parametrize("name", USED)
def test_a_good_table_reads_back_as_it_was_written(name, good):
    path = good(name)
    found, mistakes = checked.table(path, name)
    assert len(found) > 0 and mistakes == []
    pd.testing.assert_frame_equal(found, as_pandas_reads(path, name))


@pytest.mark.parametrize("path", sorted(Path("results/example-2cpus").glob("*/tables/*.csv")), ids=str)
def test_every_table_of_the_example_is_read_without_a_mistake(path):
    found, mistakes = checked.table(path, path.stem)
    assert mistakes == []
    pd.testing.assert_frame_equal(found, as_pandas_reads(path, path.stem), check_dtype=len(found) > 0)


def test_what_has_no_end_is_read_back(tmp_path):
    records = sweep_records({"sequential": [8.0] * 6})
    for workers in (1, 2, 4, 8, 16):
        times = {"thread": [8.0 / workers] * 6}
        records += [{**one, "run": f"{workers}-{one['run']}"} for one in sweep_records(times, workers=workers)]
    plan = write_result_set(tmp_path, records, cpus=16)
    tables.main(plan)
    found = tables.read(plan.parent / "tables", ["scaling", "break_even"])
    assert found["scaling"]["peak_workers"].tolist() == [math.inf]
    assert len(found["break_even"]) > 0


def test_the_table_of_an_a_a_test_reads_back_as_it_was_written(tmp_path):
    result_set(tmp_path / "m", builds={"3.14": {"fingerprint": "1"}, "3.14t": {"fingerprint": "1"}})
    found, mistakes = checked.table(tmp_path / "m/s/tables/noise.csv", "noise")
    assert (len(found), mistakes) == (2, [])
    pd.testing.assert_frame_equal(found, as_pandas_reads(tmp_path / "m/s/tables/noise.csv", "noise"))


def test_columns_that_an_earlier_version_did_not_write_are_empty(good):
    path = good("runs")
    later = ["source", "protocol", "noise", "other_cpu_s", "voluntary_switches"]
    without(path, *later)
    found, mistakes = checked.table(path, "runs")
    assert (len(found), mistakes) == (24, [])
    assert found[later].isna().all(axis=None)
    assert list(found) == [column.name for column in TABLES["runs"]]
    assert found.dtypes[["source", "protocol"]].tolist() == [found["run"].dtype, "Int64"]


def test_builds_of_an_earlier_version_do_not_name_their_machine(good):
    path = good("builds")
    without(path, "machine", "lto")
    found, mistakes = checked.table(path, "builds")
    assert (found["python"].tolist(), mistakes) == (["3.14", "3.14t"], [])
    assert found[["machine", "lto"]].isna().all(axis=None)


def test_columns_of_a_later_version_are_left_out(good):
    path = good("runs")
    put(path, "to_come", "x")
    assert "to_come" not in checked.table(path, "runs")[0]


@pytest.mark.parametrize("name", USED)
def test_a_table_without_rows_has_the_columns_that_are_put_together(name, good):
    path = good(name)
    path.write_text(path.read_text().partition("\n")[0] + "\n")
    found, mistakes = checked.table(path, name)
    assert (len(found), mistakes) == (0, [])
    pd.testing.assert_frame_equal(found, checked.empty(name))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no table: No columns to parse from file"),
        (b"{}", "the column 'python' is missing"),
        (b"\xff\xfe\x00", "cannot be read: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        ("é".encode("latin-1"), "cannot be read: 'utf-8' codec can't decode byte 0xe9 in position 0: unexpected end of data"),
        (b"a,b\n1\n1,2,3\n", "is no table: Error tokenizing data. C error: Expected 2 fields in line 3, saw 3"),
        (b"a,b\n1,2,3\n1,2,3\n", "is no table: its rows have more cells than its head"),
        (b"," * 1000, "is no table: it has more than 1000 columns"),
        (b'"\n",' * 1000, "is no table: it has more than 1000 columns"),
        (b'"' + b"x" * 200_000, "is no table: field larger than field limit (131072)"),
        (b'a,b\n1,"2', "is no table: Error tokenizing data. C error: EOF inside string starting at row 1"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(content, said, tmp_path):
    (tmp_path / "runs.csv").write_bytes(content)
    assert unusable(checked.table, tmp_path / "runs.csv", "runs") == said


@pytest.mark.parametrize(
    "column", ["python", "experiment", "params", "workers_asked", "timed", "round", "run", "status"]
)
def test_a_table_without_a_column_that_all_versions_wrote_is_refused(column, good):
    path = good("runs")
    without(path, column)
    assert unusable(checked.table, path, "runs") == f"the column {column!r} is missing"


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path):
    assert unusable(checked.table, tmp_path / "runs.csv", "runs") == "cannot be read: No such file or directory"
    assert unusable(checked.table, tmp_path, "runs") == "cannot be read: Is a directory"


def test_a_file_that_is_too_large_is_not_read(good, monkeypatch):
    path = good("runs")
    monkeypatch.setattr("gil_scaling.result_set.MAX_FILE_BYTES", path.stat().st_size)
    assert len(checked.table(path, "runs")[0]) == 24
    monkeypatch.setattr("gil_scaling.result_set.MAX_FILE_BYTES", path.stat().st_size - 1)
    assert unusable(checked.table, path, "runs") == "cannot be read: is larger than 0 MiB"
    assert len(checked.table(path, "runs", is_foreign=False)[0]) == 24


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_many_short_rows_fill_no_memory(end, tmp_path):
    (tmp_path / "runs.csv").write_text("python" + f"{end}a" * 700_000, newline="")
    assert unusable(checked.table, tmp_path / "runs.csv", "runs") == "has more than 20,000,000 cells"


@pytest.mark.parametrize(
    ("name", "column", "value", "said"),
    [
        ("runs", "total_s", "fast", "is no number"),
        ("runs", "total_s", "nan", "is no number"),
        ("runs", "total_s", "inf", "is not finite"),
        ("runs", "total_s", "-1", "is negative"),
        ("runs", "peak_memory_mb", "-0.5", "is negative"),
        ("runs", "attempts", "-1", "is negative"),
        ("runs", "workers", "1.5", "is no whole number"),
        ("runs", "workers", "1e16", "is larger than 9,007,199,254,740,992"),
        ("summary", "speedup", "-1e300", "is larger than 1e+100"),
        ("summary", "total_s", "1e16", "is larger than 9,007,199,254,740,992"),
        ("runs", "workers", "0", "is less than 1"),
        ("runs", "round", "0", "is less than 1"),
        ("summary", "usable_cpus", "0", "is less than 1"),
        ("summary", "usable_cpus", "", "is empty"),
        ("summary", "reference", "", "is empty"),
        ("runs", "workload", "", "is empty"),
        ("runs", "params", "", "is empty"),
        ("runs", "round", "", "is empty"),
        ("runs", "params", "[]", "is no object of JSON"),
        ("runs", "params", "{", "is no object of JSON"),
        ("runs", "params", '{"n": NaN}', "is no object of JSON"),
        ("runs", "params", '{"n": ' + LEVELS + "}", "is no object of JSON"),
        ("runs", "params", '{"n": ' + DEEP, "is no object of JSON"),
        ("runs", "params", '{"n": "\\ud800"}', "is no object of JSON"),
        ("runs", "backend_params", "[]", "is no object of JSON"),
        ("runs", "metrics", "3", "is no object of JSON"),
        ("runs", "python", "../../x", "is not a name"),
        ("runs", "python", "a/b", "is not a name"),
        ("runs", "experiment", "..", "is not a name"),
        ("summary", "reference", "a b", "is not a name"),
        ("runs", "experiment", "a\n", "is not a name"),
        ("runs", "experiment", "m" * 61, "is not a name"),
        ("runs", "reason", "a\x1b[31m", "holds control characters"),
        ("runs", "backend", "a\0", "holds control characters"),
        ("runs", "workload", "x" * 100_000, "is longer than 250 letters"),
        ("runs", "status", "fine", "is none of ok, unsupported, failed, wrong_result, timeout, crashed, damaged"),
        ("runs", "start", "early", "is none of natural, together"),
        ("runs", "role", "main", "is none of asked, baseline, ceiling"),
        ("runs", "started", "2026-01-01 <b>", "is no moment in UTC"),
        ("runs", "started", "2026-01-01T12:00:00<b>Z", "is no moment in UTC"),
        ("summary", "claim", "best", "is none of faster, slower, same, not shown, no claim"),
        ("summary", "claim_reference", "best", "is none of faster, slower, same, not shown, no claim"),
        ("fastest", "workers", "", "is empty"),
        ("summary", "interval", "sure", "is none of ci95, range, clopper_pearson, bootstrap"),
        ("builds", "pgo", "maybe", "is neither True nor False"),
    ],
)  # fmt: skip
def test_a_row_with_a_mistake_is_named_and_left_out(name, column, value, said, good):
    path = good(name)
    before = as_pandas_reads(path, name)
    put(path, column, value, 1)
    found, mistakes = checked.table(path, name)
    assert mistakes == [f"row 3: {column}: {said}"]
    pd.testing.assert_frame_equal(found, before.drop(index=1).reset_index(drop=True), check_dtype=False)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("total_s", "total_s or work_s: is no time, of a run that is ok"),
        ("workers", "workers: is empty, of a run that is ok"),
    ],
)
def test_of_a_run_that_is_ok_workers_and_time_are_known(column, said, good):
    path = good("runs")
    put(path, column, "", 0, 23)  # the last one failed
    found, mistakes = checked.table(path, "runs")
    assert (len(found), mistakes) == (23, [f"row 2: {said}"])


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("runner_up", "is empty, yet the verdict is not alone"),
        ("tied", "is empty, yet the verdict is tied"),
    ],
)
def test_of_a_backend_that_is_not_alone_the_others_are_known(column, said, good):
    path = good("fastest")
    put(path, "verdict", "tied", 0)
    put(path, "verdict", "alone", 1)
    put(path, "tied", "thread × 2")
    put(path, column, "")
    assert checked.table(path, "fastest")[1] == [f"row 2: {column}: {said}"]


def test_the_time_of_a_run_that_is_ok_is_the_one_that_counts(good):
    path = good("runs")
    put(path, "timed", "work", 0, 1)
    put(path, "total_s", "", 0)
    put(path, "work_s", "1e-10", 1)
    assert checked.table(path, "runs")[1] == ["row 3: total_s or work_s: is no time, of a run that is ok"]


@pytest.mark.parametrize("name", ["summary", "failures"])
def test_of_what_failed_it_may_not_be_known_how_many_workers_it_had(name, good):
    path = good(name)
    put(path, "workers", "")
    found, mistakes = checked.table(path, name)
    assert (found["workers"].isna().all(), mistakes) == (True, [])


def test_a_run_whose_record_is_damaged_may_lack_what_it_was(good):
    path = good("runs")
    for column in ("python", "workload", "backend", "scaling", "round"):
        put(path, column, "", 3)
    put(path, "status", "damaged", 3)
    found, mistakes = checked.table(path, "runs")
    assert (len(found), mistakes) == (24, [])


@pytest.mark.parametrize(("column", "value"), [("teardown_s", "-1e-17"), ("steal_s", "-0.03"), ("throttled_s", "-1")])
def test_rounding_and_counters_that_run_backwards_are_no_mistakes(column, value, good):
    path = good("runs")
    put(path, column, value, 1)
    assert checked.table(path, "runs")[1] == []


@pytest.mark.parametrize(("end", "value"), [("total_s_low", "99"), ("total_s_high", "0.1"), ("speedup_low", "99")])
def test_a_value_outside_of_its_interval_is_a_mistake(end, value, good):
    path = good("summary")
    put(path, end, value, 2)
    name = end.rpartition("_")[0]
    assert checked.table(path, "summary")[1] == [f"row 4: {name}: lies outside of its interval"]


def test_of_a_row_its_first_mistake_is_told(good):
    path = good("runs")
    put(path, "workers", "x", 4)
    put(path, "total_s", "x", 4)
    assert checked.table(path, "runs")[1] == ["row 6: workers: is no number"]


def test_mistakes_stand_in_the_order_of_the_rows(good):
    path = good("runs")
    put(path, "total_s", "x", 0)
    put(path, "workers", "x", 1)
    assert checked.table(path, "runs")[1] == ["row 2: total_s: is no number", "row 3: workers: is no number"]


@pytest.mark.parametrize(("count", "more"), [(10, []), (12, ["2 more rows with mistakes"])])
def test_of_many_mistakes_the_first_are_told(count, more, good):
    path = good("runs")
    put(path, "workers", "x", *range(count))
    found, mistakes = checked.table(path, "runs")
    assert len(found) == 24 - count
    assert mistakes == [*(f"row {row}: workers: is no number" for row in range(2, 12)), *more]


def test_a_table_all_of_whose_rows_are_wrong_is_refused(good):
    path = good("runs")
    put(path, "workers", "x")
    assert unusable(checked.table, path, "runs") == "none of its rows can be used; row 2: workers: is no number"


def test_rows_are_counted_as_a_spreadsheet_does_also_where_cells_hold_line_breaks(good):
    path = good("runs")
    put(path, "reason", "one\ntwo\n\nthree", 0, 1)
    put(path, "workers", "x", 2)
    found, mistakes = checked.table(path, "runs")
    assert mistakes == ["row 4: workers: is no number"]
    assert found["reason"].tolist()[:2] == ["one\ntwo\n\nthree"] * 2


def test_words_that_pandas_takes_for_nothing_stay_words(good):
    path = good("runs")
    put(path, "workload", "null")
    assert set(checked.table(path, "runs")[0]["workload"]) == {"null"}


@pytest.fixture(scope="module")
def text(made_once):
    """The text of a good runs.csv."""
    return (made_once / "runs.csv").read_text()


CELLS = st.one_of(st.text(max_size=20), st.sampled_from(["", "-1", "1e400", "nan", "0x1", "9" * 400, "{}", '"', "\0"]))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    cells=st.lists(st.tuples(st.integers(0, 25 * 50), CELLS), min_size=1, max_size=4),
    edits=st.lists(st.tuples(st.integers(0, 8000), st.binary(max_size=3)), max_size=2),
)
def test_whatever_is_changed_in_a_table_raises_nothing_but_that_it_is_unusable(cells, edits, text, tmp_path):
    parts = text.split(",")
    for place, cell in cells:
        parts[place % len(parts)] = cell
    content = ",".join(parts).encode(errors="replace")
    for place, piece in edits:
        content = content[:place] + piece + content[place + 1 :]
    (tmp_path / "runs.csv").write_bytes(content)
    try:
        found, mistakes = checked.table(tmp_path / "runs.csv", "runs")
    except facts.Unusable:
        return
    assert list(found) == [column.name for column in TABLES["runs"]]
    assert all(mistake.startswith("row ") or mistake.endswith(" more rows with mistakes") for mistake in mistakes)


def test_every_word_that_is_checked_is_of_a_column():
    names = {column.name for name in (*USED, "noise") for column in TABLES[name]}
    assert set(checked._ALLOWED) | set(checked._FROM_ONE) | set(checked._MAY_SINK) | set(checked._NEEDED) <= names
