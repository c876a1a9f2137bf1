import pandas as pd
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
    for name, status, reason in (
        ("a", "crashed", "SIGSEGV"),
        ("b", "crashed", "SIGSEGV"),
        ("c", "unsupported", "too old"),
    ):
        spec = {"backend": "process", "workers": ord(name)}
        records.append(make_record(name, spec=spec, status=status, reason=reason, measured=None))
    folder = sweep_folder(tmp_path, records)
    with pytest.raises(SystemExit) as error:
        verdict.main(folder)
    assert error.value.code == (
        f"2 runs failed; see {folder}/tables/failures.csv, the report, and their stderr in logs/runs/. Run the same command "
        "again to repeat only these."
    )
    assert capsys.readouterr().err == "crashed on 3.14: SIGSEGV (2 runs: a, b)\n"


def test_failures_are_grouped_by_cause():
    rows = [
        (build, "failed", reason, f"r{place}")
        for place, (build, reason) in enumerate([("3.14", "x")] * 5 + [("3.9", "x")])
    ]
    failures = pd.DataFrame([*rows, ("3.14", "timeout", None, "r9")], columns=["build", "status", "reason", "run"])
    assert list(verdict.describe_failures(failures)) == [
        "failed on 3.14: x (5 runs: r0, r1, r2 and 2 more)",
        "failed on 3.9: x (1 run: r5)",
        "timeout on 3.14: no reason known (1 run: r9)",
    ]
