import pytest
from gil_scaling.analysis.tables.quality import is_disturbed

from tests.support import make_record, make_tables, sweep_records


def test_quality_counts_disturbed_runs_per_backend(tmp_path):
    records = sweep_records({"thread": [1.0] * 3, "sequential": [1.0]})
    noisy = {"flag": "noisy", "reading": "other_share", "value": 0.123, "limit": 0.05}
    drifting = {"flag": "drifting", "reading": "reference_loop_drift", "value": 0.2, "limit": 0.1}
    records[0]["noise"] = [noisy]
    records[1]["noise"] = [noisy, drifting]
    records[1].update(attempts=4)
    records[2].update(waited_s=2.5)
    tables = make_tables(tmp_path, records, experiments=("e", "f"))
    names = ["build", "backend", "runs", "noisy", "drifting", "throttled", "repeated", "waited_s"]
    assert tables["quality"][names].values.tolist() == [
        ["3.14", "sequential", 1, 0, 0, 0, 0, 0],
        ["3.14", "thread", 3, 2, 1, 0, 3, 2.5],
    ]
    row = tables["summary"].set_index(["experiment", "backend"]).loc[("e", "thread")]
    assert (row["flags"], row["rounds_disturbed"]) == ("drifting;few_rounds;noisy", 2)
    assert tables["runs"]["noise"].tolist()[0] == "noisy: other_share 0.12, at most 0.05"


def test_quality_of_failed_runs_is_empty(tmp_path):
    failed = make_record(status="crashed", reason="ended by signal SIGKILL", measured=None)
    assert make_tables(tmp_path, [failed])["quality"].empty


@pytest.mark.parametrize(
    ("flags", "disturbed"), [([], False), (["too_short", "throttled"], False), (["noisy"], True), (["drifting"], True)]
)
def test_disturbances_come_from_outside(flags, disturbed):
    assert is_disturbed(flags) == disturbed


def test_runs_show_the_state_of_the_machine(tmp_path):
    record = make_record()
    record["state"]["meanwhile"] = {"other_cpu_s": 0.5, "steal_s": 0.25, "throttled_s": None}
    record["state"]["after"]["reference_loop_s"] = 0.03
    row = make_tables(tmp_path, [record])["runs"].iloc[0]
    names = ["other_cpu_s", "steal_s", "reference_loop_before_s", "reference_loop_after_s"]
    assert row[names].tolist() == [0.5, 0.25, 0.02, 0.03]
