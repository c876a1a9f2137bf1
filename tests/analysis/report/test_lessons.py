import json

import pytest
from gil_scaling.analysis.figures import __main__ as figures
from gil_scaling.analysis.report import lessons, markdown, page
from gil_scaling.analysis.report.page_data import page_data
from gil_scaling.analysis.tables import read

from tests.analysis.report.pages import STEADY, Page, columns_of, result_set, tables

ITEM = {
    "question": "Why <no> faster?",
    "experiment": "e",
    "backends": ["thread"],
    "code": "```\nwork()\n",
    "why": "They wait for `the GIL`.",
}


@pytest.fixture
def folder(tmp_path):
    """The folder of a sweep on two builds, with threads and processes, and a drawn timeline."""
    times = {"sequential": STEADY, "thread": [2.0] * 6, "process": [2.0] * 6}
    plan = result_set(tmp_path / "m", times={"3.14": times, "3.14t": times}) / "s/plan.json"
    tables.main(plan)
    (plan.parent / "figures").mkdir(exist_ok=True)
    figures.draw_all(read(plan.parent / "tables"), ["e"], plan.parent / "figures", ["timeline"])
    return plan.parent


def data_of(folder, *items):
    """The data of the page of a config with these lessons."""
    wanted = {"title": "The talk, measured", "source": "talk", "items": list(items)}
    (folder / "config.yaml").write_text(json.dumps({"experiments": [{"name": "e"}], "lessons": wanted}))
    tables.main(folder / "plan.json")
    return page_data(folder)


@pytest.mark.slow
def test_lesson_has_its_backends_beside_published_speedups(folder):
    data = data_of(folder, {**ITEM, "published": {"thread": 0.9}})
    (lesson,) = data["lessons"]
    assert columns_of(lesson.numbers, "build", "backend", "workers", "speedup", "talk") == [
        ("3.14", "sequential", "1", "1.00 [1.00, 1.00]", "–"),
        ("3.14", "thread", "2", "2.00 [2.00, 2.00]", "0.90"),
        ("3.14t", "sequential", "1", "1.00 [1.00, 1.00]", "–"),
        ("3.14t", "thread", "2", "2.00 [2.00, 2.00]", "–"),
    ]


@pytest.mark.slow
def test_lesson_without_published_speedups_has_no_column_of_them(folder):
    (lesson,) = data_of(folder, ITEM)["lessons"]
    assert "talk" not in [head for head, _ in lesson.numbers.heads]


@pytest.mark.slow
def test_first_lesson_of_an_experiment_shows_its_timeline(folder):
    first, second = data_of(folder, ITEM, ITEM)["lessons"]
    assert (first.picture["id"], first.picture["title"]) == ("timeline-1", "When did each worker run?")
    assert second.picture is None


@pytest.mark.slow
def test_page_lists_the_questions_of_the_lessons(folder):
    shown = Page(page.render(data_of(folder, ITEM, ITEM)))
    assert {"lessons", "lesson-1", "lesson-2", "timeline-1"} <= set(shown.ids)
    assert {"#lessons", "#lesson-1", "#lesson-2"} <= set(shown.links)
    assert "Why <no> faster?" in shown.text
    assert "The talk, measured" in shown.text


@pytest.mark.slow
def test_markdown_indents_the_code_of_a_lesson(folder):
    text = markdown.render(data_of(folder, ITEM))
    assert (
        "\n## The talk, measured\n\n### Why \\<no\\> faster?\n\n    ```\n    work()\n\nThey wait for \\`the GIL\\`.\n\n| build |"
        in text
    )


@pytest.mark.slow
def test_without_the_key_there_are_no_lessons(folder):
    data = page_data(folder)
    assert data["lessons"] == []
    assert "lessons" not in data["sections"]


@pytest.mark.parametrize(
    ("metrics", "text"),
    [
        ('{"items": 1000000, "b": 0.12345, "c": "x"}', "items = 1,000,000, b = 0.123, c = x"),
        ("{}", "–"),
        (float("nan"), "–"),
    ],
)
def test_metrics_are_shown_as_words(metrics, text):
    assert lessons._metrics(metrics).text == text
