"""Every colour, marker and order of the figures: of backends, builds, machines, parts of the budget, and claims."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb

from gil_scaling.analysis import labels
from gil_scaling.analysis.columns import BETTER, WORSE
from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM, NOT_SHOWN, SAME, SLOWER

WIDTH = 11.25  # inches of every figure: 1080 pixels in a browser, the column of the report
FONT = 9.0  # points

_SETTINGS = {
    "svg.hashsalt": "gil-scaling",
    "svg.fonttype": "none",  # text stays text: smaller, faster, and found by a search in the page
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": FONT,
    "axes.titlesize": FONT,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": FONT,
    "xtick.labelsize": FONT - 1,
    "ytick.labelsize": FONT - 1,
    "legend.fontsize": FONT,
    "legend.frameon": False,
    "text.parse_math": False,  # a $ in a name is a $
}

INK = "#333333"  # sequential, and lines that all are compared with
ACCENT = "#b0124f"
GREY = "#c9c9c9"  # where nothing stands out

_DARK_PAPER = "#161616"  # of the page, too
_LIGHT_INK = 0.93  # what black becomes there, 0 … 1
_MIN_CONTRAST = 3

# A family of hues for each kind of backend, in the order in which they are drawn; within it backends differ by shade and marker.
FAMILIES = {
    "sequential": (INK,),
    "threads": ("#0173b2", "#56b4e9", "#08306b", "#7a9cc6"),
    "processes": ("#d55e00", "#de8f05", "#8c2d04", "#f2b872", "#b8860b", "#a1665e"),
    "interpreters": ("#01523b", "#029e73", "#7cc9a5"),
    "coroutines": ("#cc78bc", "#8a3a77", "#e5b3dc"),
}
_OTHER = ("#777777", "#a6a6a6", "#4d4d4d")
_MARKERS = ("o", "s", "^", "D", "P", "v", "X")

PARTS = {  # of the workers' time: work in green, what is not work in other hues
    "useful": ("useful", "#029e73"),
    "extra_cpu": ("extra CPU", "#9fd8c4"),
    "waiting": ("waiting", "#949494"),
    "run_queue": ("waiting for a CPU", "#ca9161"),
    "garbage_collector": ("garbage collector", "#cc78bc"),
    "lock_or_gil": ("waiting for a lock or the GIL", "#949494"),
    "sleep_or_io": ("sleep or I/O", "#c8c8c8"),
    "unknown": ("other waiting", "#e6e6e6"),
    "startup": ("start-up", "#ece133"),
    "imbalance": ("imbalance", "#56b4e9"),
    "teardown": ("teardown", "#d55e00"),
}

CLAIMS = {
    FASTER: ("faster", "#56a5d8"),
    SLOWER: ("slower", "#e8945a"),
    SAME: ("the same within 5 %", "#cfe3c8"),
    NOT_SHOWN: ("no difference shown", "#e4e4e4"),
    NO_CLAIM: ("too few rounds for a claim", "#fafafa"),
}

METRIC_CLAIMS = {
    BETTER: ("better", CLAIMS[FASTER][1]),
    WORSE: ("worse", CLAIMS[SLOWER][1]),
    **{claim: CLAIMS[claim] for claim in (SAME, NOT_SHOWN, NO_CLAIM)},
}

SPEEDS = LinearSegmentedColormap.from_list("speeds", ["#b4531a", "#f2b48a", "#f7f7f7", "#93c4e6", "#1b6ca8"])

_BUILDS = {  # (free-threaded, GIL on): hues that no backend has, of the oldest and the newest; marker; whether filled
    (False, True): ("#a9b8c9", "#2c3e50", "o", True),
    (True, False): ("#f2a3c3", "#b0124f", "^", True),
    (True, True): ("#e3c07a", "#a86400", "D", False),
}


class Look(NamedTuple):
    """How a backend is drawn; order: its place among the others."""

    colour: str
    marker: str
    order: int


def theme() -> None:
    """Set what all figures look like."""
    mpl.use("svg")
    sns.set_theme(context="paper", style="whitegrid", rc=_SETTINGS)


def backends(tables: Mapping[str, pd.DataFrame]) -> dict[str, Look]:
    """{backend: Look} of all backends of a report: the hue by kind, shade and marker by order.

    tables: with `backends` (columns backend and backend_kind), which is not narrowed to one experiment, so that a backend
    looks the same in all figures; without it those of the summary. A kind begins with its shortest name, the plainest.
    """
    pairs = tables.get("backends", tables["summary"])[["backend", "backend_kind"]].drop_duplicates().to_numpy()
    kinds = [*FAMILIES, *sorted({str(kind) for _, kind in pairs} - set(FAMILIES))]
    looks: dict[str, Look] = {}
    for kind in kinds:
        shades = FAMILIES.get(kind, _OTHER)
        names = sorted((str(name) for name, own in pairs if str(own) == kind), key=lambda name: (len(name), name))
        for place, name in enumerate(names):
            looks[name] = Look(shades[place % len(shades)], _MARKERS[len(looks) % len(_MARKERS)], len(looks))
    return looks


def in_order(
    tables: Mapping[str, pd.DataFrame], rows: pd.DataFrame, first: tuple[str, ...] = ("panel", "build")
) -> pd.DataFrame:
    """Rows in the order in which they are drawn: by panel and build (or other columns of names), backend, series and workers.

    With the column `order`, the place of the backend.
    """
    order = rows["backend"].map({name: look.order for name, look in backends(tables).items()}).astype(int)
    ranks = [rows[name].map({value: rank for rank, value in enumerate(labels.in_order(rows[name]))}) for name in first]
    others = [rows[name] for name in ("backend_params", "switch_interval_s", "workers") if name in rows]
    keys = pd.concat([*ranks, order, *others], axis=1, keys=range(len(ranks) + len(others) + 1))
    return rows.assign(order=order).loc[keys.sort_values(list(keys), kind="stable").index].reset_index(drop=True)


def builds(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """{build: keywords of its marks} by age: a hue for each kind, darker the newer; hollow: free-threaded with the GIL on.

    table: a row per build with the columns build, version, free_threaded and gil.
    """
    ordered = sorted(table.to_dict("records"), key=_age)
    of_kind: dict[tuple[bool, bool], list[str]] = {}
    for build in ordered:
        of_kind.setdefault(_build_kind(build), []).append(build["build"])
    looks = {}
    for kind, names in of_kind.items():
        oldest, newest, marker, is_filled = _BUILDS[kind]
        shades = sns.blend_palette([oldest, newest], max(2, len(names))).as_hex()[-len(names) :]
        for name, shade in zip(names, shades, strict=True):
            looks[name] = {"color": shade, "marker": marker, "mfc": shade if is_filled else "white"}
    return {build["build"]: looks[build["build"]] for build in ordered}


def machines(names: Iterable[str]) -> dict[str, str]:
    """{machine: colour}, in the order of the names."""
    labels = list(dict.fromkeys(names))
    palette = sns.color_palette("dark" if len(labels) <= 10 else "husl", max(10, len(labels))).as_hex()
    return dict(zip(labels, palette, strict=False))


def machine_kinds(kinds: Iterable[Sequence[str]]) -> dict[str, str]:
    """{machine: colour}: a hue for each kind, darker from the first to the last of its machines."""
    of_kinds = list(kinds)
    palette = sns.color_palette("bright" if len(of_kinds) <= 10 else "husl", max(10, len(of_kinds))).as_hex()
    colours: dict[str, str] = {}
    for hue, members in zip(palette, of_kinds, strict=False):
        pale = sns.blend_palette(["white", hue], 5).as_hex()[2]
        shades = sns.blend_palette([pale, hue], max(2, len(members))).as_hex()[-len(members) :]
        colours |= dict(zip(members, shades, strict=True))
    return colours


def ink_on(colour: Any) -> str:
    """Black or white, whichever has more contrast on a colour (r, g, b); by WCAG's relative luminance."""
    return "black" if _luminance(colour[:3]) > 0.179 else "white"


def on_dark(colour: str) -> str:
    """A colour of lines, texts or areas as it is on dark paper: a grey turned around, white to the paper, others light enough to be seen.

    colour: such as #01523b. Light enough is a contrast with the paper of at least 3, as WCAG 2.2 asks for graphics (1.4.11).
    """
    parts = to_rgb(colour)
    if is_grey(colour):
        paper = to_rgb(_DARK_PAPER)[0]
        level = _LIGHT_INK + (paper - _LIGHT_INK) * parts[0]
        return str(to_hex((level, level, level)))
    enough = _MIN_CONTRAST * (_luminance(to_rgb(_DARK_PAPER)) + 0.05) - 0.05
    shades = ([part + (1 - part) * step / 20 for part in parts] for step in range(21))
    red, green, blue = next(shade for shade in shades if _luminance(shade) >= enough)
    return str(to_hex((red, green, blue)))


def is_grey(colour: str) -> bool:
    """Whether a colour such as #262626 has no hue."""
    return len(set(to_rgb(colour))) == 1


def _luminance(colour: Sequence[float]) -> float:
    """WCAG's relative luminance of (r, g, b), each 0 … 1."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _build_kind(build: dict[str, Any]) -> tuple[bool, bool]:
    is_free = bool(build["free_threaded"] == True)  # noqa: E712 - it may be unknown
    return is_free, not is_free or bool(build["gil"])


def _age(build: dict[str, Any]) -> tuple[list[int], bool, bool, str]:
    return [int(number) for number in re.findall(r"\d+", str(build["version"]))], *_build_kind(build), build["build"]
