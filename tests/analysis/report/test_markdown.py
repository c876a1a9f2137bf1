import pytest
from gil_scaling.analysis.columns import FLAG_MEANINGS
from gil_scaling.analysis.report import markdown
from gil_scaling.analysis.report.page_data import page_data

from tests.analysis.report.pages import (
    TIMES,
    Page,
    comparison_folder,
    result_set,
    sweep_folder,
    two_workloads,
    with_failure,
    write_report,
)
from tests.support import make_record, sweep_records

pytestmark = pytest.mark.slow  # whole pages


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """The folder of a sweep of one build with a failed run."""
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6})
    records.append(make_record("f", spec={"backend": "process"}, status="crashed", reason="a | b <m>", measured=None))
    folder = sweep_folder(tmp_path_factory.mktemp("one"), records, draw=True)
    write_report(folder)
    return folder


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """The folder of a comparison of two machines."""
    folder = tmp_path_factory.mktemp("several")
    other = {"machine": "b", "day": 2, "times": {"3.14": TIMES["3.14"]}, "change": with_failure}
    sources = result_set(folder / "a", change=two_workloads), result_set(folder / "b", **other)
    folder = comparison_folder(folder, *sources, draw=True, problems=[("gone", "", "not a result set")])
    write_report(folder)
    return folder


@pytest.fixture(params=["one", "several"])
def folder(request):
    """The folder of the report of one result set, and of several."""
    return request.getfixturevalue(request.param)


def tables_in(text):
    """The tables of a Markdown text, as lists of rows of cells."""
    tables, lines = [], text.replace("\\|", "").splitlines()
    for line, before in zip(lines, ["", *lines], strict=False):
        if line.startswith("|"):
            tables += [] if before.startswith("|") else [[]]
            tables[-1].append([cell.strip() for cell in line.strip("|").split("|")])
    return tables


def test_markdown_starts_with_what_was_measured(one, several):
    text = (one / "report.md").read_text()
    assert text.startswith(
        "# How it scales: s on m\n\n- 12 of 13 runs are ok, in 6 rounds, measured from 2026-01-01 00:00 UTC"
    )
    assert "- 3.14: cpython 3.14.6, GIL on\n" in text
    text = (several / "report.md").read_text()
    assert text.startswith("# How they compare: m, b\n\n- m: 48 of 48 runs are ok, in 6 rounds, measured")
    assert "- m · 3.14: cpython 3.14.6, GIL on\n" in text


def test_markdown_has_the_sentences_of_the_page(folder):
    data, text = page_data(folder), (folder / "report.md").read_text().replace("\\", "")
    sentences = [answer.sentence for answers in data["answers"].values() for answer in answers]
    sentences += [*data["pairs"], *data["claims"], *data["trust"], *data["warnings"]]
    assert len(sentences) > 2
    assert [sentence for sentence in sentences if f"- {sentence}\n" not in text] == []
    assert [title for title in data["answers"] if f"## {title}\n" not in text] == []


def test_markdown_tables_are_those_of_the_page(folder):
    rows = Page((folder / "report.html").read_text()).rows
    tables = tables_in((folder / "report.md").read_text())
    assert len(tables) > 1
    for heads, line, *body in tables:
        assert set(line) == {"---"}
        assert {len(row) for row in body} == {len(heads)}
        assert any(set(heads) <= set(row) for row in rows)


def test_markdown_lists_numbers_of_one_set(one, several):
    numbers = tables_in((one / "report.md").read_text())[1]  # after that of the limits
    assert numbers[0][:6] == ["build", "workload", "backend", "workers", "time", "speedup"]
    assert ["3.14", "py_loop", "thread", "2", "2.00 s [2.00 s, 2.00 s]", "2.00 [2.00, 2.00]"] in [
        row[:6] for row in numbers
    ]
    assert "| time |" not in (several / "report.md").read_text()


def test_markdown_lists_failures_gaps_and_problems(one, several):
    assert "| 3.14 | f | crashed | a \\| b \\<m\\> |\n" in (one / "report.md").read_text()
    text = (several / "report.md").read_text()
    assert "| b · 3.14 | 3.14-thread-r6 | failed | it broke |\n" in text
    assert "| gone |  | not a result set |\n" in text
    assert "| m · 3.14 | b · 3.14 | e | sort | not measured there | 2 |\n" in text


def test_markdown_of_equal_sets_says_so(tmp_path):
    folder = comparison_folder(tmp_path, *(result_set(tmp_path / f"{day}", day=day) for day in (1, 2)))
    write_report(folder)
    sentence = "Machine, builds, config and workload sources are the same, as far as the result sets show."
    assert f"\n\n{sentence}\n\n" in (folder / "report.md").read_text()
    assert sentence in Page((folder / "report.html").read_text()).words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("py_loop [1.0, 2.0]", "py_loop [1.0, 2.0]"),
        ("<img src=x>", "\\<img src=x\\>"),
        ("[a](javascript:x)", "[a]\\(javascript:x)"),
        ("[a][b]", "[a]\\[b]"),
        ("*x* `y` |", "\\*x\\* \\`y\\` \\|"),
        ("two\nlines", "two lines"),
        ("&lt;b>", "&amp;lt;b\\>"),
        ("@someone", "@\u2060someone"),
    ],
)
def test_escape_shows_text_as_it_is(text, shown):
    assert markdown.escape(text) == shown


def test_markdown_explains_the_flags_that_it_shows(tmp_path):
    folder = sweep_folder(tmp_path, sweep_records({"sequential": [4.0] * 2, "thread": [2.0] * 2}), draw=True)
    write_report(folder)
    text = (folder / "report.md").read_text()
    assert f"\n## Flags\n\n- few_rounds: {FLAG_MEANINGS['few_rounds']}\n" in text


def test_markdown_has_the_verdict_and_a_table_in_60_lines(one):
    text = (one / "report.md").read_text()
    first = "\n".join(text.splitlines()[:60])
    titles = ["## What to use?", "## What limits it?", "## How far can it be trusted?", "<summary>Details</summary>"]
    places = [first.index(title) for title in titles]
    assert places == sorted(places)
    assert "- py_loop on 3.14: use thread × 2: 2.00× sequential [2.00, 2.00]." in first
    assert text.count("<details>") == text.count("</details>") == 1


def test_published_speedups_stand_beside_those_here(one, several):
    for text in ((one / "report.md").read_text(), (several / "report.md").read_text()):
        assert "## Published, and here" in text
    page = Page((one / "report.html").read_text())
    heads = ["source", "published_workload", "published_machine", "published_cores", "published_python", "published"]
    heads += ["build", "workload", "backend", "workers", "usable_cpus", "speedup", "verdict"]
    assert heads in page.rows
    row = next(row for row in page.rows if row[0].startswith("sail") and row[4] == "3.14.6")
    assert row[5:] == ["1.02", "3.14", "py_loop", "thread", "2", "2", "2.00 [2.00, 2.00]", "outside"]
