import pandas as pd
import pytest
from gil_scaling.analysis.columns import names
from gil_scaling.analysis.figures import quality
from gil_scaling.analysis.figures.drawing import Missing

from tests.support import make_record, make_tables, sweep_records


def started(records):
    """The records, one started per second, in the order of their rounds."""
    ordered = sorted(records, key=lambda one: one["spec"]["round"])
    return [{**one, "started": f"2026-01-01T00:00:{second:02d}Z"} for second, one in enumerate(ordered)]


def made(folder, records):
    return make_tables(folder, records)


def panels(drawn):
    return {axes.get_title("left"): axes for axes in drawn.figure.axes}


def points(axes):
    return axes.lines[0].get_xydata().tolist()


@pytest.fixture
def records():
    return started(sweep_records({"sequential": [4.0, 4.0, 4.0, 4.0], "thread": [1.0, 2.0, 2.0, 7.0]}))


def test_the_spread_is_the_coefficient_of_variation(tmp_path, records):
    spread = panels(quality.draw(made(tmp_path, records)))["Spread"]
    deviation = (22 / 3) ** 0.5  # of 1, 2, 2, 7, whose mean is 3
    assert points(spread) == [[0, 0.5], [pytest.approx(deviation / 3), 1]]


def test_the_drift_is_the_fixed_loop_over_its_median(tmp_path, records):
    for one, loop_s in zip(records, [0.01, *[0.02] * 6, 0.04], strict=True):
        one["state"] = {**one["state"], "before": {"load_1min": 0.5, "reference_loop_s": loop_s}}
    drift = points(panels(quality.draw(made(tmp_path, records)))["Drift"])
    assert [y for _, y in drift] == pytest.approx([0.5, 1, 1, 1, 1, 1, 1, 2])
    assert [x for x, _ in drift] == pytest.approx([second / 60 for second in range(8)])


def test_the_order_is_the_time_against_the_place_in_the_round(tmp_path, records):
    order = points(panels(quality.draw(made(tmp_path, records)))["Order"])
    assert order == [[1, 1], [2, 0.5], [1, 1], [2, 1], [1, 1], [2, 1], [1, 1], [2, 3.5]]


def test_the_running_median_follows_the_tenths(tmp_path):
    records = [make_record(f"r{number:02d}", 1.0, spec={"round": number}) for number in range(1, 31)]
    for number, one in enumerate(records):
        one["started"] = f"2026-01-01T00:{number:02d}:00Z"
        one["state"]["before"]["reference_loop_s"] = 0.01 if number < 16 else 0.03
    records[1]["state"]["before"]["reference_loop_s"] = 0.09  # which moves no median
    _, medians = panels(quality.draw(made(tmp_path, records)))["Drift"].lines
    assert list(medians.get_xdata()) == [1, 4, 7, 10, 13, 16, 19, 22, 25, 28]
    assert list(medians.get_ydata()) == pytest.approx([0.5] * 5 + [1.5] * 5)


def test_the_cpu_time_of_others_is_a_share_of_the_usable_cpus(tmp_path, records):
    for one in records:
        one["state"]["meanwhile"] = {"other_cpu_s": 1.0, "steal_s": 0.5}  # in 5 s on 2 CPUs
    axes = panels(quality.draw(made(tmp_path, records)))["Others"]
    shares = {line.get_label(): set(line.get_ydata()) for line in axes.lines}
    assert shares == {"other processes": {0.1}, "the hypervisor": {0.05}}


def test_many_points_are_pixels(tmp_path, records):
    axes = panels(quality.draw(made(tmp_path, records)))
    assert all(axes[title].lines[0].get_rasterized() for title in ("Drift", "Order", "Others"))


def test_sentences_give_spread_order_drift_and_disturbances(tmp_path, records):
    found = made(tmp_path, records)
    found["runs"]["flags"] = ["noisy;drifting", "oversubscribed", "drifting", *[""] * 5]
    assert quality.draw(found).answers == [
        "Over the rounds the times of a combination vary by 45 % in the median of 2 combinations, by up to 90 % (py_loop on "
        "3.14, thread × 2; coefficient of variation).",
        "Place in the round and time have a rank correlation of 0.00 over 8 runs (Spearman; a description, not a test).",
        "A fixed loop took 20.0 ms before a run in the median, from 20.0 ms to 20.0 ms.",
        "2 of 8 runs were disturbed: noisy or drifting.",
    ]


def test_a_rank_correlation_shows_that_later_runs_take_longer(tmp_path):
    times = {"a": [1.0, 3.0], "b": [3.0, 1.0]}  # the first place is fast for a and slow for b, whose median is 2
    records = []
    for number in (1, 2):
        own = [
            make_record(f"{name}{number}", times[name][number - 1], spec={"round": number, "workload": name})
            for name in "ab"
        ]
        records += own if number == 1 else own[::-1]
    for second, one in enumerate(records):
        one["started"] = f"2026-01-01T00:00:{second:02d}Z"
    sentence = quality.draw(made(tmp_path, records)).answers[1]
    assert sentence == (
        "Place in the round and time have a rank correlation of 1.00 over 4 runs (Spearman; a description, not a test)."
    )


def test_workloads_without_a_speedup_have_no_spread(tmp_path, records):
    own = [make_record(f"l{number}", 1.0, spec={"workload": "latency", "round": number}) for number in (1, 2)]
    drawn = quality.draw(made(tmp_path, records + own))
    assert len(points(panels(drawn)["Spread"])) == 2
    assert drawn.answers[-1] == "0 of 10 runs were disturbed: noisy or drifting."


def test_a_run_that_several_experiments_use_counts_once(tmp_path, records):
    drawn = quality.draw(make_tables(tmp_path, records, experiments=("one", "two")))
    assert len(drawn.data) == 8


def test_runs_of_one_round_have_no_spread_and_no_order(tmp_path):
    drawn = quality.draw(made(tmp_path, started(sweep_records({"sequential": [4.0], "thread": [1.0]}))))
    blank = [title for title, axes in panels(drawn).items() if axes.texts]
    assert blank == ["Spread", "Order"]
    assert [sentence.split()[0] for sentence in drawn.answers] == ["A", "0"]


def test_what_was_not_measured_is_not_drawn(tmp_path, records):
    for one in records:
        one["state"] = {part: {} for part in ("before", "after", "meanwhile")}
    drawn = quality.draw(made(tmp_path, records))
    assert [title for title, axes in panels(drawn).items() if axes.texts] == ["Drift", "Others"]
    assert [sentence.split()[0] for sentence in drawn.answers] == ["Over", "Place", "0"]


def test_failed_runs_are_left_out(tmp_path, records):
    records[-1].update(status="crashed", reason="killed", measured=None)
    assert len(quality.draw(made(tmp_path, records)).data) == 7


def test_nothing_ok_is_missing():
    found = {name: pd.DataFrame(columns=names(name)) for name in ("runs", "summary", "builds")}
    with pytest.raises(Missing, match=r"^no run is ok$"):
        quality.draw(found)
