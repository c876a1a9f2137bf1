import math

import pandas as pd
import pytest

from tests.analysis.tables.series_records import numbered, records_of, records_of_sizes
from tests.support import make_tables


def break_even(folder, records):
    return make_tables(folder, records, cpus=64)["break_even"]


def over_sizes(folder, records):
    """The only row over a parameter."""
    table = break_even(folder, records)
    (row,) = table[table["axis"] != "workers"].to_dict("records")
    return row


def test_threads_break_even_with_the_reference_build(tmp_path):
    records = records_of(lambda p: 1.0, (1, 2, 4), python="a") + records_of(lambda p: 0.7 * p, (1, 2, 4), python="b")
    table = break_even(tmp_path, numbered(records))
    (row,) = table[table["python"] == "b"].to_dict("records")
    assert (row["axis"], row["against"]) == ("workers", "sequential on the reference build")
    assert (row["kind"], row["value"], row["value_low"], row["value_high"]) == ("from", 2, 2, 2)
    assert (row["panel"], row["series"], row["build"]) == ("py_loop", "thread", "b")
    assert pd.isna(row["workers_asked"])


def test_few_rounds_make_no_claim(tmp_path):
    records = [one for one in records_of(lambda p: 0.7 * p, (1, 2, 4)) if one["spec"]["round"] < 6]
    (row,) = break_even(tmp_path, records).to_dict("records")
    assert (row["kind"], row["value"], row["rounds"]) == ("no claim", 2, 5)


@pytest.mark.parametrize(("small", "large", "kind"), [(0.5, 2.0, "from"), (2.0, 0.5, "up to")])
def test_the_size_where_a_backend_breaks_even(small, large, kind, tmp_path):
    row = over_sizes(tmp_path, records_of_sizes(lambda n: small if n < 500 else large))
    assert (row["axis"], row["params"], row["against"]) == ("n", '{"count": 2}', "sequential on the same build")
    assert (row["kind"], row["value"]) == (kind, pytest.approx(316.2, rel=1e-3))  # halfway on a logarithmic axis
    assert 100 <= row["value_low"] <= row["value"] <= row["value_high"] <= 1000
    assert (row["panel"], row["workers_asked"]) == ("py_loop", "2")


@pytest.mark.parametrize(("ratio", "kind"), [(1.5, "always"), (0.5, "never")])
def test_always_and_never_have_no_size(ratio, kind, tmp_path):
    row = over_sizes(tmp_path, records_of_sizes(lambda n: ratio))
    assert row["kind"] == kind
    assert math.isnan(row["value"])


def test_parameters_that_are_words_are_no_axis(tmp_path):
    records = records_of_sizes(lambda n: 1.5)
    for record in records:
        record["spec"]["params"]["n"] = f"size {record['spec']['params']['n']}"
    assert len(break_even(tmp_path, records)) == 0
