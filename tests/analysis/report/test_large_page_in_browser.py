import re

import pytest
from gil_scaling.analysis.report import page as pages
from gil_scaling.analysis.report.html_tables import Cell, Row, Table
from gil_scaling.analysis.report.page_data import page_data

from tests.analysis.report.browser import axe_source, open_file, started, sticking_out, violations
from tests.analysis.report.pages import sweep_folder
from tests.support import sweep_records

ROWS = 10_000
HEADS = ("build", "workload", "backend", "workers", "time", "flags")
EVIL = "</script><script>alert(1)</script><!--"


def long_table():
    """A table of 10,000 rows, with times from 10,000 ms down to 1 ms."""
    rows = []
    for place in range(ROWS):
        build, backend = ("3.14", "3.14t")[place % 2], ("thread", "process")[place // 2 % 2]
        cells = [build, f"work-{place // 100}", backend, "2", (f"{ROWS - place:,} ms", ROWS - place), f"row-{place}"]
        rows.append(Row([Cell(*cell) if isinstance(cell, tuple) else Cell(cell) for cell in cells]))
    rows[5_000].cells[-1] = Cell(EVIL)
    return Table([(head, "") for head in HEADS], rows)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A page of which one table has 10,000 rows."""
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6})
    folder = sweep_folder(tmp_path_factory.mktemp("large"), records)
    data = page_data(folder)
    data["experiments"][0]["numbers"] = long_table()
    (folder / "report.html").write_text(pages.render(data))
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser():
    with started() as browser:
        yield browser


@pytest.fixture
def open_page(browser, path):
    yield lambda **options: open_file(browser, path, **options)
    for context in browser.contexts:
        context.close()


def long_region(page):
    return page.locator("#experiment-e .windowed, #experiment-e .scroll").first


def texts(region):
    """The last cells of the rows that are elements."""
    return region.locator("tbody tr:not(.space) td:last-child").all_inner_texts()


SCROLL_TO = """async (region, share) => {
    region.scrollTop = share * region.scrollHeight;
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
    const rows = [...region.querySelectorAll("tbody tr:not(.space)")];
    const [top, bottom] = [region.getBoundingClientRect().top, region.getBoundingClientRect().bottom];
    const inSight = rows.filter(row => row.getBoundingClientRect().bottom > top && row.getBoundingClientRect().top < bottom);
    return {
        elements: region.querySelectorAll("tr").length,
        covered: rows[0].getBoundingClientRect().top <= top + 40 && rows.at(-1).getBoundingClientRect().bottom >= bottom - 20,
        first: inSight[0].cells[5].textContent,
        last: rows.at(-1).cells[5].textContent,
        widths: [...region.querySelectorAll("th")].map(head => head.offsetWidth),
    };
}"""


def test_long_table_keeps_few_elements_while_scrolling(open_page):
    region = long_region(open_page().page)
    seen = [region.evaluate(SCROLL_TO, share / 20) for share in range(21)]
    assert max(one["elements"] for one in seen) < 100
    assert all(one["covered"] for one in seen)
    firsts = [int(one["first"].removeprefix("row-")) for one in seen if one["first"] != EVIL]
    assert firsts == sorted(firsts) and firsts[0] == 0
    assert seen[-1]["last"] == f"row-{ROWS - 1}"


def test_long_table_keeps_its_widths_while_scrolling(open_page):
    region = long_region(open_page().page)
    assert len({tuple(region.evaluate(SCROLL_TO, share)["widths"]) for share in (0, 0.1, 0.5, 1)}) == 1


def test_long_table_sorts_and_filters_all_rows(open_page):
    page = open_page().page
    region = long_region(page)
    region.get_by_role("button", name="time", exact=True).click()
    assert texts(region)[:2] == [f"row-{ROWS - 1}", f"row-{ROWS - 2}"]
    page.get_by_role("searchbox", name="Filter", exact=True).first.fill("work-77 3.14t process")
    assert texts(region)[0] == "row-7799" and len(texts(region)) == 25
    assert page.locator(".filter output").first.inner_text() == f"25 of {ROWS} rows"


def test_long_table_numbers_its_rows(open_page):
    region = long_region(open_page().page)
    assert region.locator("table").get_attribute("aria-rowcount") == str(ROWS + 1)
    region.evaluate(SCROLL_TO, 1)
    assert region.locator("tbody tr:not(.space)").last.get_attribute("aria-rowindex") == str(ROWS + 1)


def test_hostile_rows_of_a_long_table_are_text(open_page):
    opened = open_page()
    region = long_region(opened.page)
    opened.page.get_by_role("searchbox", name="Filter", exact=True).first.fill("alert")
    assert texts(region) == [EVIL]
    assert opened.dialogs == opened.errors == []


def test_long_table_shows_first_rows_without_javascript(open_page):
    region = long_region(open_page(javascript=False).page)
    assert texts(region) == [f"row-{place}" for place in range(100)]
    assert "The first 100 of 10000 rows" in re.sub(",", "", region.inner_text())


def test_long_table_prints_first_rows_of_what_is_chosen(open_page):
    page = open_page().page
    region = long_region(page)
    region.get_by_role("button", name="time", exact=True).click()
    page.emulate_media(media="print")
    page.wait_for_function("() => document.querySelectorAll('#experiment-e .windowed tbody tr').length === 100")
    assert texts(region)[:2] == [f"row-{ROWS - 1}", f"row-{ROWS - 2}"]
    assert "The first 100" in region.inner_text() and sticking_out(page) == []
    page.emulate_media(media="screen")
    page.wait_for_function("() => document.querySelectorAll('#experiment-e .windowed tbody tr.space').length === 2")


def test_large_page_has_no_axe_violations(open_page, request):
    axe = axe_source(request.config.cache.mkdir("axe-core"))
    found = violations(open_page(width=800).page, axe)
    assert not found, "\n\n".join(found)
