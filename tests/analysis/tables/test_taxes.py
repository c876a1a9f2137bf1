import tarfile

import pandas as pd
from gil_scaling.analysis.tables.taxes import read_taxes

ROW = {
    "panel": "sort",
    "build": "3.14t",
    "backend": "thread",
    "backend_kind": "threads",
    "workers": 2,
    "usable_cpus": 2,
    "tax": 1.2,
    "error": 0.9,
}


def write(folder, *rows):
    path = folder / "tax/tables/without_gil.csv"
    path.parent.mkdir(parents=True)
    pd.DataFrame(rows).to_csv(path, index=False)


def test_the_own_sweep_comes_first_with_one_row_per_workload(tmp_path):
    write(tmp_path, {**ROW, "workers": 1, "tax": 5.0}, ROW, {**ROW, "panel": "shared_read", "error": None})
    taxes = read_taxes(tmp_path, "mine")
    assert (taxes.source, list(taxes.rows["tax"])) == ("the sweep tax of this machine", [1.2])


def test_without_an_own_sweep_the_example_is_read(tmp_path):
    taxes = read_taxes(tmp_path, "mine")
    assert taxes.source == "results/example-2cpus/default, of another machine"
    assert (list(taxes.rows["workload"]), list(taxes.rows["build"])) == (["py_loop"], ["3.14t"])
    assert 1.0 < taxes.rows["tax"].iloc[0] < 1.2


def test_a_table_without_errors_is_not_used(tmp_path):
    write(tmp_path, {**ROW, "error": None})
    assert "example" in read_taxes(tmp_path, "mine").source


def test_the_sweep_tax_does_not_read_its_own_table(tmp_path):
    write(tmp_path, ROW)
    assert "example" in read_taxes(tmp_path, "tax").source


def test_an_example_without_errors_is_none(tmp_path):
    write(tmp_path / "example-2cpus/default", {**ROW, "error": None})
    table = tmp_path / "example-2cpus/default/tax/tables/without_gil.csv"
    with tarfile.open(tmp_path / "example.tar.gz", "w:gz") as archive:
        archive.add(table, "example-2cpus/default/tables/without_gil.csv")
    assert read_taxes(tmp_path, "mine", tmp_path / "example.tar.gz") is None


def test_without_the_example_there_is_none(tmp_path):
    assert read_taxes(tmp_path, "mine", tmp_path / "example.tar.gz") is None
