import math

import numpy as np
import pytest
from gil_scaling.analysis.tables import lines

from tests.analysis.tables.why_records import make_measured


def profiles(rounds):
    return [lines.profile(make_measured(each, cpu_s=sum(cpu for cpu, _, _ in each.values()))) for each in rounds]


def rows_of(alone, together):
    """{line: row} of six rounds, in which all times of a round are a little larger than in the one before."""
    factors = [1.0, 1.01, 1.02, 1.03, 1.04, 1.05]
    sides = (
        [{line: tuple(f * s for s in times) for line, times in side.items()} for f in factors]
        for side in (alone, together)
    )
    return {row.get("line"): row for row in lines.line_rows(*map(profiles, sides), {})}


def test_a_profile_divides_the_cpu_time_among_the_lines():
    found = lines.profile(make_measured({4: (2.0, 0.0, 0.0), 5: (1.0, 1.0, 0.5)}, cpu_s=12.0, span_s=16.0, tasks=2))
    assert (found.cpu_s, found.span_s) == (6.0, 8.0)
    assert found.lines == {("work.py", 4): (4.0, 0.0, 0.0), ("work.py", 5): (2.0, 2.0, 1.0)}


def test_lines_of_several_callees_are_one_line():
    measured = make_measured({4: (2.0, 0.0, 0.0)}, cpu_s=3.0)
    measured["seen"]["lines"].append(["work.py", 4, "task", "get (queue.py)", 1.0, 0.0, 0.0])
    measured["seen"]["states"]["running"] = 3.0
    assert lines.profile(measured).lines == {("work.py", 4): (3.0, 0.0, 0.0)}
    assert lines.facts_of([measured])["work.py", 4] == {"function": "task", "source": "line 4", "callee": None}


def test_the_line_that_takes_more_cpu_time_stands_out():
    rows = rows_of({4: (1.0, 0, 0), 5: (1.0, 0, 0)}, {4: (3.0, 0, 0), 5: (1.1, 0, 0)})
    assert list(rows) == [4, None]
    row = rows[4]
    assert row["cpu_share"] == pytest.approx(2.0 / 2.1)
    assert (row["cpu_alone_s"], row["cpu_s"]) == (pytest.approx(1.025), pytest.approx(3.075))
    assert (row["added_cpu_s"], row["added_cpu_s_low"], row["added_cpu_s_high"]) == (
        pytest.approx(2.05),
        pytest.approx(2.0),
        pytest.approx(2.1),
    )
    assert math.isnan(row["waiting_share"])
    assert row["interval"] == "ci95"


def test_no_line_stands_out_where_all_take_as_long():
    rows = rows_of({4: (1.0, 0, 0), 5: (2.0, 0, 0)}, {4: (1.02, 0, 0), 5: (2.02, 0, 0)})
    assert list(rows) == [None]
    assert math.isnan(rows[None]["cpu_share"])


def test_a_loss_whose_interval_includes_0_has_no_shares():
    noisy = [{4: (2.0 if number % 2 else 0.9, 0, 0)} for number in range(6)]
    (row,) = lines.line_rows(profiles([{4: (1.0, 0, 0)}] * 6), profiles(noisy), {})
    assert row["added_cpu_s"] > 0.3 and math.isnan(row["cpu_share"])


def test_a_line_whose_interval_includes_0_does_not_stand_out():
    noisy = [{4: (3.0, 0, 0), 5: (1.0 + (-1) ** n, 0, 0)} for n in range(6)]
    rows = lines.line_rows(profiles([{4: (1.0, 0, 0), 5: (1.0, 0, 0)}] * 6), profiles(noisy), {})
    assert [row.get("line") for row in rows] == [4, None]


def test_waiting_at_a_line_stands_out_by_itself():
    rows = rows_of({4: (1.0, 0, 0)}, {4: (1.0, 0, 0.0), 5: (0, 1.0, 0)})
    assert list(rows) == [5, None]
    assert rows[5]["waiting_share"] == pytest.approx(1.0)


def test_a_line_that_runs_while_others_wait_is_shown():
    rows = rows_of({4: (1.0, 0, 0), 5: (1.0, 0, 0)}, {4: (1.0, 0.0, 0.9), 5: (1.0, 1.0, 0.1), 6: (0.02, 0, 0)})
    assert list(rows) == [5, 4, None]
    assert rows[4]["held_s"] == pytest.approx(9 * rows[5]["held_s"])


def test_without_waiting_no_line_holds_anything():
    rows = rows_of({4: (1.0, 0, 0)}, {4: (1.0, 0.001, 0.001)})
    assert list(rows) == [None]


def test_few_rounds_have_ranges():
    rows = lines.line_rows(profiles([{4: (1.0, 0, 0)}] * 2), profiles([{4: (2.0, 0, 0)}] * 2), {})
    assert rows[0]["interval"] == "range"


def test_a_listing_has_all_lines_of_the_functions():
    alone, together = profiles([{4: (1.0, 0, 0)}]), profiles([{4: (3.0, 0, 0)}])
    found = lines.listing_rows(alone, together, {"work.py": {"3": "a", "4": "b"}, "other.py": {"1": "c"}}, ["work.py"])
    assert [(row["line"], row["source"]) for row in found] == [(3, "a"), (4, "b")]
    assert math.isnan(found[0]["added_cpu_s"])
    assert found[1]["added_cpu_s"] == 2.0


def test_what_the_machine_adds_by_itself_is_no_loss():
    sides = [
        [lines.profile(make_measured({4: (seconds, 0, 0)}, cpu_s=seconds, reference_s=loop_s)) for _ in range(6)]
        for seconds, loop_s in ((1.0, 0.010), (1.2, 0.012))
    ]
    assert lines.machine_factor(*sides) == pytest.approx(1.2)
    (row,) = lines.line_rows(*sides, {})
    assert (row["added_cpu_s"], row.get("line")) == (pytest.approx(0.0), None)


def test_the_machine_never_takes_less():
    sides = [[lines.profile(make_measured({4: (1.0, 0, 0)}, reference_s=loop_s))] for loop_s in (0.012, 0.010)]
    assert lines.machine_factor(*sides) == 1.0
    assert lines.machine_factor(profiles([{4: (1.0, 0, 0)}]), profiles([{4: (1.0, 0, 0)}])) == 1.0


def test_noise_alone_blames_no_line_in_19_of_20_cases():
    rng = np.random.default_rng(1)
    shares = [0.4, 0.3, 0.2, 0.1]

    def sampled():
        counts = rng.multinomial(500, shares)
        cpu_s = float(np.exp(rng.normal(0, 0.05)))
        return lines.profile(make_measured({line: (float(n), 0, 0) for line, n in enumerate(counts, 1)}, cpu_s=cpu_s))

    blamed = sum(len(lines.line_rows(*([sampled() for _ in range(6)] for _ in range(2)), {})) > 1 for _ in range(400))
    assert blamed <= 20
