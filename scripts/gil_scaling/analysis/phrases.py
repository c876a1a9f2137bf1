"""Numbers and claims in words: one template per claim, so that no sentence says more than its interval allows."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM, NOT_SHOWN, SAME, SLOWER

CLAIMS = {
    SLOWER: "slower",
    FASTER: "faster",
    SAME: "the same within 5 %",
    NOT_SHOWN: "no difference shown",
    NO_CLAIM: "too few rounds for a claim",
}

_SPEEDS = {
    FASTER: "faster: {speed}",
    SLOWER: "slower: {speed}",
    SAME: "the same within 5 %: {speed}",
    NOT_SHOWN: "{speed}, no difference shown",
    NO_CLAIM: "{ratio}× {baseline}, from {low} to {high} in {rounds}, too few for a claim",
}


_RATIO_CI = re.compile(r"×[^\[×]*\[([\d.,]+), ([\d.,]+)\]")


def describe_speed(row: Mapping[str, Any], name: str, claim: str, baseline: str = "sequential") -> str:
    """A speed and its claim, to follow "is": `faster: 1.80× sequential [1.48, 2.03]`.

    row: has the ratio `name`, its ends name_low and name_high, and, where there is no claim, rounds_ok; claim: as
    claims.claim returns it; baseline: what the ratio is relative to, such as "sequential" or "the speed of 3.10".
    """
    ratio, low, high = (format_ratio(row[key]) for key in (name, f"{name}_low", f"{name}_high"))
    rounds = format_count(row["rounds_ok"], "round") if claim == NO_CLAIM else ""
    speed = format_speed(row, name, baseline)
    return _SPEEDS[claim].format(speed=speed, ratio=ratio, baseline=baseline, low=low, high=high, rounds=rounds)


def format_speed(row: Mapping[str, Any], name: str, baseline: str) -> str:
    """A speed relative to a baseline, with its interval, as in describe_speed: 1.80× sequential [1.48, 2.03]."""
    ratio, low, high = (format_ratio(row[key]) for key in (name, f"{name}_low", f"{name}_high"))
    return _with_interval(f"{ratio}× {baseline}", low, high)


def shown_effect(sentence: str) -> float:
    """The largest effect that the ratios of a sentence show: how far an interval stays from 1, as a logarithm; 0 for none.

    `1.80× sequential [1.48, 2.03]` shows log(1.48) = 0.39.
    """
    ends = [[float(end.replace(",", "")) for end in found] for found in _RATIO_CI.findall(sentence)]
    effects = (max(math.log(low), -math.log(high)) for low, high in ends if low > 0)
    return max([0.0, *effects])


def describe_metric(row: Mapping[str, Any]) -> str:
    """A metric that is better or worse: `p99_ms is better: 0.0312, against 12.3 (0.00254× [0.00210, 0.00301])`.

    row: of metric_changes, with the columns metric and claim, the medians value and against_value, and those of format_change.
    """
    value, against = (format_number(row[name]) for name in ("value", "against_value"))
    return f"{row['metric']} is {row['claim']}: {value}, against {against} ({format_change(row)})"


def format_change(row: Mapping[str, Any]) -> str:
    """A ratio of metrics with its interval: 0.32× [0.30, 0.35]; where there is none, the difference: +0.31 [+0.29, +0.33]."""
    if not math.isnan(row["ratio"]):
        value, low, high = (format_number(row[f"ratio{end}"]) for end in ("", "_low", "_high"))
        return _with_interval(f"{value}×", low, high)
    ends = (row[f"difference{end}"] for end in ("", "_low", "_high"))
    return _with_interval(*(f"{'+' if value > 0 else ''}{format_number(value)}" for value in ends))


def describe_claims(claims: Sequence[str], noun: str) -> str:
    """How often each claim is made: `slower on 7 of 10 workloads, no difference shown on 3`."""
    tally = [(text, claims.count(claim)) for claim, text in CLAIMS.items() if claim in claims]
    if len(claims) == 1:
        return tally[0][0]
    first, *others = [f"{text} on {count}" for text, count in tally]
    return ", ".join([f"{first} of {format_count(len(claims), noun)}", *others])


def describe_gil(is_on: bool) -> str:
    """Whether a build has the GIL, to follow its name: `3.14t, without the GIL`."""
    return "with the GIL" if is_on else "without the GIL"


def format_count(number: float, noun: str) -> str:
    """A number with its noun: 1 round, 6 rounds."""
    return f"{number:,.0f} {noun}{'' if number == 1 else 's'}"


def join_words(parts: Iterable[str]) -> str:
    """A list in a sentence: a, b and c."""
    *parts, last = [*parts] or [""]
    return f"{', '.join(parts)} and {last}" if parts else last


def limit_words(parts: Sequence[str], limit: int, noun: str) -> list[str]:
    """The first parts of a list, and how many others there are: with noun "other" and limit 2, [a, b, 3 others]."""
    more = len(parts) - limit
    return [*parts[:limit], *([format_count(more, noun)] if more > 0 else [])]


def capitalize(text: str) -> str:
    """The text with its first character in upper case; unlike str.capitalize, the rest stays as it is."""
    return text[:1].upper() + text[1:]


def format_percent(share: float) -> str:
    """A share as a percentage with two digits, none finer than 0.01 %: 2.3 %, 0.41 %, 12 %; an en dash for NaN."""
    if math.isnan(share):
        return "–"
    share = round(share, 4)
    return f"{100 * share:.2g} %" if abs(share) < 0.995 else f"{100 * share:.0f} %"


def format_percent_ci(value: float, low: float, high: float) -> str:
    """A change as a percentage with its interval: +12 % [+8 %, +15 %]."""
    return _with_interval(*(("+" if share >= 0 else "−") + format_percent(abs(share)) for share in (value, low, high)))


def format_share_ci(value: float, low: float, high: float) -> str:
    """A share as a percentage with its interval: 12 % [8 %, 15 %]."""
    return _with_interval(*map(format_percent, (value, low, high)))


def name_line(file: str, line: int, source: str | float) -> str:
    """A line of code in a sentence: work.py:4, `x = d["k"]`; source: NaN or empty where it cannot be read."""
    return f"{file.rpartition('/')[2]}:{line}" + (f", `{source}`" if isinstance(source, str) and source else "")


def format_seconds(value: float | None) -> str:
    """A time with three significant digits: 1.27 µs, 53.1 ms, 2.50 s; an en dash for None or NaN."""
    if value is None or math.isnan(value):
        return "–"
    value = float(f"{value:.3g}")
    for limit, factor, unit in ((1e-6, 1e9, "ns"), (1e-3, 1e6, "µs"), (1, 1e3, "ms")):
        if abs(value) < limit:
            return f"{_three_digits(value * factor)} {unit}"
    return f"{_three_digits(value)} s"


def format_seconds_ci(value: float, low: float, high: float) -> str:
    """A time with its interval: 53.1 ms [52.0 ms, 55.0 ms]; an en dash for NaN."""
    return "–" if math.isnan(value) else _with_interval(*map(format_seconds, (value, low, high)))


def format_number(value: float | None) -> str:
    """A number with three significant digits, from 100 on in full: 0.0123, 5.31, 11,449, ∞; an en dash for None or NaN."""
    if value is None or math.isnan(value):
        return "–"
    if value == math.inf:
        return "∞"
    return f"{value:,.0f}" if isinstance(value, int) or abs(value) >= 100 else _three_digits(value)


def format_ratio(value: float | None) -> str:
    """A ratio with two decimals: 1.92; an en dash for None or NaN."""
    return "–" if value is None or math.isnan(value) else f"{value:.2f}".replace("-", "−")


def format_ratio_ci(value: float, low: float, high: float) -> str:
    """A ratio with its interval: 1.92 [1.88, 1.97]; an en dash for NaN."""
    return "–" if math.isnan(value) else _with_interval(*map(format_ratio, (value, low, high)))


def _with_interval(value: str, low: str, high: str) -> str:
    return f"{value} [{low}, {high}]"


def _three_digits(value: float) -> str:
    if value == 0:
        return "0"
    value = float(f"{value:.3g}")
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}".replace("-", "−")
