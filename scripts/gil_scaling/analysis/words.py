"""Claims and estimates in words: no sentence says more than its interval does."""

from gil_scaling.analysis import units
from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM, NOT_SHOWN, SAME, SLOWER

_FORMS = {
    FASTER: "{ratio} times as fast as {than} {interval}",
    SLOWER: "slower than {than}, {ratio} times as fast {interval}",
    SAME: "as fast as {than} within 5 %, {ratio} {interval}",
    NOT_SHOWN: "not shown to differ from {than}, {ratio} times as fast {interval}",
    NO_CLAIM: "{ratio} times as fast as {than}, from {low} to {high} in {rounds}, too few for a claim",
}


def speed(row, name, claim, than):
    """How fast something is, in words: `1.80 times as fast as the sequence [1.48, 2.03]`.

    row: a mapping with the ratio `name`, its ends name_low and name_high, and rounds_ok; claim: as claims.claim gives it.
    """
    value, low, high = (units.ratio(row[key]) for key in (name, f"{name}_low", f"{name}_high"))
    rounds = counted(row["rounds_ok"], "round")
    return _FORMS[claim].format(ratio=value, than=than, interval=f"[{low}, {high}]", low=low, high=high, rounds=rounds)


_ON = {
    SLOWER: "slower",
    FASTER: "faster",
    SAME: "as fast within 5 %",
    NOT_SHOWN: "no difference shown",
    NO_CLAIM: "too few rounds for a claim (the brackets are ranges)",
}


def tally(claims, noun):
    """How often each of the claims is made, in words: `slower on 7 of 10 workloads, no difference shown on 3`."""
    found = [(_ON[claim], claims.count(claim)) for claim in _ON if claim in claims]
    if len(claims) == 1:
        return found[0][0]
    first, *others = [f"{text} on {count}" for text, count in found]
    return ", ".join([f"{first} of {counted(len(claims), noun)}", *others])


def percent(share):
    """A share as a percentage with two digits: 2.3 %, 0.41 %, 12 %, nothing finer than 0.01 %; an en dash for none."""
    if share != share:
        return "–"
    share = round(share, 4)
    return f"{100 * share:.2g} %" if abs(share) < 0.995 else f"{100 * share:.0f} %"


def percent_in(value, low, high):
    """A change as a percentage with its interval: +12 % [+8.0 %, +15 %]."""
    return f"{_signed(value)} [{_signed(low)}, {_signed(high)}]"


def _signed(share):
    return ("+" if share >= 0 else "−") + percent(abs(share))


def counted(number, noun):
    """A number with its noun: 1 round, 6 rounds."""
    return f"{number:,.0f} {noun}{'' if number == 1 else 's'}"


def listed(parts):
    """Parts as a list in a sentence: a, b and c."""
    parts = list(parts)
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def gil(is_on):
    """Whether there is a GIL, after the name of a build: `3.14t, without the GIL`."""
    return "with the GIL" if is_on else "without the GIL"


def capitalised(text):
    """The text with a capital at its beginning, as a sentence has it."""
    return text[:1].upper() + text[1:]
