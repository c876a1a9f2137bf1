import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import pytest
from gil_scaling.analysis import phrases
from gil_scaling.analysis.figures import __main__ as draw
from gil_scaling.analysis.report import __main__ as build
from gil_scaling.analysis.tables import build as tables

from tests.support import make_record, make_sample, sweep_records, write_result_set


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


class Page(HTMLParser):
    """What a page holds: ids, links, images, the rows of its tables, its text."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.images, self.rows, self.tags, self.values, self.text = [], [], [], [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append(tag)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if "href" in found else []
        self.values += [float(found["data-value"])] if "data-value" in found else []
        if tag == "img":
            self.images.append(found)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        self.text += data
        if self.rows and self.rows[-1] and self.lasttag in ("td", "th") and data.strip():
            self.rows[-1][-1] += data


def page_of(tmp_path, records, is_drawn=False, **options):
    plan = write_result_set(tmp_path, records, **options)
    tables.main(plan)
    if is_drawn:
        draw.main(plan.parent)
    return plan.parent, written(plan)


def written(plan):
    """The page of a plan whose tables are made."""
    build.main(plan, plan.parent / "report.html", plan.parent / "report.md")
    return (plan.parent / "report.html").read_text()


@pytest.fixture(scope="module")
def folder_and_text(tmp_path_factory):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6})
    records.append(
        make_record("u", spec={"backend": "interpreter_pool"}, status="unsupported", reason="too old", measured=None)
    )
    records.append(
        make_record("f", spec={"backend": "process"}, status="crashed", reason="ended by signal SIGSEGV", measured=None)
    )
    return page_of(tmp_path_factory.mktemp("page"), records, is_drawn=True, experiments=("e", "other-one"))


def test_every_link_leads_somewhere_and_every_id_is_there_once(folder_and_text):
    folder, text = folder_and_text
    page = Page(text)
    assert len(set(page.ids)) == len(page.ids)
    data = [path.read_bytes() for path in (folder / "figures").glob("*.csv")]
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids
        elif link.startswith("data:"):
            assert base64.b64decode(link.partition("base64,")[2]) in data
        else:
            assert (folder / link).exists()


def test_the_page_needs_no_network_and_allows_its_own_script_alone(folder_and_text):
    _, text = folder_and_text
    page = Page(text)
    assert page.tags.count("script") == 1 and "link" not in page.tags
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1])
    for tag in ("script", "style"):
        inline = re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert all(image["src"].startswith("data:image/svg+xml;base64,") for image in page.images)
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", text)


def test_every_figure_has_its_question_and_caption_as_words(folder_and_text):
    folder, text = folder_and_text
    page = Page(text)
    drawn = [one for one in json.loads((folder / "figures/index.json").read_text()) if not one["missing"]]
    assert [image["alt"] for image in page.images] == [f"{one['title']} {one['caption']}" for one in in_page(drawn)]
    assert {one["figure"] for one in drawn} >= {"fastest", "speedup", "time", "budget", "timeline"}


def in_page(drawn):
    """Figures in the order of the page: those of the whole sweep first, then by experiment."""
    names = [None, "e", "other-one"]
    return sorted(drawn, key=lambda one: names.index(one["experiment"]))


def test_the_report_opens_with_the_answers_and_each_leads_to_its_figure(folder_and_text):
    answers = sections(folder_and_text[1])["answers"]
    said = "py_loop (e) on 3.14: thread × 2 is the fastest: 2.00× sequential [2.00, 2.00]. Figure"
    assert said in answers
    assert answers.index("Which backend is the fastest?") < answers.index("What do threads give")
    assert 'href="#figure-fastest"' in folder_and_text[1] and 'href="#figure-speedup-other-one"' in folder_and_text[1]


def test_what_is_not_drawn_is_told_with_its_reason(folder_and_text):
    assert "What does sharing an object cost? Not drawn: " in sections(folder_and_text[1])["sweep"]


def test_the_sequence_stands_before_what_is_held_against_it(tmp_path):
    _, text = page_of(tmp_path, sweep_records({"process": [1.0], "sequential": [2.0], "thread": [1.5]}))
    rows = [row[2] for row in Page(text).rows if row[:2] == ["3.14", "py_loop"]]
    assert rows[:3] == ["sequential", "process", "thread"]


def test_cells_carry_the_number_behind_their_text(folder_and_text):
    assert {4.0, 2.0, 0.005} <= set(Page(folder_and_text[1]).values)


def test_the_numbers_stand_with_their_intervals(folder_and_text):
    rows = [row for row in Page(folder_and_text[1]).rows if "thread" in row]
    assert "2.00 s [2.00 s, 2.00 s]" in rows[0]
    assert "2.00 [2.00, 2.00]" in rows[0]


def test_the_metrics_stand_with_the_numbers(tmp_path):
    found = {"latency_p99_ms": 5.3127, "round_trips_per_s": 11449.4, "seen": "nothing", "seen_after_s": None, "n": 3}
    records = [make_record("a", samples=[make_sample(1.0, metrics=found)])]
    rows = Page(page_of(tmp_path, records)[1]).rows
    assert next(row for row in rows if "latency_p99_ms" in row)[-3:] == ["latency_p99_ms", "5.31 [5.31, 5.31]", "range"]


def sections(text):
    """The text of a page by the ids of its sections."""
    parts = re.split(r'<section id="([^"]+)">', text)
    return {name: " ".join(Page(part).text.split()) for name, part in zip(parts[1::2], parts[2::2], strict=True)}


def test_unlike_builds_stand_under_a_banner_that_names_the_difference(tmp_path):
    records = sweep_records({"sequential": [1.0]}, python="a") + sweep_records({"sequential": [2.0]}, python="b")
    _, text = page_of(tmp_path, records, builds={"a": {}, "b": {"compiler": "Clang 19", "pgo": True}})
    sentence = "b and a differ in more than the GIL: compiler Clang 19 against GCC 12, PGO on against off."
    assert sentence in sections(text)["experiment-e"]
    assert "differ in more than the GIL" not in page_of(tmp_path / "like", records)[1]


def test_a_gil_that_came_back_on_is_a_sentence(tmp_path):
    one = make_record(samples=[make_sample(gil=False)])
    one["measured"].update(gil_before=False, gil_after=True)
    _, text = page_of(tmp_path, [one], builds={"3.14": {"gil": False}})
    assert "The GIL came back on in 1 run of py_loop on 3.14: an extension module" in Page(text).text


def test_the_noise_floor_stands_beside_each_claim(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6})
    before = Page(page_of(tmp_path, records)[1])
    assert "The noise floor of this machine is not known" in before.text
    assert "faster (noise floor not known)" in next(row for row in before.rows if "thread" in row)
    twins = sweep_records({"thread": [1.0] * 6}, python="a") + sweep_records({"thread": [1.02] * 6}, python="b")
    tables.main(write_result_set(tmp_path, twins, sweep="noise", builds={name: {"fingerprint": "f"} for name in "ab"}))
    after = Page(page_of(tmp_path, records)[1])
    assert "The noise floor of this machine is 2 %: in an A/A test (2026-01-01 00:00 UTC)" in after.text
    assert "faster (the noise floor is 2 %)" in next(row for row in after.rows if "thread" in row)


def test_a_size_that_was_found_is_told(tmp_path):
    plan = write_result_set(tmp_path, sweep_records({"sequential": [1.0]}))
    found = {"workload": "py_loop", "parameter": "n", "value": 410_000, "seconds": 0.31, "python": "3.14"}
    content = json.loads(plan.read_text())
    plan.write_text(json.dumps({**content, "sizes": [found], "experiments": []}))
    tables.main(plan)
    said = "n = 410,000 of py_loop was found on 3.14, where it took 310 ms in sequence"
    assert said in Page(written(plan)).text


def test_the_budget_of_the_workers_time_is_told_in_parts(tmp_path):
    records = sweep_records({"sequential": [4.0] * 2, "thread": [2.0] * 2})
    _, text = page_of(tmp_path, records)
    assert "The time of the workers in parts" in sections(text)["experiment-e"]
    heads = next(row for row in Page(text).rows if "useful" in row)
    assert heads[-11:-5] == ["useful", "extra_cpu", "waiting", "startup", "imbalance", "teardown"]


def test_what_failed_and_what_cannot_run_is_told_with_its_reason(folder_and_text):
    page = Page(folder_and_text[1])
    assert ["f", "crashed", "ended by signal SIGSEGV"] in page.rows
    assert ["3.14", "py_loop", "interpreter_pool", "too old"] in page.rows
    assert "12 of 14 runs are ok, 1 cannot run here, in 6 rounds" in " ".join(page.text.split())


def test_a_hostile_record_stays_text(tmp_path):
    evil = "<script>alert('{}')</script>\"&"
    records = sweep_records({"sequential": [1.0], "thread": [1.0]}, params={"n": evil.format("param"), "count": 2})
    said = {"backend": evil.format("backend"), "workload": evil.format("workload")}
    records.append(
        make_record("f", spec={**said, "workers": 4}, status="failed", reason=evil.format("reason"), measured=None)
    )
    metrics = {evil.format("metric"): 1.0, "word": evil.format("word")}
    noise = [{"flag": evil.format("flag"), "reading": evil.format("reading"), "value": 1, "limit": 0}]
    records.append(make_record("m", samples=[make_sample(metrics=metrics)], spec={**said, "workers": 3}, noise=noise))
    build = {"compiler": evil.format("compiler"), "version": evil.format("version"), "env": {"X": evil.format("env")}}
    plan = write_result_set(tmp_path, records, builds={"3.14": build})
    (plan.parent / "config.yaml").write_text(f"experiments: [{{name: e, x: {json.dumps(evil.format('config'))}}}]\n")
    (tmp_path / "machine.json").write_text(json.dumps({"usable_cpus": 2, "cpu_model": evil.format("machine")}))
    tables.main(plan)
    draw.main(plan.parent)
    text = written(plan)
    assert Page(text).tags.count("script") == 1
    assert "<script>alert" not in text
    told = ["param", "backend", "workload", "reason", "metric", "compiler", "version", "env", "config", "machine"]
    seen = Page(text).text.replace("\\", "")
    assert [word for word in told if evil.format(word)[:20] not in seen] == []


def test_a_page_is_the_same_for_the_same_tables(tmp_path):
    records = sweep_records({"sequential": [4.0] * 2, "thread": [2.0] * 2})
    assert page_of(tmp_path / "a", records)[1] == page_of(tmp_path / "b", records)[1]


def test_the_page_warns_where_rows_rest_on_few_rounds(tmp_path):
    pages = [
        Page(page_of(tmp_path / str(rounds), sweep_records({"sequential": [1.0] * rounds}))[1]).text
        for rounds in (5, 6)
    ]
    assert ["fewer than 6 rounds: what is given there is the range" in " ".join(text.split()) for text in pages] == [
        True,
        False,
    ]


def test_a_report_of_nothing_but_failures_is_made(tmp_path):
    records = sweep_records({"sequential": [1.0], "thread": [1.0]})
    for one in records:
        one.update(status="timeout", reason="took longer", measured=None)
    page = Page(page_of(tmp_path, records, is_drawn=True)[1])
    assert "0 of 2 runs are ok" in page.text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 ns"),
        (1.2345e-7, "123 ns"),
        (1.27e-6, "1.27 µs"),
        (0.0531, "53.1 ms"),
        (0.5, "500 ms"),
        (2.5, "2.50 s"),
        (120, "120 s"),
    ],
)
def test_times_have_three_digits(value, text):
    assert phrases.format_seconds(value) == text


def test_a_ratio_below_0_has_a_minus_sign_and_no_hyphen():
    assert phrases.format_ratio_ci(-0.104, -0.2, 0.0) == "−0.10 [−0.20, 0.00]"
