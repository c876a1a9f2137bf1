"""Numbers as people read them: times, ratios, intervals."""

import math


def seconds(value):
    """A time with three significant digits: 1.27 µs, 53.1 ms, 2.5 s; an en dash for none."""
    if value is None or math.isnan(value):
        return "–"
    for limit, factor, unit in ((1e-6, 1e9, "ns"), (1e-3, 1e6, "µs"), (1, 1e3, "ms")):
        if abs(value) < limit:
            return f"{_digits(value * factor)} {unit}"
    return f"{_digits(value)} s"


def number(value):
    """A number with three significant digits, a large one in whole: 0.0123, 5.31, 11,449; an en dash for none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    return f"{value:,.0f}" if isinstance(value, int) or abs(value) >= 100 else _digits(value)


def ratio(value):
    """A ratio with two digits after the point; an en dash for none."""
    return "–" if value is None or math.isnan(value) else f"{value:.2f}".replace("-", "−")


def ratio_in(value, low, high):
    """A ratio with its interval: 1.92 [1.88, 1.97]."""
    return ratio(value) if math.isnan(value) else f"{ratio(value)} [{ratio(low)}, {ratio(high)}]"


def seconds_in(value, low, high):
    """A time with its interval, in one unit where they share it: 53.1 ms [52.0 ms, 55.0 ms]."""
    return seconds(value) if math.isnan(value) else f"{seconds(value)} [{seconds(low)}, {seconds(high)}]"


def _digits(value):
    if value == 0:
        return "0"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"
