import base64
import html
import json
import re
import shutil
from pathlib import Path

import pytest
from gil_scaling.analysis.compare import __main__ as compare
from gil_scaling.analysis.compare import sets
from gil_scaling.analysis.compare.content import content
from gil_scaling.analysis.report import markdown
from gil_scaling.analysis.report.page import render
from gil_scaling.analysis.tables import build as tables

from tests.analysis.compare import TIMES, result_set
from tests.analysis.report.test_report import Page, sections
from tests.support import sweep_records, write_result_set

STEADY = [4.0] * 6
EVIL = "<script>alert('x')</script>\"'&|`<img src=x onerror=alert(2)>"
NO_LOOP = {"before": {}, "after": {}, "meanwhile": {}}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Result sets by name: first and later of the machine m, and those of the machines b and c."""
    folder = tmp_path_factory.mktemp("plain")
    found = {"first": result_set(folder / "first"), "later": result_set(folder / "later", day=2)}
    return found | {name: result_set(folder / name, machine=name, day=day) for day, name in ((3, "b"), (4, "c"))}


def said_of(*folders, labels=None, problems=()):
    """The content of a comparison of result sets, without figures."""
    read, unread = sets.read_all(
        list(zip(labels or [None] * len(folders), folders, strict=True)), "noise", by_date=True
    )
    assert not unread
    found, machines = sets.together(read)
    return content(read, found, machines, list(problems), Path("no figures"))


def compared(folder, *named):
    """The folder with the report, and its page, of the result sets [(label or None, path)]."""
    listed = [{"label": label, "path": str(path)} for label, path in named]
    (folder / "sets.json").write_text(json.dumps({"sets": listed, "by_date": True, "noise_sweep": "noise"}))
    compare.main(folder / "sets.json", folder / "out")
    return folder / "out", (folder / "out/report.html").read_text()


def rows(grid, *names):
    """The texts of these columns of a table, a tuple a row."""
    places = [[head for head, _ in grid["heads"]].index(name) for name in names]
    return [tuple(row["cells"][place].text for place in places) for row in grid["rows"]]


def two_workloads(records):
    """The records, and the same of another workload that takes twice as long."""
    other = json.loads(json.dumps(records))
    for one in other:
        one["run"], one["spec"]["workload"] = f"sort-{one['run']}", "sort"
        for sample in one["measured"]["samples"] if one["measured"] else ():
            sample["total_s"] *= 2
    return records + other


def from_other_source(records):
    return [{**one, "spec": {**one["spec"], "workload_digest": "1" * 16}} for one in records]


def add_noise(folder, machine, more):
    """Measures an A/A test in which one of two like builds takes so much more time."""
    twins = sweep_records({"thread": [4.0] * 6}, python="a") + sweep_records({"thread": [4.0 * more] * 6}, python="b")
    builds = {name: {"fingerprint": "f"} for name in "ab"}
    tables.main(write_result_set(folder, twins, machine=machine, sweep="noise", builds=builds))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The report of a machine at two times, with another source of its workload, and of another one that lacks some threads."""
    folder = tmp_path_factory.mktemp("made")
    first = result_set(folder / "first", change=two_workloads)
    later = result_set(folder / "later", day=2, factor=1.5, change=lambda own: from_other_source(two_workloads(own)))
    times = {"3.14": TIMES["3.14"], "3.14t": {"sequential": STEADY, "process": STEADY}}
    return compared(
        folder, (None, first), (None, later), (None, result_set(folder / "b", machine="b", day=3, times=times))
    )


def test_what_differs_comes_before_every_answer_and_number(made):
    ids = [name for name in Page(made[1]).ids if not name.startswith(("figure-", "changes-"))]
    assert ids == [
        *(
            "differences",
            "answers",
            "gains",
            "trust",
            "contents",
            "all",
            "experiment-e",
            "shapes",
            "one-sided",
            "problems",
        ),
        *("flags", "quality", "machines", "builds", "method", "columns"),
    ]


def test_the_head_tells_of_each_set_what_was_measured_and_when(made):
    head = " ".join(Page(made[1].partition("<main>")[0]).text.split())
    assert (
        "m 2026-01-01: 48 of 48 runs are ok, in 6 rounds, measured from 2026-01-01 12:00 UTC to 2026-01-01 12:00 UTC"
        in head
    )
    assert "(machine m, sweep s)" in head and "(sweep s)" in head


def test_the_notes_say_what_may_be_read_from_machines_and_from_two_times(made):
    text = sections(made[1])["differences"]
    assert (
        "b is a different machine from m 2026-01-01: no time of one machine is held against a time of another, but speedups and "
        "efficiencies are, each over the sequence on its own machine."
    ) in text
    assert (
        "m 2026-01-02 and m 2026-01-01 are the machine m at two times: their rounds are not paired, and what else has changed "
        "meanwhile is part of each difference. A fixed loop before each run took 20.0 ms in m 2026-01-02 and 20.0 ms in m 2026-01-01, "
        "in the median."
    ) in text


def test_an_unlike_source_stands_under_a_banner_above_all(made):
    banner = "The source of py_loop and sort is not the same everywhere: where their times differ, the code may be the reason."
    assert re.search(rf'<p class="banner"><strong>{banner}</strong></p>\s*</header>', made[1])


def test_like_sources_have_no_banner(plain):
    assert said_of(plain["first"], plain["later"])["warnings"] == []


def test_every_figure_is_in_the_page_itself(made):
    folder, text = made
    drawn = [one for one in json.loads((folder / "figures/index.json").read_text()) if not one["missing"]]
    assert {one["figure"] for one in drawn} >= {"gains", "machines", "fastest", "speedup"}
    shown = {base64.b64decode(image["src"].partition("base64,")[2]) for image in Page(text).images}
    assert shown == {(folder / "figures" / f"{one['name']}.svg").read_bytes() for one in drawn}


def test_every_link_leads_to_a_place_or_a_file(made):
    folder, text = made
    page = Page(text)
    assert len(set(page.ids)) == len(page.ids)
    for link in page.links:
        if not link.startswith("data:"):
            assert link[1:] in page.ids if link.startswith("#") else (folder / link).is_file(), link


def test_the_tables_hold_the_rows_that_the_page_counts(made):
    folder, text = made
    counts = re.findall(r'<a href="tables/(\w+)\.csv">\1\.csv</a> \((\d+) rows\)', text)
    assert {"changes", "means", "shapes", "one_sided", "summary", "runs"} <= {name for name, _ in counts}
    for name, count in counts:
        assert len((folder / f"tables/{name}.csv").read_text().splitlines()) == int(count) + 1


def test_markdown_says_the_same(made):
    folder, text = made
    shown = (folder / "report.md").read_text()
    assert shown.startswith("# m 2026-01-01, m 2026-01-02, b compared\n")
    assert re.findall(r"^## (.*)", shown, re.MULTILINE)[0] == "What is not the same"
    said = re.findall(r"<li>(.*?) <a href=\"#figure", text)
    said += re.findall(r"<p>((?:m 2026|b is|b:|b ·).*?)</p>", text, re.DOTALL) + re.findall(
        r"<strong>(The source.*?)</strong>", text
    )
    words = shown.replace("\\", "")
    assert len(said) > 20
    assert [one for one in said if html.unescape(" ".join(one.split())) not in words] == []


def test_markdown_has_the_tables_of_differences_gains_and_gaps(made):
    page, shown = Page(made[1]), (made[0] / "report.md").read_text()
    heads = [
        line.strip("| ").split(" | ") for line in shown.splitlines() if line.startswith(("| part", "| python", "| on"))
    ]
    assert len(heads) == 3
    assert [head for head in heads if head not in page.rows] == []


def test_gains_and_losses_are_claims_the_worst_first(tmp_path):
    other = {"sequential": [5.0] * 6, "thread": [2.0] * 6, "thread_pool": [4.1] * 6, "process": [2.0, 8.0] * 3}
    said = said_of(result_set(tmp_path / "a", times={"3.14": dict.fromkeys(other, STEADY), "3.14t": other}))
    assert rows(said["beyond"], "backend", "against_python", "time_s", "against_s", "gain", "claim") == [
        ("sequential", "3.14", "5.00 s", "4.00 s", "0.800 [0.800, 0.800]", "slower (noise floor not known)"),
        ("thread", "3.14", "2.00 s", "4.00 s", "2.00 [2.00, 2.00]", "faster (noise floor not known)"),
    ]
    assert [head for head, _ in said["beyond"]["heads"]] == [
        *(
            "python",
            "workload",
            "backend",
            "workers",
            "switch_interval_s",
            "against_python",
            "kind",
            "time_s",
            "against_s",
            "gain",
        ),
        *("pairing", "claim", "flags"),
    ]
    assert said["tally"] == [
        "3.14t against 3.14: slower on 1 of 4 combinations, faster on 1, the same within 5 % on 1, no difference shown on 1; the noise "
        "floor is not known: 1 slower, 1 faster."
    ]


def test_each_arm_of_the_tax_is_a_pair_of_its_own(tmp_path):
    def with_an_arm(records):  # of the time of 3.14
        arm = [one for one in records if one["spec"]["python"] == "3.14"]
        return records + [
            {**one, "run": f"a{one['run']}", "spec": {**one["spec"], "python": "3.14t-gil"}} for one in arm
        ]

    builds = {"3.14": {}, **{f"3.14t{end}": {"free_threaded": True, "gil": bool(end)} for end in ("", "-gil")}}
    times = {"3.14": {"sequential": STEADY}, "3.14t": {"sequential": [5.0] * 6}}
    said = said_of(result_set(tmp_path / "a", builds=builds, times=times, change=with_an_arm))
    assert said["tally"] == [
        "3.14t against 3.14: slower; the noise floor is not known: 1 slower, 0 faster.",
        "3.14t against 3.14t-gil: slower; the noise floor is not known: 1 slower, 0 faster.",
        "3.14t-gil against 3.14: the same within 5 %; the noise floor is not known: 0 slower, 0 faster.",
    ]


def test_what_lies_within_the_noise_floor_is_no_gain_and_no_loss(tmp_path):
    other = {"sequential": [4.4] * 6, "thread": [2.0] * 6}
    folder = result_set(tmp_path / "a", times={"3.14": dict.fromkeys(other, STEADY), "3.14t": other})
    assert rows(said_of(folder)["beyond"], "backend") == [("sequential",), ("thread",)]
    add_noise(folder, "m", 1.2)
    said = said_of(folder)
    assert rows(said["beyond"], "backend", "claim") == [("thread", "faster (the noise floor is 20 %)")]
    assert said["tally"] == [
        "3.14t against 3.14: slower on 1 of 2 combinations, faster on 1; beyond the noise floor of 20 %: 0 slower, 1 faster."
    ]
    assert rows(said["experiments"][0]["changes"], "backend", "claim") == [
        ("sequential", "slower (within the noise floor 20 %)"),
        ("thread", "faster (the noise floor is 20 %)"),
    ]


def test_a_machine_without_any_noise_has_a_known_floor_of_0(plain, tmp_path):
    folder = shutil.copytree(plain["first"], tmp_path / "a")
    add_noise(folder, "m", 1.0)
    assert said_of(folder)["tally"][0].split("; ")[1] == "beyond the noise floor of 0 %: 0 slower, 1 faster."


def test_the_noise_floor_of_each_machine_is_told_and_counts_for_its_own_rows(plain, tmp_path):
    folder = shutil.copytree(plain["b"], tmp_path / "b")
    add_noise(folder, "b", 1.5)
    said = said_of(plain["first"], folder)
    assert [sentence[:50] for sentence in said["trust"]] == [
        "m: The noise floor of this machine is not known: s",
        "b: The noise floor of this machine is 50 %: in an ",
    ]
    assert [sentence.split("; ")[1] for sentence in said["tally"]] == [
        "the noise floor is not known: 0 slower, 1 faster.",
        "beyond the noise floor of 50 %: 0 slower, 1 faster.",
    ]


def test_a_geometric_mean_stands_right_below_the_workloads_of_its_way(tmp_path):
    said = said_of(result_set(tmp_path / "a", change=two_workloads))
    assert rows(said["experiments"][0]["changes"], "backend", "workload", "pairing") == [
        (backend, workload, "paired")
        for backend in ("sequential", "thread")
        for workload in ("py_loop", "sort", "geometric mean of 2")
    ]


def test_the_combinations_of_a_pair_stand_together(plain):
    found = rows(said_of(plain["first"], plain["later"])["experiments"][0]["changes"], "python", "against_python")
    assert found == [pair for pair in dict.fromkeys(found) for _ in range(2)]
    assert len(set(found)) == 4


def test_one_workload_has_no_mean(plain):
    assert rows(said_of(plain["first"])["experiments"][0]["changes"], "workload") == [("py_loop",)] * 2


def test_what_one_side_alone_has_is_summed_up_with_the_reason(plain, tmp_path):
    def without_threads(records):
        for one in records:
            if one["spec"]["backend"] == "thread" and one["spec"]["python"] == "3.14":
                one.update(status="unsupported", reason="no threads", measured=None)
        return two_workloads(records)

    said = said_of(plain["first"], result_set(tmp_path / "n", machine="n", change=without_threads, day=5))
    assert rows(said["one_sided"], "on", "but not on", "experiment", "workload", "why", "combinations") == [
        ("m · 3.14", "n · 3.14", "e", "py_loop", "unsupported: no threads", "1"),
        ("n · 3.14t", "n · 3.14", "e", "py_loop", "unsupported: no threads", "1"),
        ("n · 3.14", "m · 3.14", "e", "sort", "not measured there", "1"),
        ("n · 3.14t", "m · 3.14t", "e", "sort", "not measured there", "2"),
        ("n · 3.14t", "n · 3.14", "e", "sort", "unsupported: no threads", "1"),
    ]
    text = " ".join(Page(render(said, "comparison.html")).text.split())
    assert "n: 36 of 48 runs are ok, 12 cannot run there, in 6 rounds, measured" in text


def test_what_cannot_be_used_is_listed_under_a_banner(plain):
    problems = [("gone", "", "cannot be unpacked: it is not there"), ("m", "s/config.yaml", "is no mapping")]
    said = said_of(plain["first"], problems=problems)
    text = render(said, "comparison.html")
    listed = Page(text.partition('<section id="problems">')[2].partition("</section>")[0]).rows
    assert listed == [["result set", "file", "what is wrong"], *map(list, problems)]
    assert 'cannot be used and is left out: <a href="#problems">' in text
    assert "## What cannot be used\n" in markdown.comparison(said)
    assert "| m | s/config.yaml | is no mapping |\n" in markdown.comparison(said)


def test_where_all_can_be_used_there_is_no_banner(plain):
    text = render(said_of(plain["first"]), "comparison.html")
    assert "banner" not in text.partition("<body>")[2]
    assert "Every file could be read. No run failed." in sections(text)["problems"]


def test_failed_runs_are_listed_with_their_build_and_reason(plain, tmp_path):
    def failing(records):
        records[-1].update(status="crashed", reason="ended by signal SIGSEGV", measured=None)
        return records

    said = said_of(plain["first"], result_set(tmp_path / "n", machine="n", change=failing))
    assert rows(said["failures"], "python", "status", "reason") == [("n · 3.14t", "crashed", "ended by signal SIGSEGV")]
    assert "## Failed runs\n" in markdown.comparison(said)
    assert "ended by signal SIGSEGV" in sections(render(said, "comparison.html"))["problems"]


def test_like_sets_are_said_to_be_the_same_as_far_as_they_tell(plain):
    said = said_of(plain["first"], plain["later"])
    assert said["same"] == "Machine, builds, config and workload sources are the same, as far as the result sets tell."
    assert said["differences"]["rows"] == []
    assert f"\n\n{said['same']}\n\n" in markdown.comparison(said)
    assert said["same"] in sections(render(said, "comparison.html"))["differences"]


def test_one_set_alone_holds_its_builds_against_each_other(plain):
    said = said_of(plain["first"])
    assert said["same"] == "One result set alone: its builds are held against each other."
    assert said["notes"] == [] and len(said["tally"]) == 1


def test_where_nothing_is_gained_or_lost_it_is_said(plain):
    said = {**said_of(plain["first"]), "beyond": {"heads": [], "rows": []}}
    assert "\nNo combination is shown to be faster or slower.\n" in markdown.comparison(said)
    shown = "No combination is shown to be faster or slower, beyond the noise floor where that is known."
    assert f"{said['tally'][0]} {shown}" in sections(render(said, "comparison.html"))["gains"]


def test_several_machines_are_told_of_in_one_note(plain):
    said = said_of(plain["first"], plain["b"], plain["c"])
    assert [note.split(":")[0] for note in said["notes"]] == ["b and c are different machines from m"]


def test_sets_without_a_build_in_common_are_said_to_stand_alone(plain, tmp_path):
    def on_another_build(records):
        return [{**one, "spec": {**one["spec"], "python": "3.9"}} for one in records]

    own = {"times": {"3.14": TIMES["3.14"]}, "builds": {"3.14": {}, "3.9": {}}, "change": on_another_build}
    said = said_of(plain["first"], result_set(tmp_path / "n", machine="n", day=5, **own))
    assert said["notes"] == ["m and n: held against no other result set, as no build has the same name there."]
    assert said["shapes"]["rows"] == []


def test_a_loop_that_was_not_timed_is_not_told_of(plain, tmp_path):
    def without_loop(records):
        return [{**one, "state": NO_LOOP} for one in records]

    (note,) = said_of(plain["first"], result_set(tmp_path / "n", day=5, change=without_loop))["notes"]
    assert note.endswith("meanwhile is part of each difference.")


@pytest.fixture(scope="module")
def unlike(tmp_path_factory):
    """Two sets of a machine whose builds differ in their compilers, with runs whose GIL came back on."""

    def with_gil(records):
        for one in records:
            one["measured"]["gil_after"] = True
        return records

    folder = tmp_path_factory.mktemp("unlike")
    builds = {"3.14": {}, "3.14t": {"compiler": "Clang 19", "gil": False}}
    return [result_set(folder / f"{day}", day=day, builds=builds, change=with_gil) for day in (1, 2)]


def test_unlike_builds_of_one_set_are_named(unlike):
    assert said_of(unlike[0])["notes"] == [
        "m: 3.14t and 3.14 differ in more than the GIL: compiler Clang 19 against GCC 12. What separates their times may be any of these."
    ]


def test_what_is_unlike_in_all_sets_is_said_once(unlike):
    assert [note.partition(":")[0] for note in said_of(*unlike)["notes"][1:]] == ["All result sets"]


def test_a_gil_that_came_back_on_is_said_of_each_set_though_their_runs_share_their_names(unlike):
    assert [sentence.partition(":")[0] for sentence in said_of(*unlike)["warnings"]] == [
        "The GIL came back on in 12 runs of py_loop on m 2026-01-01 · 3.14t",
        "The GIL came back on in 12 runs of py_loop on m 2026-01-02 · 3.14t",
    ]


def test_of_another_machine_only_its_label_stands_in_the_table(plain):
    said = said_of(plain["first"], plain["b"])
    assert rows(said["shapes"], "python", "backend", "against_python", "at", "claim") == [
        ("b · 3.14", "thread", "m", "workers", "same"),
        ("b · 3.14t", "thread", "m", "workers", "not shown"),
    ]
    assert [head for head, _ in said["shapes"]["heads"]] in Page(render(said, "comparison.html")).rows


def test_several_flags_are_listed(plain, tmp_path):
    said = said_of(plain["first"], result_set(tmp_path / "n", day=5, change=from_other_source))
    found = rows(said["experiments"][0]["changes"], "kind", "flags")
    assert ("again", "separate_calls, unlike_sources") in found


def test_every_text_of_a_hostile_set_stays_text(tmp_path):
    def evil(records):
        for one in records:
            one["spec"].update(workload=EVIL, params={EVIL: EVIL})
        records[-1].update(status="failed", reason=EVIL, measured=None)
        return records

    builds = {"3.14": {"compiler": EVIL, "version": EVIL, "configure_arguments": [EVIL], "env": {EVIL: EVIL}}}
    times = {"3.14": {"sequential": STEADY, "thread": STEADY}}
    folder = result_set(tmp_path / "evil", change=evil, builds=builds, times=times)
    (folder / "machine.json").write_text(json.dumps({"usable_cpus": 2, "cpu_model": EVIL, EVIL: EVIL}))
    (folder / "s/config.yaml").write_text(json.dumps({"seed": EVIL, EVIL: EVIL}))
    out, text = compared(tmp_path, (EVIL, folder), (None, result_set(tmp_path / "n", day=2, times=times)))
    assert Page(text).tags.count("script") == 1
    assert Page(text).text.count(EVIL) > 20
    assert not re.search(r"<(script>alert|img src=x)", text)
    assert not re.search(r"(?<!\\)<(script|img)", (out / "report.md").read_text())
