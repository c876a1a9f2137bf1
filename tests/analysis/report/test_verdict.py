import pytest
from gil_scaling.analysis.report import verdict
from gil_scaling.analysis.report.gate import Case, Check
from gil_scaling.analysis.report.junit import render

from tests.support import make_tables, sweep_records

PASSED = Check("fail_if_below", [Case("e", "a", None)], "0 of 1 below", None)
FAILED = Check("fail_if_slower", [Case("e", "a", "e: a: 0.5×")], "1 of 1 slower", "1 combination slower")
NOTHING = Check("fail_if_slower", [], "", "nothing could be checked")


@pytest.fixture
def files(tmp_path):
    """The paths of an outcome without limits, of the answers, and of a table of no failures."""
    answers, failures = tmp_path / "answers.txt", tmp_path / "failures.csv"
    answers.write_text("It is fast.\n")
    failures.write_text("run,reason\n")
    return write_outcome(tmp_path), answers, failures


def write_outcome(folder, *checks):
    path = folder / "junit.xml"
    path.write_text(render("s", make_tables(folder / "r", sweep_records({"thread": [1.0]}))["summary"], checks))
    return path


def failing(*files):
    """The message with which a verdict fails."""
    with pytest.raises(SystemExit) as error:
        verdict.main(*files)
    return error.value.code


def test_verdict_prints_the_answers(files, capsys):
    verdict.main(*files)
    assert capsys.readouterr().out == "It is fast.\nEvery supported run is ok.\n"


def test_verdict_fails_with_the_failures(files, capsys):
    files[2].write_text('run,reason\na,"line 1\nline 2"\nb,why\n')
    assert failing(*files) == f"2 runs failed; see {files[2]}, the report, and their stderr in logs/runs/."
    assert capsys.readouterr().out == "It is fast.\n"


def test_verdict_fails_where_a_limit_is_exceeded(files, tmp_path, capsys):
    write_outcome(tmp_path, PASSED, FAILED)
    files[2].write_text("run,reason\na,why\n")
    assert failing(*files) == (
        f"1 combination slower\n1 run failed; see {files[2]}, the report, and their stderr in logs/runs/."
    )
    assert capsys.readouterr() == ("It is fast.\n0 of 1 below\n1 of 1 slower\n", "e: a: 0.5×\n")


def test_verdict_fails_where_a_limit_checks_nothing(tmp_path, capsys):
    assert failing(write_outcome(tmp_path, NOTHING)) == "nothing could be checked"
    assert capsys.readouterr() == ("", "")


def test_verdict_of_a_comparison_says_that_nothing_is_checked(tmp_path, capsys):
    verdict.main(write_outcome(tmp_path))
    assert capsys.readouterr().out == "neither fail_if_slower nor fail_if_below is set: nothing was checked\n"
