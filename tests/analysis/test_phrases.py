import pytest
from gil_scaling.analysis import phrases

ROW = {"speedup": 1.8, "speedup_low": 1.484, "speedup_high": 2.03, "rounds_ok": 6}


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("faster", "1.80 times as fast as the sequence [1.48, 2.03]"),
        ("slower", "slower than the sequence, 1.80 times as fast [1.48, 2.03]"),
        ("same", "as fast as the sequence within 5 %, 1.80 [1.48, 2.03]"),
        ("not shown", "not shown to differ from the sequence, 1.80 times as fast [1.48, 2.03]"),
        ("no claim", "1.80 times as fast as the sequence, from 1.48 to 2.03 in 6 rounds, too few for a claim"),
    ],
)
def test_a_speed_is_told_as_its_claim_allows(claim, text):
    assert phrases.describe_speed(ROW, "speedup", claim, "the sequence") == text


def test_one_round_is_one_round():
    assert phrases.describe_speed({**ROW, "rounds_ok": 1}, "speedup", "no claim", "it").endswith(
        "in 1 round, too few for a claim"
    )


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0234, "2.3 %"), (0.0041, "0.41 %"), (0.12, "12 %"), (1.5, "150 %"), (1e-16, "0 %"), (0.00056, "0.06 %")],
)
def test_shares_are_told_as_percentages(share, text):
    assert phrases.format_percent(share) == text


def test_changes_have_a_sign():
    assert phrases.format_percent_ci(0.12, -0.08, 0.15) == "+12 % [−8 %, +15 %]"


@pytest.mark.parametrize(
    ("parts", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_parts_are_listed_as_in_a_sentence(parts, text):
    assert phrases.join_words(parts) == text
