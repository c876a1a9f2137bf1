import math
from pathlib import Path

import pytest
from gil_scaling.analysis.figures import looks
from gil_scaling.analysis.report import page, verdicts

from tests.support import compare_sources, make_tables, sweep_records, write_source

NOISY = [2.0, 2.2, 1.9, 2.3, 2.1, 1.8]
SNIPPETS = {"thread": "with Pool({workers}): {}\n", "sequential": "for\n"}


def cards(folder, times, snippets=SNIPPETS, **options):
    """The cards of a sweep; times: {build: {backend: times}}."""
    records = [one for python, own in times.items() for one in sweep_records(own, python=python)]
    return verdicts.cards(make_tables(folder, records, **options), snippets, {"m": None})


def line(folder, **times):
    """The only line of the only card, as a sentence."""
    return verdicts.sentences(cards(folder, {"3.14": times}))


@pytest.mark.parametrize(
    ("times", "text"),
    [
        ({"sequential": [4.0] * 6, "thread": [2.0] * 6}, "use thread × 2: 2.00× sequential [2.00, 2.00]."),
        (
            {"sequential": [4.0] * 6, "thread": [4.0] * 6, "process": [2.0] * 6},
            "use process × 2: 2.00× sequential [2.00, 2.00]; threads gain nothing: thread × 2 is 1.00× sequential [1.00, 1.00].",
        ),
        (
            {"sequential": [4.0] * 6, "thread": [5.0] * 6, "process": [2.0] * 6},
            "use process × 2: 2.00× sequential [2.00, 2.00]; threads lose: thread × 2 is 0.80× sequential [0.80, 0.80].",
        ),
        (
            {"sequential": [2.0, 2.0, 2.0, 2.0, 1.8, 2.3], "thread": [2.0, 1.9, 1.9, 2.2, 1.8, 1.8]},
            "stay with sequential: nothing is shown to be faster; thread × 2 had the smallest median, 1.03× sequential "
            "[0.91, 1.28].",
        ),
        ({"sequential": [4.0] * 6, "thread": [4.0] * 6}, "stay with sequential: nothing is shown to be faster."),
        (
            {"sequential": [1.0] * 6, "thread": [2.0] * 6},
            "stay with sequential: nothing is shown to be faster; threads lose: thread × 2 is 0.50× sequential [0.50, 0.50].",
        ),
        ({"thread": [2.0] * 6}, "nothing is recommended: no sequential run to compare with."),
        (
            {"sequential": [4.0] * 5, "thread": [2.0] * 5},
            "thread × 2: 2.00× sequential, from 2.00 to 2.00 in 5 rounds, too few for a claim.",
        ),
    ],
)
def test_a_line_says_what_to_use(times, text, tmp_path):
    assert line(tmp_path, **times) == [f"py_loop on 3.14: {text}"]


def test_of_many_cards_those_that_differ_most_come_first(tmp_path):
    thread_s = [4.0, 2.0, 8.0, 3.9, 1.0, 4.0, 3.0, 5.0]  # sequential takes 4 s
    records = []
    for n, seconds in enumerate(thread_s):
        own = sweep_records({"sequential": [4.0] * 6, "thread": [seconds] * 6}, params={"n": n})
        records += [{**one, "run": f"{one['run']}-{n}"} for one in own]
    found = verdicts.cards(make_tables(tmp_path, records), SNIPPETS, {"m": None})
    assert [int(card.title.rpartition("=")[2]) for card in found] == [1, 2, 3, 4, 6, 7, 0, 5]
    assert [card.difference for card in found] == pytest.approx([2, 2, 4 / 3.9, 4, 4 / 3, 1.25, 1, 1])


@pytest.mark.parametrize(
    ("thread", "text"),
    [
        ([4.0] * 6, "use thread × 2: 2.00× sequential [2.00, 2.00]."),
        (
            [8.0] * 6,
            "stay with sequential: nothing is shown to be faster; thread × 2 is 1.00× sequential [1.00, 1.00].",
        ),
    ],
)
def test_weak_scaling_has_one_line_beside_its_baseline(thread, text, tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": thread})
    for one in records:
        one["spec"]["scaling"] = "strong" if one["spec"]["backend"] == "sequential" else "weak"
    found = verdicts.cards(make_tables(tmp_path, records), SNIPPETS, {"m": None})
    assert verdicts.sentences(found) == [f"py_loop on 3.14: {text}"]


def test_a_line_compares_what_is_cheaper_with_the_fastest(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": NOISY})
    records += [{**one, "run": f"{one['run']}-4"} for one in sweep_records({"thread": [1.98] * 6}, workers=4)]
    (card,) = verdicts.cards(make_tables(tmp_path, records), {}, {})
    assert card.lines[0].notes == [
        "thread × 4 had the smallest median, but is not shown to be faster: this takes 1.03× its time [0.91, 1.16]"
    ]


@pytest.mark.parametrize(
    ("floor", "notes"),
    [(0.21, []), (0.26, ["the gain is within the noise floor of this machine, 26 %"]), (None, [])],
)
def test_a_line_names_a_gain_within_the_noise(floor, notes, tmp_path):
    records = sweep_records({"sequential": [2.5] * 6, "thread": [2.0] * 6})
    (card,) = verdicts.cards(make_tables(tmp_path, records), {}, {"m": floor})
    assert card.lines[0].notes == notes


def test_a_line_says_from_which_size_it_pays_off(tmp_path):
    records = []
    for n, thread_s in ((10, 1.3), (100, 1.0), (1000, 0.5)):
        for one in sweep_records({"sequential": [1.0] * 6, "thread": [thread_s] * 6}, params={"n": n, "count": 2}):
            records.append({**one, "run": f"{one['run']}-{n}"})
    texts = verdicts.sentences(verdicts.cards(make_tables(tmp_path, records), {}, {}))
    (text,) = [text for text in texts if ": use " in text]
    assert text == (
        "py_loop, n=1,000 on 3.14: use thread × 2: 2.00× sequential [2.00, 2.00]; it pays off from n = 100 [100, 100] on."
    )


def test_a_size_that_may_have_no_end_ends_at_infinity():
    row = dict.fromkeys(verdicts._LINE_OF_SIZES, "a")
    place = {**row, "kind": "up to", "axis": "n", "value": 5.0, "value_low": 1.0, "value_high": math.inf}
    assert list(verdicts._size_notes(row, [place])) == ["it pays off up to n = 5.00 [1.00, ∞]"]


def test_a_card_has_a_line_and_code_per_build(tmp_path):
    gain = {"sequential": [4.0] * 6, "thread": [2.0] * 6}
    loss = {"sequential": [4.0] * 6, "thread": [5.0] * 6}
    (card,) = cards(tmp_path, {"3.13": loss, "3.14": gain, "3.14t": gain})
    assert [(one.build, one.advice[:10]) for one in card.lines] == [
        ("3.13", "stay with "),
        ("3.14", "use thread"),
        ("3.14t", "use thread"),
    ]
    assert card.snippets == [("3.14 and 3.14t", "with Pool(2): {}\n")]


def test_code_sets_a_switch_interval_that_is_not_the_default(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6})
    for one in records[6:]:
        one["spec"]["switch_interval_s"] = one["measured"]["switch_interval_s"] = 0.0001
        for sample in one["measured"]["samples"]:
            sample["switch_intervals_s"] = [0.0001] * 2
    (card,) = verdicts.cards(make_tables(tmp_path, records), SNIPPETS, {})
    assert card.snippets[0][1] == "import sys\n\nsys.setswitchinterval(0.0001)\n\nwith Pool(2): {}\n"


def test_no_code_is_shown_for_other_parameters(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6})
    records += sweep_records({"thread": [2.0] * 6}, backend_params={"chunksize": 4})
    (card,) = verdicts.cards(make_tables(tmp_path, records), SNIPPETS, {})
    assert (card.lines[0].advice[:10], card.snippets) == ("use thread", [])


def test_the_chart_shows_each_build_and_kind_to_scale(tmp_path):
    times = {"sequential": [4.0] * 6, "thread": [2.0] * 6, "process": [4.0] * 6}
    (card,) = cards(tmp_path, {"3.14": times, "3.14t": times})
    assert [(mark.label, mark.kind, mark.value) for mark in card.marks] == [
        ("thread × 2 on 3.14", "threads", "2.00"),
        ("process × 2 on 3.14", "processes", "1.00"),
        ("thread × 2 on 3.14t", "threads", "2.00"),
        ("process × 2 on 3.14t", "processes", "1.00"),
    ]
    thread, process, *_ = card.marks
    assert process.x == card.one
    assert thread.x - 195 == pytest.approx(2 * (process.x - 195), abs=0.2)
    assert card.description.startswith(
        "Speedup over sequential on the same build: thread × 2 on 3.14 2.00 [2.00, 2.00]; "
    )


def test_the_chart_has_the_colours_of_the_figures():
    style = (Path(page.__file__).parent / "page.css").read_text()
    light, _, dark = style.partition("@media (prefers-color-scheme: dark)")
    for kind, (colour, *_) in looks.FAMILIES.items():
        if kind != "sequential":
            assert f"--{kind}: {colour};" in light
            assert (f"--{kind}: {looks.on_dark(colour)};" in dark.partition("}\n}")[0]) == (
                looks.on_dark(colour) != colour
            )


def compared(folder, *machines, kinds=("thread",)):
    """The cards of a comparison of machines, in which threads take 2.0 s, and in each set 0.2 s more."""
    sources = []
    for number, machine in enumerate(machines):
        times = {"sequential": [4.0] * 6, **dict.fromkeys(kinds, [2.0 + number / 5] * 6)}
        builds = [sweep_records(times, python=python) for python in ("3.14", "3.14t")]
        label = f"{machine}{number}"
        sources.append(write_source(folder / label, *builds, machine=machine, label=label, call=f"call-{number}"))
    tables = compare_sources(*sources)
    return verdicts.cards(tables, SNIPPETS, dict.fromkeys((source.label for source in sources), None))


def test_a_card_has_the_builds_of_all_sets(tmp_path):
    (card,) = compared(tmp_path, "m", "b", "m")
    builds = [f"{label} · {python}" for label in ("m0", "b1", "m2") for python in ("3.14", "3.14t")]
    assert [line.build for line in card.lines] == builds
    assert [mark.label for mark in card.marks] == [f"thread × 2 on {build}" for build in builds]
    assert [len(line.notes) for line in card.lines] == [0, 0, 0, 0, 1, 1]
    assert card.lines[4].notes == ["it is slower: 0.83× the speed on m0 [0.83, 0.83]"]


def test_a_chart_of_many_sets_has_the_best_of_each_build(tmp_path):
    (card,) = compared(tmp_path, *"abc", kinds=("thread", "process"))
    assert len(card.marks) == 6
