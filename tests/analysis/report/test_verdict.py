import pytest
from gil_scaling.analysis.report import verdict

from tests.analysis.report.pages import sweep_folder
from tests.support import make_record, sweep_records


def test_verdict_prints_the_precision(tmp_path, capsys):
    verdict.main(sweep_folder(tmp_path, sweep_records({"sequential": [1.0] * 6, "thread": [1.0, 1.3] * 3})))
    precision, status = capsys.readouterr().out.splitlines()
    assert precision.startswith("1 of 2 combinations are known to within ±2 %")
    assert status == "Every supported run is ok."


def test_verdict_fails_with_the_failures(tmp_path, capsys):
    records = sweep_records({"sequential": [1.0] * 6})
    for name, status in (("a", "crashed"), ("b", "failed"), ("c", "unsupported")):
        spec = {"backend": "process", "workers": ord(name)}
        records.append(make_record(name, spec=spec, status=status, reason="why", measured=None))
    folder = sweep_folder(tmp_path, records)
    with pytest.raises(SystemExit) as error:
        verdict.main(folder)
    assert error.value.code == (
        f"2 runs failed; see {folder}/tables/failures.csv, the report, and their stderr in logs/runs/."
    )
    assert "Every supported run" not in capsys.readouterr().out
