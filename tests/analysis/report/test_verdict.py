import pytest
from gil_scaling.analysis.report import verdict


@pytest.fixture
def files(tmp_path):
    """The paths of the answers, and of a table of no failures."""
    answers, failures = tmp_path / "answers.txt", tmp_path / "failures.csv"
    answers.write_text("It is fast.\n")
    failures.write_text("run,reason\n")
    return answers, failures


def test_verdict_prints_the_answers(files, capsys):
    verdict.main(*files)
    assert capsys.readouterr().out == "It is fast.\nEvery supported run is ok.\n"


def test_verdict_fails_with_the_failures(files, capsys):
    files[1].write_text('run,reason\na,"line 1\nline 2"\nb,why\n')
    with pytest.raises(SystemExit) as error:
        verdict.main(*files)
    assert error.value.code == f"2 runs failed; see {files[1]}, the report, and their stderr in logs/runs/."
    assert capsys.readouterr().out == "It is fast.\n"
