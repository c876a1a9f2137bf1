import math

import pytest
from gil_scaling.analysis import phrases

ROW = {"speedup": 1.8, "speedup_low": 1.484, "speedup_high": 2.03, "rounds_ok": 6}


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("faster", "faster: 1.80× sequential [1.48, 2.03]"),
        ("slower", "slower: 1.80× sequential [1.48, 2.03]"),
        ("same", "the same within 5 %: 1.80× sequential [1.48, 2.03]"),
        ("not shown", "1.80× sequential [1.48, 2.03], no difference shown"),
        ("no claim", "1.80× sequential, from 1.48 to 2.03 in 6 rounds, too few for a claim"),
    ],
)
def test_describe_speed_has_one_template_per_claim(claim, text):
    assert phrases.describe_speed(ROW, "speedup", claim) == text


def test_describe_speed_names_another_baseline():
    text = phrases.describe_speed(ROW, "speedup", "faster", "the speed of 3.10")
    assert text == "faster: 1.80× the speed of 3.10 [1.48, 2.03]"


def test_describe_speed_of_one_round_uses_the_singular():
    assert phrases.describe_speed({**ROW, "rounds_ok": 1}, "speedup", "no claim").endswith(
        "in 1 round, too few for a claim"
    )


@pytest.mark.parametrize(
    ("claims", "text"),
    [
        (["same"], "the same within 5 %"),
        (["faster", "faster"], "faster on 2 of 2 workloads"),
        (["not shown", "slower", "not shown"], "slower on 1 of 3 workloads, no difference shown on 2"),
    ],
)
def test_describe_claims_counts_each_claim(claims, text):
    assert phrases.describe_claims(claims, "workload") == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0234, "2.3 %"),
        (0.0041, "0.41 %"),
        (0.12, "12 %"),
        (1.5, "150 %"),
        (1e-16, "0 %"),
        (0.00056, "0.06 %"),
        (math.nan, "–"),
    ],
)
def test_format_percent_has_two_digits(share, text):
    assert phrases.format_percent(share) == text


def test_format_percent_ci_shows_signs():
    assert phrases.format_percent_ci(0.12, -0.08, 0.15) == "+12 % [−8 %, +15 %]"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.27e-6, "1.27 µs"),
        (0.0531, "53.1 ms"),
        (2.5, "2.50 s"),
        (3e-9, "3.00 ns"),
        (0, "0 ns"),
        (None, "–"),
        (math.nan, "–"),
        (0.9996, "1.00 s"),
        (9.999e-4, "1.00 ms"),
        (0.09999, "100 ms"),
        (83.46, "83.5 s"),
        (-0.0021, "−2.10 ms"),
    ],
)
def test_format_seconds_chooses_the_unit(value, text):
    assert phrases.format_seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0123, "0.0123"), (5.312, "5.31"), (11449.4, "11,449"), (7, "7"), (math.inf, "∞"), (math.nan, "–")],
)
def test_format_number_has_three_digits(value, text):
    assert phrases.format_number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1.916, "1.92"), (-0.052, "−0.05"), (0, "0.00"), (None, "–"), (math.nan, "–")]
)
def test_format_ratio_has_two_decimals_and_a_minus(value, text):
    assert phrases.format_ratio(value) == text


def test_format_ratio_ci_of_a_negative_ratio():
    assert phrases.format_ratio_ci(-0.052, -0.1, 0.02) == "−0.05 [−0.10, 0.02]"


@pytest.mark.parametrize(("limit", "texts"), [(1, ["a", "2 others"]), (2, ["a", "b", "1 other"]), (3, ["a", "b", "c"])])
def test_limit_words_counts_the_others(limit, texts):
    assert phrases.limit_words(["a", "b", "c"], limit, "other") == texts


@pytest.mark.parametrize("function", [phrases.format_ratio_ci, phrases.format_seconds_ci])
def test_an_unknown_value_has_no_interval(function):
    assert function(math.nan, math.nan, math.nan) == "–"


@pytest.mark.parametrize(
    ("parts", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_join_words_lists_parts_as_a_sentence_does(parts, text):
    assert phrases.join_words(parts) == text


def changed(ratio, difference, claim="better", value=0.0312, against=12.3):
    """A row of the table metric_changes; ratio, difference: with their ends."""
    ends = ("", "_low", "_high")
    numbers = {
        f"{name}{end}": each
        for name, part in (("ratio", ratio), ("difference", difference))
        for end, each in zip(ends, part, strict=True)
    }
    return {"metric": "p99_ms", "claim": claim, "value": value, "against_value": against, **numbers}


def test_describe_metric_has_both_values_and_their_ratio():
    row = changed((0.002541, 0.0021, 0.00301), (-12, -13, -11))
    assert phrases.describe_metric(row) == "p99_ms is better: 0.0312, against 12.3 (0.00254× [0.00210, 0.00301])"


def test_describe_metric_without_a_ratio_has_the_difference():
    row = changed((math.nan,) * 3, (0.31, -0.05, 0.33), "worse", 0.31, 0.0)
    assert phrases.describe_metric(row) == "p99_ms is worse: 0.310, against 0 (+0.310 [−0.0500, +0.330])"


@pytest.mark.parametrize(
    ("sentence", "effect"),
    [
        ("a is faster: 1.80× sequential [1.48, 2.03].", math.log(1.48)),
        ("a is 1.80× sequential [1.48, 2.03], b is 0.33× the speed of c on 3.14 [0.25, 0.50].", math.log(2)),
        ("a is 1,800× sequential [1,480, 2,030].", math.log(1480)),
        ("a is 0.97× sequential [0.94, 1.02], no difference shown, with 5 workers [4, 6].", 0),
        ("a is 1.80× sequential, from 1.48 to 2.03 in 6 rounds, too few for a claim.", 0),
    ],
)
def test_shown_effect_is_how_far_intervals_stay_from_1(sentence, effect):
    assert phrases.shown_effect(sentence) == pytest.approx(effect)
