"""Numbers and claims in words: one template per claim, and no sentence says more than its interval does."""

import math

from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM, NOT_SHOWN, SAME, SLOWER

_FORMS = {
    FASTER: "{ratio} times as fast as {than} {interval}",
    SLOWER: "slower than {than}, {ratio} times as fast {interval}",
    SAME: "as fast as {than} within 5 %, {ratio} {interval}",
    NOT_SHOWN: "not shown to differ from {than}, {ratio} times as fast {interval}",
    NO_CLAIM: "{ratio} times as fast as {than}, from {low} to {high} in {rounds}, too few for a claim",
}


def describe_speed(row, name, claim, than):
    """How fast something is, in words: `1.80 times as fast as the sequence [1.48, 2.03]`.

    row: a mapping with the ratio `name`, its ends name_low and name_high, and rounds_ok; claim: as claims.claim gives it.
    """
    value, low, high = (format_ratio(row[key]) for key in (name, f"{name}_low", f"{name}_high"))
    rounds = format_count(row["rounds_ok"], "round")
    return _FORMS[claim].format(ratio=value, than=than, interval=f"[{low}, {high}]", low=low, high=high, rounds=rounds)


_ON = {
    SLOWER: "slower",
    FASTER: "faster",
    SAME: "as fast within 5 %",
    NOT_SHOWN: "no difference shown",
    NO_CLAIM: "too few rounds for a claim (the brackets are ranges)",
}


def describe_claims(claims, noun):
    """How often each of the claims is made, in words: `slower on 7 of 10 workloads, no difference shown on 3`."""
    found = [(_ON[claim], claims.count(claim)) for claim in _ON if claim in claims]
    if len(claims) == 1:
        return found[0][0]
    first, *others = [f"{text} on {count}" for text, count in found]
    return ", ".join([f"{first} of {format_count(len(claims), noun)}", *others])


def format_percent(share):
    """A share as a percentage with two digits: 2.3 %, 0.41 %, 12 %, nothing finer than 0.01 %; an en dash for none."""
    if share != share:
        return "–"
    share = round(share, 4)
    return f"{100 * share:.2g} %" if abs(share) < 0.995 else f"{100 * share:.0f} %"


def format_percent_ci(value, low, high):
    """A change as a percentage with its interval: +12 % [+8.0 %, +15 %]."""
    return f"{_signed(value)} [{_signed(low)}, {_signed(high)}]"


def _signed(share):
    return ("+" if share >= 0 else "−") + format_percent(abs(share))


def format_count(number, noun):
    """A number with its noun: 1 round, 6 rounds."""
    return f"{number:,.0f} {noun}{'' if number == 1 else 's'}"


def join_words(parts):
    """Parts as a list in a sentence: a, b and c."""
    parts = list(parts)
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def describe_gil(is_on):
    """Whether there is a GIL, after the name of a build: `3.14t, without the GIL`."""
    return "with the GIL" if is_on else "without the GIL"


def capitalize(text):
    """The text with a capital at its beginning, as a sentence has it."""
    return text[:1].upper() + text[1:]


def format_seconds(value):
    """A time with three significant digits: 1.27 µs, 53.1 ms, 2.5 s; an en dash for none."""
    if value is None or math.isnan(value):
        return "–"
    for limit, factor, unit in ((1e-6, 1e9, "ns"), (1e-3, 1e6, "µs"), (1, 1e3, "ms")):
        if abs(value) < limit:
            return f"{_digits(value * factor)} {unit}"
    return f"{_digits(value)} s"


def format_number(value):
    """A number with three significant digits, a large one in whole: 0.0123, 5.31, 11,449; an en dash for none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    return f"{value:,.0f}" if isinstance(value, int) or abs(value) >= 100 else _digits(value)


def format_ratio(value):
    """A ratio with two digits after the point; an en dash for none."""
    return "–" if value is None or math.isnan(value) else f"{value:.2f}".replace("-", "−")


def format_ratio_ci(value, low, high):
    """A ratio with its interval: 1.92 [1.88, 1.97]."""
    return (
        format_ratio(value)
        if math.isnan(value)
        else f"{format_ratio(value)} [{format_ratio(low)}, {format_ratio(high)}]"
    )


def format_seconds_ci(value, low, high):
    """A time with its interval, in one unit where they share it: 53.1 ms [52.0 ms, 55.0 ms]."""
    return (
        format_seconds(value)
        if math.isnan(value)
        else f"{format_seconds(value)} [{format_seconds(low)}, {format_seconds(high)}]"
    )


def _digits(value):
    if value == 0:
        return "0"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"
