import re

import pytest
from gil_scaling.analysis.figures.__main__ import draw_all
from gil_scaling.analysis.report import page as pages
from gil_scaling.analysis.report.html_tables import Cell, Row, Table
from gil_scaling.analysis.report.page_data import page_data
from gil_scaling.analysis.tables import read

from tests.analysis.report.browser import axe_source, open_file, started, sticking_out, violations
from tests.analysis.report.pages import sweep_folder, write_report
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


@pytest.fixture(scope="module")
def cases_path(tmp_path_factory):
    """A page with 56 combinations in two experiments, and figures with a panel for each workload and build."""
    records = []
    for workload in ("fib", "regex", "sort", "zlib"):
        for python in ("3.14", "3.14t"):
            for workers in (2, 4):
                backends = {"sequential": 4.0, "thread": 3.0, "process": 2.0, "thread_pool": 3.5}
                for one in sweep_records(
                    {backend: [total_s] * 2 for backend, total_s in backends.items()},
                    python=python,
                    workers=workers,
                    workload=workload,
                ):
                    records.append({**one, "run": f"{workload}-w{workers}-{one['run']}"})
    folder = sweep_folder(tmp_path_factory.mktemp("cases"), records, experiments=("cpu", "other"))
    draw_all(read(folder / "tables"), ["cpu", "other"], folder / "figures", ("speedup", "overview"))
    return write_report(folder)


@pytest.fixture
def open_page(browser, path):
    yield lambda other=path, **options: open_file(browser, other, **options)
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


def choose(page, *names):
    """Unfolds the filter of cases, and ticks boxes."""
    page.locator(".cases > summary").click()
    for name in names:
        page.locator(".cases").get_by_label(name, exact=True).check()


def numbers(page):
    """(workload, backend, build) of the rows of the experiments that are shown."""
    rows = page.locator("table[data-experiment]:visible tbody tr").all()
    return {tuple(row.locator("td").nth(place).inner_text() for place in (1, 2, 0)) for row in rows}


FIGURE = "#figure-speedup-cpu"


def source(page):
    """The picture of a figure with panels, as it is shown now."""
    return page.locator(f"{FIGURE} img").get_attribute("src")


def wait_for_source(page, is_wanted, other):
    """Scrolls to the figure, and waits until its picture is (not) another one."""
    page.locator(FIGURE).scroll_into_view_if_needed()
    test = f"other => document.querySelector('{FIGURE} img').getAttribute('src') {'===' if is_wanted else '!=='} other"
    page.wait_for_function(test, arg=other)


def panels(page):
    """The names of the panels that the figure is put together from, without those of which it shows only ticks and labels."""
    return page.locator(f"{FIGURE} img").evaluate("""image => {
        const text = decodeURIComponent(image.src.slice("data:image/svg+xml,".length)).replace(/(<\\/?)style/g, "$1x");
        const svg = new DOMParser().parseFromString(text, "image/svg+xml");
        const groups = new Map([...svg.querySelectorAll("g")].map(group => [group.id, group]));
        const parts = [...svg.querySelectorAll("svg svg")].filter(one => one.getAttribute("height") > 33 && one.getAttribute("x") > 0);
        return parts.map(part => [...groups.get(part.firstChild.getAttribute("href").slice(1)).querySelectorAll("text")]
            .map(one => one.textContent).find(one => one.includes(" · ")));
    }""")


def test_cases_narrow_tables(open_page, cases_path):
    page = open_page(cases_path).page
    choose(page, "fib (cpu)", "sort (cpu)", "thread", "3.14t")
    assert numbers(page) == {(name, "thread", "3.14t") for name in ("fib (cpu)", "sort (cpu)")}


def test_cases_narrow_figures_to_their_panels(open_page, cases_path):
    opened = open_page(cases_path)
    page, whole = opened.page, source(opened.page)
    height = page.locator(f"{FIGURE} img").bounding_box()["height"]
    choose(page, "zlib (cpu)", "fib (cpu)", "3.14t")
    wait_for_source(page, False, whole)
    assert panels(page) == ["fib · 3.14t", "zlib · 3.14t"]
    assert page.locator(f"{FIGURE} img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 1080
    assert 100 < page.locator(f"{FIGURE} img").bounding_box()["height"] < 0.8 * height
    assert opened.errors == []


def test_cases_hide_experiments_without_them(open_page, cases_path):
    page = open_page(cases_path).page
    choose(page, "zlib (cpu)")
    assert page.locator("#experiment-cpu").is_visible() and not page.locator("#experiment-other").is_visible()
    assert not page.locator("nav a[href='#experiment-other']").is_visible()
    page.get_by_role("button", name="Show all").click()
    assert page.locator("#experiment-other").is_visible()


def test_cases_are_counted(open_page, cases_path):
    page = open_page(cases_path).page
    summary = page.locator(".cases > summary")
    total = summary.inner_text()
    choose(page, "zlib (cpu)", "3.14t", "4")
    page.get_by_label("with the words").fill("process")
    assert (total, summary.inner_text()) == ("Choose cases: all 112 combinations", "Cases: 1 of 112 combinations")


def test_cases_restored_show_whole_figures(open_page, cases_path):
    page = open_page(cases_path).page
    whole = source(page)
    choose(page, "zlib (cpu)")
    wait_for_source(page, False, whole)
    page.get_by_role("button", name="Show all").click()
    wait_for_source(page, True, whole)


def test_cases_print_with_the_chosen_figures(open_page, cases_path):
    page = open_page(cases_path).page
    whole = source(page)
    choose(page, "zlib (cpu)")
    page.pdf()
    assert source(page) != whole
    page.emulate_media(media="print")
    assert not page.locator(".cases").is_visible()


def test_cases_fit_and_have_no_axe_violations(open_page, cases_path, request):
    page = open_page(cases_path, width=400).page
    choose(page, "zlib (cpu)")
    assert sticking_out(page) == []
    found = violations(page, axe_source(request.config.cache.mkdir("axe-core")))
    assert not found, "\n\n".join(found)


def test_small_pages_have_no_filter_of_cases(open_page, browser, tmp_path):
    records = sweep_records({"sequential": [4.0] * 2, "thread": [2.0] * 2})
    assert open_page(write_report(sweep_folder(tmp_path, records))).page.locator(".cases").count() == 0
