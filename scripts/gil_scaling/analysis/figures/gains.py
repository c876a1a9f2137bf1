"""What the same code gains on another build, or on the same machine at another time: a table a pair, coloured by claim."""

from textwrap import wrap

from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from gil_scaling.analysis import choice, labels, phrases
from gil_scaling.analysis.figures import _style
from gil_scaling.analysis.statistics.claims import FASTER, NO_CLAIM, NOT_SHOWN, SAME, SLOWER
from gil_scaling.analysis.tables.sides import BUILD, against

TITLE = "What does the same code gain on another build, or at another time?"
PLACE = 5
HEADLINE = "What does the same code gain?"
COMPARES = 1

_MOST_PAIRS = 6
_MOST_COLUMNS = 6
_LETTERS = 24  # of a title above a column
_MEAN = "geometric mean"
_AGAINST = " against "
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
    """A line a way to run, for each pair a column a workload, and their geometric mean where there are several."""
    rows = _labelled(tables["changes"])
    if rows.empty:
        raise _style.Missing("no build is held against another one, nor a machine against itself at another time")
    means = _labelled(tables["means"].assign(workload=_MEAN, params="{}"))
    pairs = list(dict.fromkeys(rows.sort_values("kind", kind="stable")["pair"]))
    drawn, reading = pairs[:_MOST_PAIRS], [_READING]
    if len(pairs) > len(drawn):
        reading.append(f"Of {len(pairs)} pairs {len(drawn)} are drawn; changes.csv holds all.")
    figure = _figure_of(*(part[part["pair"].isin(drawn)] for part in (rows, means)), drawn)
    told = answers(rows, _with_cpus(means, tables["summary"]), pairs)
    return _style.Drawn(figure, told, " ".join([*reading, *_pairing(rows)]), rows[_DATA])


_DATA = ["pair", "kind", "panel", "way", "gain", "gain_low", "gain_high", "interval", "pairing", "claim", "rounds"]


def _labelled(rows):
    """The rows in the order in which they are drawn, with the columns panel, way, pair and rounds_ok."""
    if rows.empty:
        return rows.assign(panel=None, way=None, pair=None, rounds_ok=None)
    rows = labels.ways(labels.panels(choice.at_default_interval(rows)))
    rows = rows.assign(
        pair=[f"{row['python']}{_AGAINST}{against(row)}" for row in rows.to_dict("records")],
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


def _with_cpus(means, summary):
    """The means with the column usable_cpus, of their machines."""
    return means.assign(usable_cpus=means["machine"].map(summary.groupby("machine")["usable_cpus"].max()))


def _figure_of(rows, means, pairs):
    """A figure of tables below each other, in each a column for each pair and workload, as many as fit."""
    cells = {
        (row["pair"], row["panel"], row["way"]): row for row in [*rows.to_dict("records"), *means.to_dict("records")]
    }
    panels = [*labels.in_order(rows["panel"]), _MEAN]
    having = {key[:2] for key in cells}
    columns = [(pair, panel) for pair in pairs for panel in panels if (pair, panel) in having]
    tables = [columns[at : at + _MOST_COLUMNS] for at in range(0, len(columns), _MOST_COLUMNS)]
    ways = [_ways_of(own, dict.fromkeys(rows["way"]), cells) for own in tables]
    width, lines = len(tables[0]), list(map(len, ways))
    height = 0.27 * sum(lines) + sum(map(_head_of, tables))
    figure = Figure(figsize=(1.8 + 1.9 * width, height), layout="constrained")
    all_axes = figure.subplots(len(tables), squeeze=False, height_ratios=lines)[:, 0]
    for axes, *own in zip(all_axes, tables, ways, strict=True):
        _draw_table(axes, *own, cells, width)
    claims = {row["claim"] for row in cells.values()}
    legend = {text: Patch(fc=colour, ec="0.7") for claim, (colour, text) in _COLOURS.items() if claim in claims}
    _style.legend_below(figure, legend)
    return figure


def _ways_of(columns, ways, cells):
    """Those of the ways to run that a column has."""
    return [way for way in ways if any((*column, way) in cells for column in columns)]


def _head_of(columns):
    """How high the heads of a table are, in inches."""
    titles, names = _titles(columns), map(_name, columns)
    return 0.3 + 0.16 * (max(title.count("\n") for _, title in titles) + max(name.count("\n") for name in names) + 2)


def _name(column):
    return "\n".join(wrap(column[1], _LETTERS))


def _titles(columns):
    """(place, text) of the title above the columns of each pair: on one line, else one side below the other."""
    for pair in dict.fromkeys(pair for pair, _ in columns):
        places = [place for place, (own, _) in enumerate(columns) if own == pair]
        width = _LETTERS * len(places)
        side, _, other = pair.partition(_AGAINST)
        lines = [pair] if len(pair) <= width else [*wrap(side, width), *wrap(f"against {other}", width)]
        yield sum(places) / len(places), "\n".join(lines)


def _draw_table(axes, columns, ways, cells, width):
    names = list(map(_name, columns))
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(len(ways) - 0.5, -0.5)
    axes.set_xticks(range(len(columns)), names, size=8.5)
    axes.set_yticks(range(len(ways)), ways, size=8.5)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    rise = 20 + 12 * max(name.count("\n") for name in names)  # points: the names of the columns are below
    above = {"xycoords": axes.get_xaxis_transform(), "textcoords": "offset points", "ha": "center", "va": "bottom"}
    for middle, title in _titles(columns):
        axes.annotate(title, (middle, 1), (0, rise), size=9, weight="bold", **above)
    for across, column in enumerate(columns):
        for down, way in enumerate(ways):
            if (*column, way) in cells:
                _draw_cell(axes, across, down, cells[*column, way])


def _draw_cell(axes, across, down, row):
    colour, _ = _COLOURS[row["claim"]]
    axes.add_patch(Rectangle((across - 0.49, down - 0.46), 0.98, 0.92, fc=colour, ec="0.85", lw=0.5))
    text = phrases.format_ratio_ci(row["gain"], row["gain_low"], row["gain_high"])
    axes.text(across, down, text, ha="center", va="center", size=8, color="black")


def answers(rows, means, pairs):
    """Of each pair on how many combinations a difference is shown, the ends, and the means of the sequence and of threads."""
    return [
        sentence
        for pair in pairs
        for sentence in (_tally(rows[rows["pair"] == pair]), *_means(means[means["pair"] == pair]))
    ]


def _tally(rows):
    """What is shown of one pair, and the least and the most that is gained."""
    first = rows.iloc[0]
    ends = rows.sort_values("gain").iloc[[0, -1]].drop_duplicates(["panel", "way"]).to_dict("records")
    said = [
        f"{phrases.format_ratio_ci(row['gain'], row['gain_low'], row['gain_high'])} ({row['panel']}, {row['way']})"
        for row in ends
    ]
    what = "the same code" if first["kind"] == BUILD else "the same build and code"
    tally = phrases.describe_claims(list(rows["claim"]), "combination")
    span = f"from {' to '.join(said)}" if len(said) > 1 else said[0]
    return f"{first['pair']}, {what} in experiment {first['experiment']}: {tally}; {span} times as fast."


def _means(means):
    """What the sequence, and the plainest threads at their typical number of workers, gain in the mean over the workloads."""
    told = means[means["backend"] == "sequential"].head(1).to_dict("records")
    if means["backend"].isin(labels.THREADS).any():
        told.append(choice.typical_threads(means))
    for row in told:
        how = phrases.describe_speed(row, "gain", row["claim"], f"the speed on {against(row)}")
        yield f"{row['way']} on {row['python']} is {how}, in the geometric mean of {phrases.format_count(row['workloads'], 'workload')}."
