import pandas as pd
import pytest
from gil_scaling.analysis.columns import WHY_TABLES
from gil_scaling.analysis.report import why
from gil_scaling.analysis.tables import read_why, with_types, write

from tests.analysis.report.pages import Page, sections, sweep_folder, write_report
from tests.support import sweep_records

KEYS = {
    "combination": "c",
    "panel": "shared_read",
    "build": "3.14t",
    "label": "thread × 2",
    "series": "thread",
    "backend_kind": "threads",
    "workers": 2,
    "rounds": 6,
}
LINE = {
    **KEYS,
    "file": "a/work.py",
    "line": 4,
    "function": "task",
    "callee": None,
    "source": 'x = d["k"]',
    "interval": "ci95",
    "cpu_alone_s": 1.0,
    "cpu_s": 3.0,
    "added_cpu_s": 2.0,
    "held_s": 0.0,
    "waiting_alone_s": 0.0,
    "waiting_s": 0.0,
    "cpu_share": 0.89,
    "cpu_share_low": 0.84,
    "cpu_share_high": 0.92,
    "added_waiting_s": 0.0,
}
REST = {**LINE, "file": None, "line": None, "source": None, "cpu_s": 1.2, "cpu_share": 0.11, "cpu_share_low": 0.05}
WAITING = {
    **KEYS,
    "status": "ok",
    "task_s": 2.0,
    "method": "outside",
    "samples": 500.0,
    "sampler_cpus": 0.05,
    "on_cpu": 0.9,
    "sampler_slowdown": 1.02,
    "spare_cpus": 0,
    "machine_factor": 1.0,
    "at_workers": 2,
    "lock_or_gil": 0.1,
}


def make_why(lines=(LINE, REST), waiting=({**WAITING, "at_workers": 1}, WAITING), listings=()):
    rows = {"lines": lines, "waiting": waiting, "listings": listings}
    return {name: with_types(pd.DataFrame(list(rows.get(name, ()))), columns) for name, columns in WHY_TABLES.items()}


def sentences(**tables):
    (found,) = why.explanations(make_why(**tables))
    return found["sentences"]


def test_the_sentence_names_the_line_with_its_share():
    assert sentences() == [
        "A task needs 4.20 s of CPU time, with one worker 2.00 s.",
        '89 % [84 %, 92 %] of the CPU time that the second thread adds is spent in work.py:4, `x = d["k"]`.',
    ]


def test_more_workers_are_the_further_ones():
    changed = [{**row, "workers": 4} for row in (LINE, REST)]
    found = sentences(lines=changed, waiting=[{**WAITING, "workers": 4, "backend_kind": "processes"}])
    assert "of the CPU time that the further processes add is spent in" in found[1]


def test_a_line_is_not_blamed_without_a_loss():
    quiet = {**REST, "cpu_share": None, "cpu_share_low": None, "cpu_share_high": None}
    assert sentences(lines=[quiet]) == [
        "A task is not shown to need more than 5 % more CPU time than with one worker: 1.20 s, alone 1.00 s."
    ]


def test_what_the_machine_adds_is_said_where_no_line_is_blamed():
    quiet = {**REST, "cpu_share": None, "cpu_share_low": None, "cpu_share_high": None}
    (text,) = sentences(lines=[quiet], waiting=[{**WAITING, "machine_factor": 1.25}])
    assert ": 1.20 s, alone 1.00 s × 1.25 for the machine." in text


def test_few_rounds_are_said_to_be_too_few():
    assert sentences(lines=[{**LINE, "interval": "range"}, REST])[1].endswith(
        " The brackets are ranges of too few rounds for a claim."
    )


def test_waiting_names_the_line_and_what_runs_meanwhile():
    waits = {
        "waiting_share": 0.7,
        "waiting_share_low": 0.6,
        "waiting_share_high": 0.8,
        "callee": "Queue.get (queue.py)",
    }
    found = sentences(
        lines=[{**LINE, **waits, "held_s": 0.0}, {**LINE, "line": 5, "held_s": 3.0}, {**REST, "held_s": 1.0}]
    )
    place = 'work.py:4, `x = d["k"]`, in Queue.get (queue.py)'
    assert f"70 % [60 %, 80 %] of the waiting that the second thread adds is in {place}." in found
    assert found[-1] == 'While workers wait for a lock or the GIL, these lines run: work.py:5, `x = d["k"]` (75 %).'


def test_time_that_no_line_explains_is_said():
    found = sentences(waiting=[{**WAITING, "run_queue": 0.45, "garbage_collector": 0.06, "sleep_or_io": 0.01}])
    assert found[-2:] == [
        "For 45 % of the time in their tasks, the workers were ready to run, but had no CPU: other processes took it, or there are more "
        "workers than CPUs.",
        "For 6 % of the time in their tasks, the workers were in pauses of the garbage collector.",
    ]


def test_a_combination_without_lines_has_a_reason():
    bad = {**KEYS, "at_workers": 2, "status": "unsupported", "reason": "no module"}
    assert sentences(lines=(), waiting=[bad]) == ["Unsupported with 2 workers: no module."]


@pytest.mark.parametrize(("spare", "text"), [(0, "with no usable CPU to spare"), (1, "with a usable CPU to spare")])
def test_the_note_says_what_the_sampler_cost(spare, text):
    (found,) = why.explanations(make_why(waiting=[{**WAITING, "spare_cpus": spare}]))
    assert found["notes"] == [
        f"Sampled from outside, 500 times in each of 6 rounds; the sampler used 5 % of a CPU, {text}, and the sampled "
        "repetitions took 1.02 times as long as those between them."
    ]


def test_a_note_says_why_threads_were_not_sampled_from_outside():
    (found,) = why.explanations(make_why(waiting=[{**WAITING, "method": "inside", "reason": "not permitted"}]))
    assert found["notes"][0] == "Not sampled from outside: not permitted."
    assert found["notes"][1].startswith("Sampled by a thread of the run, 500 times in each of 6 rounds; ")


def test_what_the_machine_adds_by_itself_is_a_note():
    (found,) = why.explanations(make_why(waiting=[{**WAITING, "machine_factor": 1.25}]))
    assert found["notes"][0] == (
        "A loop on data of its own needs 1.25 times as much CPU time on all workers at once as on one: that the machine adds by "
        "itself, and no line is blamed for it."
    )


def test_a_listing_has_bars_relative_to_the_largest_and_gaps():
    row = {**KEYS, "file": "work.py", "source": "x", "added_waiting_s": None}
    times = [(1, None), (2, 2.0), (9, 0.5), (10, -0.1)]
    (found,) = why.explanations(make_why(listings=[{**row, "line": line, "added_cpu_s": cpu} for line, cpu in times]))
    lines = found["listings"]["work.py"]
    assert [(line.number, line.cpu, line.cpu_text) for line in lines] == [
        (1, 0.0, ""),
        (2, 1.0, "+2.00 s"),
        (None, 0.0, ""),
        (9, 0.25, "+500 ms"),
        (10, 0.0, "−100 ms"),
    ]


@pytest.fixture
def explained(tmp_path):
    """The folder of a sweep whose tables of the target why hold markup."""
    folder = sweep_folder(tmp_path / "m", sweep_records({"sequential": [4.0] * 6, "thread": [4.0] * 6}))
    (folder / "figures").mkdir(exist_ok=True)
    markup = "<script>alert(1)</script>"
    row = {**KEYS, "file": f"{markup}.py", "line": 4, "source": markup, "added_cpu_s": 2.0, "added_waiting_s": 0.1}
    write(make_why(lines=[{**LINE, "source": markup}, REST], listings=[row]), folder / "tables")
    return folder


@pytest.mark.slow
def test_the_page_escapes_what_comes_from_source_files(explained):
    text = write_report(explained).read_text()
    assert "<script>alert" not in text
    section = sections(text)["why"]
    assert "89 % [84 %, 92 %] of the CPU time" in section and "<script>alert(1)</script>" in section
    assert "added CPU per task" in section and "+2.00 s" in section
    assert "tables/lines.csv" in Page(text).links


@pytest.mark.slow
def test_markdown_has_the_sentences(explained):
    write_report(explained)
    assert "## Why not further?\n\n### shared" in (explained / "report.md").read_text()


@pytest.mark.slow
def test_a_page_without_why_has_no_such_section(tmp_path):
    folder = sweep_folder(tmp_path / "m", sweep_records({"sequential": [4.0] * 6, "thread": [4.0] * 6}))
    assert "why" not in sections(write_report(folder).read_text())


def test_tables_of_why_are_read_as_they_were_written(tmp_path):
    write(make_why(), tmp_path)
    lines = read_why(tmp_path)["lines"]
    assert (list(lines["line"].fillna(0)), list(lines["file"].isna())) == ([4, 0], [False, True])
    assert {name: len(table) for name, table in read_why(tmp_path / "none").items()} == dict.fromkeys(WHY_TABLES, 0)
