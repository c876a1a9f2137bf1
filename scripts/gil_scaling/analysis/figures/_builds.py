"""How builds look where it is they that are told apart, and figures with a row a workload and a mark a build."""

import re

import seaborn as sns
from matplotlib.figure import Figure

_KINDS = {  # (free-threaded, with the GIL): hues that no backend has, of the oldest and the newest; marker; whether filled
    (False, True): ("#a9b8c9", "#2c3e50", "o", True),
    (True, False): ("#f2a3c3", "#b0124f", "^", True),
    (True, True): ("#e3c07a", "#a86400", "D", False),
}


def build_looks(builds):
    """{build: keywords of its marks} by version: a hue a kind, darker the newer; hollow: free-threaded but with the GIL."""
    ordered = sorted(builds.to_dict("records"), key=_age)
    of_kind = {}
    for build in ordered:
        of_kind.setdefault(_kind(build), []).append(build["python"])
    looks = {}
    for kind, names in of_kind.items():
        oldest, newest, marker, is_filled = _KINDS[kind]
        shades = sns.blend_palette([oldest, newest], max(2, len(names))).as_hex()[-len(names) :]
        for name, shade in zip(names, shades, strict=True):
            looks[name] = {"color": shade, "marker": marker, "mfc": shade if is_filled else "white"}
    return {build["python"]: looks[build["python"]] for build in ordered}


def _kind(build):
    is_free = bool(build["free_threaded"] == True)  # noqa: E712 - it may be unknown
    return is_free, not is_free or bool(build["gil"])


def _age(build):
    return [int(number) for number in re.findall(r"\d+", str(build["version"]))], *_kind(build), build["python"]


def figure_of_rows(rows, measure, looks):
    """The axes of a new figure: a row a panel in the order of the rows, in it a mark with its interval for each build."""
    names = [name for name in looks if name in set(rows["python"])]
    panels = list(dict.fromkeys(rows["panel"]))
    height = 0.22 + 0.14 * len(names)
    figure = Figure(figsize=(9.5, 1.2 + height * len(panels)), layout="constrained")
    axes = figure.subplots()
    for place, name in enumerate(names):
        own = rows[rows["python"] == name]
        shift = (place - (len(names) - 1) / 2) * 0.72 / len(names)
        middle, low, high = (own[f"{measure}{end}"].astype(float) for end in ("", "_low", "_high"))
        places = [panels.index(panel) + shift for panel in own["panel"]]
        axes.errorbar(
            middle, places, xerr=[middle - low, high - middle], ls="", ms=6, capsize=2, label=name, **looks[name]
        )
    for place in range(1, len(panels), 2):
        axes.axhspan(place - 0.5, place + 0.5, color="0.5", alpha=0.08, lw=0, zorder=0)
    axes.grid(visible=False, axis="y")
    axes.set_yticks(range(len(panels)), panels)
    axes.set_ylim(len(panels) - 0.5, -0.5)
    figure.legend(loc="outside upper center", ncols=min(5, len(names)))
    return axes
