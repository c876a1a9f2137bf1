import math

import pytest

from tests.benchmarks import half_width
from tests.benchmarks.half_width import MEANS, ROUNDS, VALUES, Measurement


def of_sweep(median_s=0.1, half_width=0.01, processes=10, measuring_s=5.0):
    return Measurement(median_s, {ROUNDS: half_width}, processes, measuring_s)


def of_pyperf(median_s=0.1, means=0.02, values=0.01, measuring_s=10.0):
    return Measurement(median_s, {MEANS: means, VALUES: values}, 20, measuring_s)


def test_half_width_of_a_mean_is_that_of_student_s_t():
    # mean 2, standard deviation 1, three values: t(2, 0.975) = 4.3027
    assert half_width.half_width_of_mean([1.0, 2.0, 3.0]) == pytest.approx(4.3027 / math.sqrt(3) / 2, rel=1e-4)


def test_rounds_take_as_long_as_pyperf_and_allow_an_interval():
    sweep = {"a": of_sweep(), "b": of_sweep()}  # 0.5 s per run
    others = {"a": of_pyperf(), "b": of_pyperf(measuring_s=1.0)}
    assert half_width.find_rounds(sweep, others) == {"a": 20, "b": 6}


def test_describe_has_the_ratios_of_each_pair():
    pairs = [(of_sweep(median_s=0.1 * factor), of_pyperf()) for factor in (1, 1.1, 1, 1.1, 1, 1.1)]
    assert half_width.describe(pairs) == {
        "processes of the sweep, of pyperf": "10, 20",
        "measuring time, sweep / pyperf": "0.50 [0.50, 0.50]",
        "median time, sweep / pyperf": "1.05 [1.00, 1.10]",
        "half-width of the sweep": "±1 %",
        f"half-width of pyperf over {MEANS}": "±2 %",
        f"sweep / pyperf over {MEANS}": "0.50 [0.50, 0.50]",
        f"half-width of pyperf over {VALUES}": "±1 %",
        f"sweep / pyperf over {VALUES}": "1.00 [1.00, 1.00]",
    }


def test_sides_alternate_and_the_first_pair_finds_the_rounds(tmp_path, monkeypatch):
    calls = []

    def sweep(folder, machine, rounds, count):
        calls.append((machine, rounds["noop"], count))
        return {"noop": of_sweep()}

    monkeypatch.setattr(half_width, "copy_workflow", lambda *_, **__: None)
    monkeypatch.setattr(half_width, "measure_sweep", sweep)
    monkeypatch.setattr(half_width, "measure_pyperf", lambda *_: calls.append("pyperf") or of_pyperf())
    found = half_width.measure_pairs(tmp_path, ["noop"], 2, 3, [])
    assert calls == [("pair-0", 6, 3), "pyperf", "pyperf", ("pair-1", 20, 3), ("pair-2", 20, 3), "pyperf"]
    assert found == {"noop": [(of_sweep(), of_pyperf())] * 2}
