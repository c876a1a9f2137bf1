"""What the same code gains on another build, or on the same machine at another time: a table a pair, coloured by claim."""

import math

from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from scripts.analysis import choice, labels, units, words
from scripts.analysis.figures import _style
from scripts.analysis.sides import BUILD
from scripts.analysis.statistics.claims import FASTER, NO_CLAIM, NOT_SHOWN, SAME, SLOWER

TITLE = "What does the same code gain on another build, or at another time?"
PLACE = 5
HEADLINE = "What does the same code gain?"
COMPARES = 1

_MOST_PAIRS = 4
_MOST_COLUMNS = 5
_MEAN = "geometric mean"
_COLOURS = {
    FASTER: ("#56a5d8", "faster"),
    SLOWER: ("#e8945a", "slower"),
    SAME: ("#cfe3c8", "the same within 5 %"),
    NOT_SHOWN: ("#e4e4e4", "no difference shown"),
    NO_CLAIM: ("#fafafa", "too few rounds for a claim"),
}
_READING = (
    "How many times as fast the same backend with the same workers is, at the default switch interval; above 1 the first one is "
    "faster. Brackets hold 95 % intervals where a claim is made."
)


def draw(tables):
    """A table a pair: a line a way to run, a column a workload, and their geometric mean where there are several."""
    rows = _labelled(tables["changes"])
    if rows.empty:
        raise _style.Missing("no build is held against another one, nor a machine against itself at another time")
    means = _labelled(tables["means"].assign(workload=_MEAN, params="{}"))
    pairs = list(dict.fromkeys(rows["pair"]))
    drawn, reading = pairs[:_MOST_PAIRS], [_READING]
    if len(pairs) > len(drawn):
        reading.append(f"Of {len(pairs)} pairs {len(drawn)} are drawn; changes.csv holds all.")
    figure = _figure_of([(pair, rows[rows["pair"] == pair], means[means["pair"] == pair]) for pair in drawn])
    columns = [
        "pair",
        "kind",
        "panel",
        "way",
        "gain",
        "gain_low",
        "gain_high",
        "interval",
        "pairing",
        "claim",
        "rounds",
    ]
    return _style.Drawn(figure, answers(rows, means), " ".join([*reading, *_pairing(rows)]), rows[columns])


def _labelled(rows):
    """The rows that have a gain, in the order in which they are drawn, with the columns panel, way, pair and rounds_ok."""
    rows = rows[rows["gain"].notna()]
    if rows.empty:
        return rows.assign(panel=None, way=None, pair=None, rounds_ok=None)
    rows = labels.ways(labels.panels(choice.at_default_interval(rows)))
    rows = rows.assign(
        pair=rows["python"] + " against " + rows["against_python"],
        rank=_style.rank(rows["backend"]),
        rounds_ok=rows[["rounds", "against_rounds"]].min(axis=1),
    )
    return rows.sort_values(["rank", "backend", "workers"], kind="stable")


def _pairing(rows):
    found = set(rows["pairing"])
    if found == {"paired"}:
        return ["Paired within each round."]
    return [
        "Where the two were measured in different calls, the rounds are not paired: the machine may have changed meanwhile."
    ]


def _figure_of(parts):
    """A figure of tables below each other, one for each (pair, rows, means), those with many columns on several lines."""
    tables = []
    for pair, rows, means in parts:
        columns = [*labels.in_order(rows["panel"]), *([_MEAN] if len(means) else [])]
        lines = list(dict.fromkeys(rows["way"]))
        cells = [*rows.to_dict("records"), *means[means["way"].isin(lines)].to_dict("records")]
        wide = math.ceil(len(columns) / math.ceil(len(columns) / _MOST_COLUMNS))
        tables += [(pair, lines, columns[at : at + wide], cells) for at in range(0, len(columns), wide)]
    heights = [0.9 + 0.3 * len(lines) for _, lines, _, _ in tables]
    widest = max(len(columns) for _, _, columns, _ in tables)
    figure = Figure(figsize=(2.2 + 1.9 * widest, sum(heights)), layout="constrained")
    all_axes = figure.subplots(len(tables), squeeze=False, height_ratios=heights)[:, 0]
    for axes, (pair, lines, columns, cells) in zip(all_axes, tables, strict=True):
        _draw_table(axes, pair, lines, columns, cells, widest)
    claims = {row["claim"] for _, rows, means in parts for row in [*rows.to_dict("records"), *means.to_dict("records")]}
    legend = {text: Patch(fc=colour, ec="0.7") for claim, (colour, text) in _COLOURS.items() if claim in claims}
    _style.legend_below(figure, legend)
    return figure


def _draw_table(axes, pair, lines, columns, cells, widest):
    axes.set_title(pair, loc="left")
    axes.set_xlim(-0.5, widest - 0.5)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.set_xticks(range(len(columns)), columns, size=8.5)
    axes.set_yticks(range(len(lines)), lines, size=8.5)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for row in cells:
        if row["panel"] in columns:
            across, down = columns.index(row["panel"]), lines.index(row["way"])
            colour = _COLOURS[row["claim"]][0]
            axes.add_patch(Rectangle((across - 0.49, down - 0.46), 0.98, 0.92, fc=colour, ec="0.85", lw=0.5))
            text = units.ratio_in(row["gain"], row["gain_low"], row["gain_high"])
            axes.text(across, down, text, ha="center", va="center", size=8, color="black")


def answers(rows, means):
    """Of each pair on how many combinations a difference is shown, the ends, and the means of the sequence and of threads."""
    return [
        sentence
        for (_, kind), own in rows.groupby(["pair", "kind"], sort=False)
        for sentence in (_tally(own, kind), *_means(own, means[means["pair"] == own["pair"].iloc[0]]))
    ]


def _tally(rows, kind):
    ends = rows.sort_values("gain").iloc[[0, -1]].drop_duplicates(["panel", "way"]).to_dict("records")
    said = [
        f"{units.ratio_in(row['gain'], row['gain_low'], row['gain_high'])} ({row['panel']}, {row['way']})"
        for row in ends
    ]
    what = "the same code" if kind == BUILD else "the same build and code"
    tally = words.tally(list(rows["claim"]), "combination")
    return f"{rows['pair'].iloc[0]}, {what}: {tally}; from {' to '.join(said)} times as fast."


def _means(rows, means):
    """What the sequence, and threads at the typical number of workers, gain in the mean; nothing where there is none."""
    ways = rows.loc[rows["backend"] == "sequential", "way"].tolist()[:1]
    threads = means[means["backend"].isin(labels.THREADS)]
    if len(threads):
        backend = min(threads["backend"], key=labels.THREADS.index)
        ways.append(threads.loc[threads["backend"] == backend, "way"].iloc[0])
    for row in means[means["way"].isin(ways)].drop_duplicates("way").to_dict("records"):
        how = words.speed(row, "gain", row["claim"], f"on {row['against_python']}")
        yield f"{row['way']} on {row['python']} is {how}, in the geometric mean of {words.counted(row['workloads'], 'workload')}."
