import base64
import hashlib
import html
import json
import re
from urllib.parse import unquote

import matplotlib.pyplot as plt
import pytest
import yaml
from gil_scaling import __version__
from gil_scaling.analysis.figures import title
from gil_scaling.analysis.report import markdown
from gil_scaling.analysis.report.gate import Case, Check
from gil_scaling.analysis.report.page import render
from gil_scaling.analysis.report.page_data import page_data
from gil_scaling.analysis.tables import __main__ as tables_of_sweeps

from tests.analysis.report.pages import (
    STEADY,
    TIMES,
    Page,
    columns_of,
    comparison_folder,
    result_set,
    sections,
    sweep_folder,
    two_workloads,
    with_failure,
    write_report,
)
from tests.support import make_record, make_sample, sweep_records

pytestmark = pytest.mark.slow  # whole pages
EVIL = "<script>alert('{}')</script>\"'&|`<img src=x onerror=alert(2)>"
EVERYWHERE = (
    "answers",
    "limits",
    "trust",
    "all",
    "experiment-e",
    "failures",
    "flags",
    "quality",
    "machines",
    "builds",
    "method",
)
SEVERAL_ONLY = ("differences", "shapes", "one-sided", "problems")


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """The folder of a sweep with two experiments, a failed run and an unsupported one."""
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6})
    for name, status, reason in (("u", "unsupported", "too old"), ("f", "crashed", "ended by SIGSEGV")):
        backend = {"u": "interpreter_pool", "f": "process"}[name]
        records.append(make_record(name, spec={"backend": backend}, status=status, reason=reason, measured=None))
    folder = tmp_path_factory.mktemp("one")
    folder = sweep_folder(folder, records, draw=True, experiments=("e", "other-one"))
    write_report(folder)
    return folder


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """The folder of a comparison: a machine at two times, the second with another workload source, and another machine with gaps."""

    def with_other_source(records):
        records = two_workloads(records)
        return [{**record, "spec": {**record["spec"], "workload_digest": "1" * 16}} for record in records]

    folder = tmp_path_factory.mktemp("several")
    times = {"3.14": TIMES["3.14"], "3.14t": {"sequential": STEADY, "process": STEADY}}
    folder = comparison_folder(
        folder,
        result_set(folder / "first", change=two_workloads),
        result_set(folder / "later", day=2, factor=1.5, change=with_other_source),
        result_set(folder / "b", machine="b", day=3, times=times, change=with_failure),
        draw=True,
    )
    write_report(folder)
    return folder


@pytest.fixture(params=["one", "several"])
def folder(request):
    """The folder of the report of one result set, and of several."""
    yield request.getfixturevalue(request.param)
    plt.close("all")


def page_text(folder):
    return (folder / "report.html").read_text()


def drawn(folder):
    """The entries of the figures that were drawn, in the order of the page."""
    entries = [entry for entry in json.loads((folder / "figures/index.json").read_text()) if not entry["missing"]]
    return sorted(entries, key=lambda entry: entry["experiment"] or "")


def test_page_links_resolve_and_ids_are_unique(folder):
    page = Page(page_text(folder))
    assert len(set(page.ids)) == len(page.ids)
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids
        else:
            assert (folder / link).is_file()


def test_page_needs_no_network_and_allows_only_its_script(folder):
    text = page_text(folder)
    page = Page(text)
    assert page.tags.count("script") == 1 and "link" not in page.tags
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1])
    for tag in ("script", "style"):
        inline = re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", text)


def test_page_embeds_every_figure_with_its_caption(folder):
    images = Page(page_text(folder)).images
    assert [image["alt"] for image in images] == [f"{entry['title']} {entry['caption']}" for entry in drawn(folder)]
    shown = [unquote(image["src"].removeprefix("data:image/svg+xml,")) for image in images]
    assert shown == [
        (folder / f"figures/{entry['name']}.svg").read_text().replace("\n", " ") for entry in drawn(folder)
    ]
    assert {entry["figure"] for entry in drawn(folder)} >= {"fastest", "memory"}


def test_page_answers_link_to_their_figures(folder):
    text = page_text(folder)
    answers = re.findall(r'<li>(.*?) <a href="#figure-([^"]+)" aria-label', text)
    entries = [entry for entry in json.loads((folder / "figures/index.json").read_text()) if entry["headline"]]
    if len(json.loads((folder / "sets.json").read_text())["sets"]) > 1:
        entries.sort(key=lambda entry: entry["figure"] != "gains")  # a comparison begins with what is gained
    assert [html.unescape(sentence) for sentence, _ in answers] == [
        sentence for entry in entries for sentence in entry["answers"]
    ]
    assert {name for _, name in answers} <= {entry["name"] for entry in drawn(folder)}


def test_page_shows_sections_of_several_sets_only_for_several(one, several):
    assert set(EVERYWHERE) <= set(sections(page_text(one))) & set(sections(page_text(several)))
    assert not set(SEVERAL_ONLY) & set(sections(page_text(one)))
    assert set(SEVERAL_ONLY) <= set(sections(page_text(several)))
    assert "repeat" in sections(page_text(one)) and "repeat" not in sections(page_text(several))


def test_page_shows_differences_before_answers(several):
    assert list(sections(page_text(several)))[:4] == ["differences", "answers", "limits", "gains"]


def test_page_links_tables_with_their_lengths(folder):
    counts = re.findall(r'<a href="tables/(\w+)\.csv">\1\.csv</a> \((\d+) rows\)', page_text(folder))
    assert {"changes", "means", "shapes", "one_sided", "summary", "runs"} <= {name for name, _ in counts}
    for name, count in counts:
        assert len((folder / f"tables/{name}.csv").read_text().splitlines()) == int(count) + 1


def test_page_and_markdown_show_the_version(folder):
    assert f'<footer><p class="soft">gil-scaling {__version__}</p></footer>' in page_text(folder)
    assert (folder / "report.md").read_text().endswith(f"\n\ngil-scaling {__version__}\n")


def test_page_head_describes_each_set(one, several):
    head = Page(page_text(one).partition("<main>")[0]).words
    assert (
        "How it scales: s on m 12 of 14 runs are ok, 1 unsupported, in 6 rounds, measured from 2026-01-01 00:00 UTC"
        in head
    )
    head = Page(page_text(several).partition("<main>")[0]).words
    assert "How they compare: m 2026-01-01, m 2026-01-02, b m 2026-01-01: 48 of 48 runs are ok, in 6 rounds" in head
    assert (
        "Machine m, sweep s. A CPU, 2 usable CPUs; 3.14 (with the GIL) and 3.14t (without the GIL). b: 23 of 24" in head
    )


def test_page_shows_figures_not_drawn_with_the_reason(one):
    assert f"{title('sharing')} Not drawn: " in sections(page_text(one))["all"]


def test_page_shows_failed_and_unsupported_runs(one):
    rows = Page(page_text(one)).rows
    assert ["3.14", "f", "crashed", "ended by SIGSEGV"] in rows
    assert ["3.14", "py_loop", "interpreter_pool", "too old"] in rows


def test_page_shows_failures_of_each_set(several):
    assert ["b · 3.14t", "3.14t-process-r6", "failed", "it broke"] in Page(page_text(several)).rows


def test_cells_carry_the_number_they_are_sorted_by(one):
    assert {4.0, 2.0, 0.005} <= set(Page(page_text(one)).values)


def test_page_shows_configs_that_repeat_the_sweep(one):
    text = page_text(one)
    assert "snakemake --cores all --configfile results/m/s/config.yaml" in sections(text)["repeat"]
    config = html.unescape(re.search(r'id="config-e">.*?<pre tabindex="0">(.*?)</pre>', text, re.DOTALL)[1])
    assert yaml.safe_load(config) == {"experiments": []}


TOO_SLOW = Check(
    "fail_if_slower", [Case("e", f"a{n}", f"<b>{n}</b> is slow") for n in range(7)], "7 of 9", "7 are slow"
)
FINE = Check("fail_if_below", [Case("e", "a", None)], "0 of 9 below", None)


def test_page_and_markdown_open_with_the_outcome_of_limits(one):
    data = page_data(one, [TOO_SLOW, FINE])
    head = render(data).partition("<main>")[0]
    assert Page(head).words.partition("Failed: 7 are slow. ")[2].startswith("<b>0</b> is slow <b>1</b> is slow")
    assert "2 more" in head and "Passed: 0 of 9 below." in head
    text = markdown.render(data).partition("\n## ")[0]
    assert "\n**Failed: 7 are slow.**\n\n- \\<b\\>0\\</b\\> is slow\n" in text and "\nPassed: 0 of 9 below.\n" in text


def test_page_folds_all_but_its_first_screen(folder):
    text = page_text(folder)
    folded = re.findall(r'<section id="([^"]+)">\n<details class="part">', text)
    assert set(sections(text)) - set(folded) <= {"answers", "differences"}
    assert "all-answers" in folded or "differences" in sections(text)


def test_page_states_why_it_can_be_trusted_in_two_lines(one):
    first, second = re.search(r'<p class="assurances">(.*?)<br>(.*?)</p>', page_text(one)).groups()
    assert first.startswith("Noise floor: not known. <a href=")
    assert second == (
        "6 rounds, each run in a fresh process; the results of 12 runs were compared with those of sequential and are equal."
    )


def test_page_is_deterministic(tmp_path):
    records = sweep_records({"sequential": [4.0] * 2, "thread": [2.0] * 2})
    assert len({write_report(sweep_folder(tmp_path / name, records)).read_text() for name in "ab"}) == 1


@pytest.mark.parametrize(("rounds", "is_shown"), [(5, True), (6, False)])
def test_page_warns_of_few_rounds(rounds, is_shown, tmp_path):
    text = write_report(sweep_folder(tmp_path, sweep_records({"sequential": [1.0] * rounds}))).read_text()
    assert ("1 of 1 combination has fewer than 6 rounds" in text) == is_shown


def test_page_of_only_failures(tmp_path):
    records = sweep_records({"sequential": [1.0], "thread": [1.0]})
    for record in records:
        record.update(status="timeout", reason="took longer", measured=None)
    assert "0 of 2 runs are ok" in write_report(sweep_folder(tmp_path, records, draw=True)).read_text()


def test_page_shows_metrics(tmp_path):
    metrics = {"latency_p99_ms": 5.3127, "round_trips_per_s": 11449.4, "seen": "nothing", "seen_after_s": None, "n": 3}
    records = [make_record("a", samples=[make_sample(1.0, metrics=metrics)])]
    rows = Page(write_report(sweep_folder(tmp_path, records)).read_text()).rows
    assert next(row for row in rows if "latency_p99_ms" in row)[-3:] == ["latency_p99_ms", "5.31 [5.31, 5.31]", "range"]


def test_page_explains_a_missing_ceiling_beside_the_limits(tmp_path):
    records = sweep_records({"sequential": STEADY, "process": STEADY})
    for one in records[6:]:
        one.update(status="unsupported", reason="tasks cannot be pickled", measured=None)
    folder = sweep_folder(tmp_path, records, roles={one["run"]: "ceiling" for one in records[6:]})
    text = write_report(folder).read_text()
    sentence = "There is no ceiling for py_loop on 3.14, as processes cannot run its tasks: tasks cannot be pickled."
    assert sections(text)["method"].count(sentence) == text.count(sentence) == 1


def test_page_compares_metrics_and_counterparts(tmp_path):
    records = []
    for workload, factor in (("own", 1), ("shared", 2)):
        for one in sweep_records({"sequential": [4.0] * 6, "thread": [factor * 2.0] * 6}, workload=workload):
            for sample in one["measured"]["samples"]:
                sample["metrics"] = {"wait_ms": factor * sample["total_s"], "items": 3}
            records.append({**one, "run": f"{workload}-{one['run']}"})
    declared = {"own": {"counterpart": "shared", "better": {"wait_ms": "lower"}}}
    details = page_data(sweep_folder(tmp_path, records, declared=declared))["experiments"][0]["details"]
    shown = {part: table for part, _, table in details}
    names = ("workload", "versus", "metric", "ratio", "claim")
    assert columns_of(shown["metric_changes"], *names) == [
        ("own", "sequential", "wait_ms", "0.500 [0.500, 0.500]", "better")
    ]
    assert columns_of(shown["counterparts"], "workload", "backend", "counterpart", "gain", "claim") == [
        ("own", "sequential", "shared", "1.00 [1.00, 1.00]", "same"),
        ("own", "thread", "shared", "2.00 [2.00, 2.00]", "faster"),
    ]


def test_page_shows_where_the_workers_time_went(tmp_path):
    records = sweep_records({"sequential": [4.0] * 2, "thread": [2.0] * 2})
    text = write_report(sweep_folder(tmp_path, records)).read_text()
    assert "Where did the workers' time go?" in sections(text)["experiment-e"]
    heads = next(row for row in Page(text).rows if "useful" in row)
    assert heads[-11:-5] == ["useful", "extra_cpu", "waiting", "startup", "imbalance", "teardown"]


def hostile_records():
    """Records with hostile texts everywhere."""
    spec = {"backend": EVIL.format("backend"), "workload": EVIL.format("workload")}
    params = {"n": EVIL.format("param"), "count": 2}
    records = sweep_records({"sequential": [1.0], "thread": [1.0]}, params=params)
    reason = EVIL.format("reason")
    records.append(make_record("f", spec={**spec, "workers": 4}, status="failed", reason=reason, measured=None))
    metrics = {EVIL.format("metric"): 1.0, "word": EVIL.format("word")}
    noise = [{"flag": EVIL.format("flag"), "reading": EVIL.format("reading"), "value": 1, "limit": 0}]
    records.append(make_record("m", samples=[make_sample(metrics=metrics)], spec={**spec, "workers": 3}, noise=noise))
    return records


def hostile_set(folder, **options):
    """Writes hostile records, facts and config; returns the folder of the sweep."""
    facts = {name: EVIL.format(name) for name in ("compiler", "version")} | {"env": {"X": EVIL.format("env")}}
    machine = {"usable_cpus": 2, "cpu_model": EVIL.format("machine"), EVIL.format("fact"): EVIL.format("value")}
    config = f"experiments: [{{name: e, x: {json.dumps(EVIL.format('config'))}}}]\n"
    builds = {"3.14": facts}
    return sweep_folder(folder, hostile_records(), builds=builds, machine_facts=machine, config=config, **options)


@pytest.mark.parametrize("is_several", [False, True])
def test_page_shows_hostile_texts_as_text(is_several, tmp_path):
    folder = hostile_set(tmp_path / "evil", draw=not is_several)
    if is_several:
        other = result_set(tmp_path / "n", machine="n", day=2, times={"3.14": TIMES["3.14"]})
        labels = [EVIL.format("label"), None]
        folder = comparison_folder(tmp_path / "compared", folder.parent, other, labels=labels)
    text = write_report(folder).read_text()
    page = Page(text)
    assert page.tags.count("script") == 1
    assert not re.search(r"<(script>alert|img src=x)", text)
    assert not re.search(r"(?<!\\)<(script|img)", (folder / "report.md").read_text())
    texts = [
        "param",
        "backend",
        "workload",
        "reason",
        "metric",
        "compiler",
        "version",
        "env",
        "machine",
        "fact",
        "value",
    ]
    texts += ["label"] if is_several else ["config"]
    shown = page.text.replace("\\", "")
    assert [name for name in texts if EVIL.format(name)[:20] not in shown] == []


def test_sequential_stands_before_the_others_in_each_table(tmp_path):
    times = {backend: [4.0] * 6 for backend in ("asyncio", "process", "sequential", "thread")}
    folder = result_set(tmp_path / "r", times={"3.14": times, "3.14t": times})
    tables_of_sweeps.main(folder / "s/plan.json")
    data = page_data(folder / "s")
    (experiment,) = data["experiments"]
    shown = [experiment["numbers"], data["quality"], *(table for _, _, table in experiment["details"])]
    assert len(shown) == 4  # the budget and the gains, too
    for table in shown:
        by_build = {}
        for build, backend in columns_of(table, "build", "backend"):
            by_build.setdefault(build, []).append(backend)
        assert by_build
        assert {backends[0] for backends in by_build.values()} == {"sequential"}
