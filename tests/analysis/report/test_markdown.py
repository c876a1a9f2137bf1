import pytest
from gil_scaling.analysis.figures import __main__ as draw
from gil_scaling.analysis.report import __main__ as build
from gil_scaling.analysis.report import markdown
from gil_scaling.analysis.tables import build as tables

from tests.support import make_record, sweep_records, write_result_set


@pytest.fixture
def report(tmp_path):
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6})
    records.append(make_record("f", spec={"backend": "process"}, status="crashed", reason="a | b <m>", measured=None))
    plan = write_result_set(tmp_path, records, machine="m")
    tables.main(plan)
    draw.main(plan.parent)
    build.main(plan, plan.parent / "report.html", plan.parent / "report.md")
    return (plan.parent / "report.md").read_text()


def test_the_answers_and_the_numbers_stand_in_it(report):
    assert report.startswith("# s on m\n\n12 of 13 runs are ok, in 6 rounds, measured from 2026-01-01 00:00 UTC")
    assert "- py_loop on 3.14: thread × 2 is the fastest: 2.00× sequential [2.00, 2.00].\n" in report
    assert "- 3.14: cpython 3.14.6, GIL on\n" in report
    assert "- f: crashed: a \\| b \\<m\\>\n" in report


def test_the_table_has_a_row_a_combination_of_as_many_cells_as_heads(report):
    lines = [line for line in report.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.replace("\\|", "").strip("|").split("|")] for line in lines]
    assert cells[0][:6] == ["python", "workload", "backend", "workers", "time", "speedup"]
    assert {len(row) for row in cells} == {len(cells[0])}
    assert ["3.14", "py_loop", "thread", "2", "2.00 s [2.00 s, 2.00 s]", "2.00 [2.00, 2.00]"] in [
        row[:6] for row in cells
    ]


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
def test_text_is_shown_as_it_is(text, shown):
    assert markdown.text(text) == shown
