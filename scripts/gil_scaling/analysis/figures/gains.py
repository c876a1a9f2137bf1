"""What is gained on another build, or on the same machine at another time: a table per pair, coloured by claim."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from gil_scaling.analysis import labels, phrases, representatives
from gil_scaling.analysis.columns import AGAIN, BUILD
from gil_scaling.analysis.figures import looks
from gil_scaling.analysis.figures.drawing import Drawn, Missing, Tables
from gil_scaling.analysis.figures.heatmap import categories, draw_heatmaps
from gil_scaling.analysis.figures.panels import choose_panels

TITLE = "What is gained on another build, or at another time?"
PLACE = 5
HEADLINE = TITLE

_MAX_PAIRS = 6
_MAX_COLUMNS = 48
_MEAN = "geometric mean"
_READING = (
    "How many times as fast the same backend with the same workers is, at the default switch interval; above 1 the first one is "
    "faster. Brackets: 95 % confidence intervals where there is a claim."
)
_DATA = ["pair", "kind", "panel", "label", "gain", "gain_low", "gain_high", "interval", "pairing", "claim", "rounds"]


def draw(tables: Tables) -> Drawn:
    """A line per backend and number of workers, a column per workload of each pair, and their geometric mean."""
    if tables["changes"].empty:
        raise Missing("no build is compared with another one, nor a machine with itself at another time")
    rows = _with_pairs(tables, tables["changes"])
    means = _with_pairs(tables, tables["means"].assign(panel=_MEAN))
    pairs = list(dict.fromkeys(rows.sort_values("kind", kind="stable")["pair"]))
    shown, note = choose_panels(
        rows[rows["pair"].isin(pairs[:_MAX_PAIRS])],
        "gain",
        rule="those with a gain whose interval stays farthest from 1",
        across="pair",
        limit=_MAX_COLUMNS,
    )
    reading = [_READING, note]
    if len(pairs) > _MAX_PAIRS:
        reading.append(f"Of {len(pairs)} pairs {_MAX_PAIRS} are drawn; changes.csv has all.")
    if set(rows["pairing"]) == {"paired"}:
        reading.append("Paired within each round.")
    else:
        reading.append("Rounds of different calls are not paired: the machine may have changed between them.")
    figure = _draw(pd.concat([shown, means[means["pair"].isin(shown["pair"])]]), pairs)
    usable_cpus = means["machine"].map(tables["summary"].groupby("machine")["usable_cpus"].max())
    sentences = answers(rows, means.assign(usable_cpus=usable_cpus), pairs)
    return Drawn(figure, sentences, " ".join(filter(None, reading)), rows[_DATA])


def _with_pairs(tables: Tables, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows at the default switch interval in the order in which they are drawn, with the columns pair and rounds_ok."""
    if rows.empty:
        return rows.assign(pair="", rounds_ok=0)
    rows = representatives.at_default_interval(rows)
    pairs = [f"{row['build']} against {_against(row)}" for row in rows.to_dict("records")]
    rows = rows.assign(
        pair=pairs,
        label=representatives.labels_without_interval(rows),
        rounds_ok=rows[["rounds", "against_rounds"]].min(axis=1),
    )
    return looks.in_order(tables, rows, first=())


def _against(row: dict[str, Any]) -> str:
    """The other side of a pair, without what both have in common: `3.14`, `yesterday`, `laptop · 3.14`."""
    if row["machine"] == row["against_machine"]:
        return str(row["against_python"])
    return str(row["against_machine"] if row["python"] == row["against_python"] else row["against_build"])


def _draw(rows: pd.DataFrame, pairs: list[str]) -> Figure:
    values, options, handles = categories(looks.CLAIMS, rows["claim"])
    texts = [phrases.format_ratio_ci(*row) for row in rows[["gain", "gain_low", "gain_high"]].to_numpy(float)]
    cells = rows.assign(line=rows["label"], group=rows["pair"], column=rows["panel"], value=values, text=texts)
    having = set(zip(rows["pair"], rows["panel"], strict=True))
    panels = [*labels.in_order(set(rows["panel"]) - {_MEAN}), _MEAN]
    columns = [(pair, panel) for pair in pairs for panel in panels if (pair, panel) in having]
    return draw_heatmaps(cells, columns=columns, cell=(1.25, 0.2), handles=handles, **options)


def answers(rows: pd.DataFrame, means: pd.DataFrame, pairs: list[str]) -> list[str]:
    """For each pair on how many combinations a difference is shown, the extremes, and what sequential and threads gain.

    Of sequential, on one machine at two times, each workload; else, and of threads, the means over the workloads.
    """
    sentences = []
    for pair in pairs:
        own = rows[rows["pair"] == pair]
        again = own[own["kind"].eq(AGAIN) & own["backend_kind"].eq("sequential")]
        sentences += [_describe_pair(own), *_describe_workloads(again), *_describe_means(means[means["pair"] == pair])]
    return sentences


def _describe_workloads(rows: pd.DataFrame) -> Iterator[str]:
    """How much faster each workload is."""
    for row in rows.to_dict("records"):
        how = phrases.describe_speed(row, "gain", row["claim"], f"the speed on {_against(row)}")
        yield f"{row['panel']}, {row['label']} on {row['build']} is {how}."


def _describe_pair(rows: pd.DataFrame) -> str:
    """What is shown of one pair, and the smallest and the largest gain."""
    first = rows.iloc[0]
    ends = rows.sort_values("gain").iloc[[0, -1]].drop_duplicates(["panel", "label"]).to_dict("records")
    texts = [f"{phrases.format_speed(row, 'gain', 'the speed')} ({row['panel']}, {row['label']})" for row in ends]
    tally = phrases.describe_claims(list(rows["claim"]), "combination")
    span = f"from {' to '.join(texts)}" if len(texts) > 1 else texts[0]
    return f"{first['pair']}, {_describe_code(rows)} in experiment {first['experiment']}: {tally}; {span}."


def _describe_code(rows: pd.DataFrame) -> str:
    """Whether the two sides of a pair ran the same code, and what differs where they did not."""
    differs = rows["flags"].str.contains("unlike_sources", na=False)
    same = "the same code" if rows["kind"].iloc[0] == BUILD else "the build of the same name and the same code"
    if not differs.any():
        return same
    is_whole = differs.groupby(rows["workload"]).transform("all")  # else the source of a backend differs
    names = pd.unique(rows["workload"].where(is_whole, rows["backend"])[differs])
    return f"{same.replace(' and the same code', '').replace('code', 'config')}, but another source of {phrases.join_words(names)},"


def _describe_means(means: pd.DataFrame) -> Iterator[str]:
    """What sequential, and the plainest threads at their typical number of workers, gain in the mean over the workloads."""
    sequential = means[means["backend_kind"] == "sequential"].head(1)
    threads = representatives.plainest_rows(means[means["backend_kind"] == "threads"], ["pair"])
    threads = representatives.typical_row_of_each(threads, ["pair"])
    for row in (*sequential.to_dict("records"), *threads.to_dict("records")):
        how = phrases.describe_speed(row, "gain", row["claim"], f"the speed on {_against(row)}")
        count = phrases.format_count(row["workloads"], "workload")
        yield f"{row['label']} on {row['build']} is {how}, in the geometric mean of {count}."
