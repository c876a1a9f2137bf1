from gil_scaling.analysis.report.limit_table import limit_table

from tests.support import make_record, make_sample, make_tables, sweep_records


def rows(folder, records):
    """The rows of the table, without the workload."""
    return [[cell.text for cell in row.cells[1:]] for row in limit_table(make_tables(folder, records)).rows]


def test_limits_are_one_per_build_and_kind_of_backend(tmp_path):
    records = sweep_records({"sequential": [2.0] * 6})
    records += [
        make_record(f"t{n}", samples=[make_sample(1.5, durations=(0.2, 0.2))], spec={"round": n}) for n in range(1, 7)
    ]
    # Sequential's tasks end after 0.9 s of 2 s (55 % are left); of 1.5 s with two workers 1 s passes after the last task (67 %).
    assert rows(tmp_path, records) == [
        ["3.14", "thread × 2", "1.33 [1.33, 1.33]", "5.00", "no", "–", "ending them and returning the results", "12 %"]
    ]


def test_what_reaches_the_bound_has_no_loss(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6})
    for one in records[:6]:
        one["measured"]["samples"][-1] = make_sample(4.0, durations=(2.0, 2.0), workers=1)
    ((_, _, *numbers),) = rows(tmp_path, records)
    assert numbers == ["2.00 [2.00, 2.00]", "2.00", "yes", "–", "–", "–"]


def test_nothing_limits_what_has_no_bound(tmp_path):
    assert rows(tmp_path, sweep_records({"sequential": [4.0] * 6})) == []
