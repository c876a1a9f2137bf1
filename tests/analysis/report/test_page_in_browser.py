import re
from io import BytesIO

import pytest
from PIL import Image

from tests.analysis.report.browser import axe_source, open_file, started, sticking_out, violations
from tests.analysis.report.pages import (
    TIMES as OF_BUILDS,
)
from tests.analysis.report.pages import (
    comparison_folder,
    result_set,
    sweep_folder,
    with_failure,
    write_report,
)
from tests.support import make_record, sweep_records

TOTALS = {1: 120.0, 2: 9.5, 4: 1.2, 16: 0.96}  # seconds by workers: sorted as text they stand in another order
TIMES = ["960 ms", "1.20 s", "9.50 s", "120 s"]
DASH = "–"
EVIL = "<script>alert(1)</script></td></table>\"'&amp;<img src=x onerror=alert(2)> $\\x^$ {{ 7 }} \u202eשלום"
LONG = "x" * 9_000
MACHINE = "a-machine-whose-label-has-the-sixty-characters-that-are-most"
PAPER = 1075  # px: an A4 page within margins of 1 cm, as Chromium prints it: shrunk by a third at most, cut off beyond
BOTH_SCHEMES = pytest.mark.parametrize("color_scheme", ["light", "dark"])


def measured():
    """Two builds with four backends, some of them with several numbers of workers, and runs that failed or cannot run."""
    records = []
    for python in ("3.14", "3.14t"):
        for workers, total_s in TOTALS.items():
            backends = ("thread", "process", "interpreter_pool") if workers > 1 else ("sequential",)
            made = sweep_records({name: [total_s] * 2 for name in backends}, python=python, workers=workers)
            records += [{**one, "run": f"{one['run']}-w{workers}"} for one in made]
    for place, reason in enumerate(["beta", "Alpha", "Gamma"], 1):
        spec = {"backend": "process", "workers": 8, "round": place}
        records.append(make_record(f"f{place}", spec=spec, status="crashed", reason=reason, measured=None))
    spec = {"backend": "coroutine", "workers": 2}
    return [*records, make_record("u", spec=spec, status="unsupported", reason="too old", measured=None)]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """The page of a sweep with two experiments."""
    folder = tmp_path_factory.mktemp("page")
    return write_report(sweep_folder(folder, measured(), draw=True, experiments=("e", "other-one")))


@pytest.fixture(scope="module")
def compared_path(tmp_path_factory):
    """The page of a machine at two times and of another one, with gains and losses, a failed run and a damaged file."""
    folder = tmp_path_factory.mktemp("compared")
    times = {
        python: {**each, "process": each["sequential"], "thread_pool": each["thread"]}
        for python, each in OF_BUILDS.items()
    }
    first = result_set(folder / "first", machine=MACHINE, times=times)
    later = result_set(folder / "later", machine=MACHINE, times=times, day=2, factor=1.5)
    other = result_set(folder / "other", machine="other", times=times, day=3, change=with_failure)
    (first / "machine.json").write_text("{")
    return write_report(comparison_folder(folder / "compare", first, later, other, draw=True))


@pytest.fixture(params=["path", "compared_path"], ids=["sweep", "comparison"])
def each_path(request):
    """The page of a sweep, and that of a comparison."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def hostile_path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    params = {"n": EVIL, "long": LONG, "count": 2}
    records = sweep_records({"sequential": [1.0] * 2, "thread": [1.0] * 2}, params=params)
    for status in ("failed", "unsupported"):
        spec = {"backend": "process", "params": {"n": status}}
        records.append(make_record(status, spec=spec, status=status, reason=EVIL + LONG, measured=None))
    facts = {"compiler": EVIL + LONG, "version": EVIL, "configure_arguments": [EVIL, LONG], "env": {EVIL: LONG}}
    machine = {"usable_cpus": 2, "cpu_model": EVIL + LONG, EVIL: LONG}
    return write_report(sweep_folder(folder, records, draw=True, builds={"3.14": facts}, machine_facts=machine))


# Of this module alone: while Playwright runs, its event loop does, and no other test could start one.
@pytest.fixture(scope="module")
def browser():
    with started() as browser:
        yield browser


@pytest.fixture
def open_page(browser, path):
    """Opens a page, that of the measured records where no other is named."""
    yield lambda other=path, **options: open_file(browser, other, **options)
    for context in browser.contexts:
        context.close()


@pytest.fixture(scope="module")
def axe(request):
    return axe_source(request.config.cache.mkdir("axe-core"))


def head_of(place, name):
    """The head of a column, found by its text without the arrow of the sort direction."""
    return place.locator("thead th").filter(has_text=re.compile(rf"^\s*{name}\s*$"))


def table_with(page, *heads):
    """The first table that has columns of these names."""
    found = page.locator("table.data")
    for name in heads:
        found = found.filter(has=head_of(page, name))
    return found.first


def unfold(page):
    for summary in page.locator("details:not([open]) > summary").all()[::-1]:
        summary.click()


def cells_of(table, name):
    """The texts of a column, from top to bottom, in the rows that are shown."""
    place = head_of(table, name).evaluate("head => head.cellIndex")
    rows = table.locator("tbody tr:visible")
    return rows.evaluate_all("(rows, place) => rows.map(row => row.cells[place].innerText.trim())", place)


def sort_by(table, name):
    head_of(table, name).get_by_role("button").click()


def values_of(table, name):
    """A column's texts without their intervals, repeated ones once."""
    return list(dict.fromkeys(text.split(" [")[0] for text in cells_of(table, name)))


@pytest.mark.parametrize("javascript", [True, False])
def test_page_requests_nothing_and_has_no_error(open_page, each_path, javascript):
    opened = open_page(each_path, javascript=javascript)
    assert {url for url in opened.requests if not url.startswith("data:")} == {each_path.as_uri()}
    assert opened.errors == []


def test_page_runs_no_other_script(open_page, each_path):
    page = open_page(each_path).page
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "document.title = 'it ran'";
            document.body.append(script);
        }"""
    )
    assert page.title() != "it ran"


def test_contents_list_every_section_in_order(open_page, each_path):
    page = open_page(each_path).page
    links = page.locator("nav a").evaluate_all("all => all.map(one => one.getAttribute('href').slice(1))")
    assert links == page.locator("section[id]").evaluate_all("all => all.map(one => one.id)")


def test_ids_are_unique_after_the_script(open_page, each_path):
    ids = open_page(each_path).page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
    assert len(ids) == len(set(ids)) > 0


def test_sort_orders_numbers_by_value(open_page):
    table = table_with(open_page().page, "time")
    sort_by(table, "time")
    assert values_of(table, "time") == [*TIMES, DASH]
    sort_by(table, "time")
    assert values_of(table, "time") == [*reversed(TIMES), DASH]


def test_sort_orders_words_ignoring_case(open_page):
    table = table_with(open_page().page, "run", "reason")
    sort_by(table, "reason")
    assert cells_of(table, "reason") == ["Alpha", "beta", "Gamma"]
    sort_by(table, "reason")
    assert cells_of(table, "reason") == ["Gamma", "beta", "Alpha"]


def test_sort_keeps_rows_together(open_page):
    table = table_with(open_page().page, "time")
    sort_by(table, "time")
    pairs = dict.fromkeys(zip(values_of(table, "workers"), values_of(table, "time"), strict=False))
    assert list(pairs) == [("16", "960 ms"), ("4", "1.20 s"), ("2", "9.50 s"), ("1", "120 s"), ("8", DASH)]


def test_sort_marks_only_the_last_sorted_column(open_page):
    table = table_with(open_page().page, "time")
    shown = []
    for name in ("time", "time", "workers"):
        sort_by(table, name)
        heads = table.locator("th[aria-sort]")
        shown.append(heads.evaluate_all("heads => heads.map(one => [one.innerText.trim(), one.ariaSort])"))
    assert shown == [[["time", "ascending"]], [["time", "descending"]], [["workers", "ascending"]]]


def test_sort_arrow_is_not_part_of_the_name(open_page):
    table = table_with(open_page().page, "time")
    sort_by(table, "time")
    assert table.get_by_role("button", name="time", exact=True).count() == 1


SORTED_BOTH_WAYS = """table => [...table.tHead.rows[0].cells].map((head, place) => {
    const read = () => {
        head.querySelector("button").click();
        return [...table.tBodies[0].rows].map(row => row.cells[place].textContent.trim());
    };
    return [head.textContent.trim(), read(), read()];
})"""
NUMBER = re.compile(r"(−?[\d,]+(?:\.\d+)?|∞)(?: (ns|µs|ms|s|%))?(?: \[.*\])?")
UNITS = {None: 1, "ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1, "%": 0.01}


def values_read(texts):
    """A column's values: numbers if all of its texts are numbers, else words in lower case."""
    found = [NUMBER.fullmatch(text) for text in texts]
    if not all(found):
        return [text.lower() for text in texts]
    return [float(one[1].replace(",", "").replace("−", "-").replace("∞", "inf")) * UNITS[one[2]] for one in found]


def test_sort_orders_every_column_both_ways(open_page, each_path):
    sorted_tables = open_page(each_path).page.locator("table.data").evaluate_all(f"all => all.map({SORTED_BOTH_WAYS})")
    assert len(sorted_tables) > 4
    for name, up, down in (column for table in sorted_tables for column in table):
        count = sum(text not in ("", DASH) for text in up)
        assert set(up[count:]) | set(down[count:]) <= {"", DASH}, name
        values = values_read(up[:count])
        assert values == sorted(values), name
        assert values_read(down[:count]) == values[::-1], name


def test_sort_works_by_keyboard(open_page):
    page = open_page().page
    table = table_with(page, "time")
    heads = table.locator("thead th").all_inner_texts()
    page.locator(".scroll").filter(has=table).first.focus()
    for _ in range([head.strip() for head in heads].index("time") + 1):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert values_of(table, "time") == [*TIMES, DASH]
    page.keyboard.press("Enter")
    assert values_of(table, "time") == [*reversed(TIMES), DASH]


def filter_of(table):
    """The filter field above a table, and the text that shows how many rows are left."""
    field = table.locator("xpath=preceding::input[@type='search'][1]")
    return field, table.locator("xpath=preceding::*[self::output or @role='status'][1]")


def rows_shown(table):
    return table.locator("tbody tr:visible").count()


def test_filter_keeps_rows_with_all_words(open_page):
    table = table_with(open_page().page, "time")
    field, shown = filter_of(table)
    all_rows = rows_shown(table)
    field.fill("THREAD  3.14t")
    assert list(zip(cells_of(table, "build"), cells_of(table, "backend"), strict=True)) == [("3.14t", "thread")] * 3
    assert shown.inner_text() == f"3 of {all_rows} rows"
    field.fill("thread nowhere")
    assert rows_shown(table) == 0
    assert shown.inner_text() == f"0 of {all_rows} rows"


def test_filter_and_sort_work_on_gains(open_page, compared_path):
    page = open_page(compared_path).page
    table = page.locator("#gains table.data")
    filter_of(table)[0].fill("again process")
    assert set(zip(cells_of(table, "kind"), cells_of(table, "backend"), strict=True)) == {("again", "process")}
    sort_by(table, "gain")
    sort_by(table, "gain")
    gains = [float(text.split(" [")[0]) for text in cells_of(table, "gain")]
    assert gains == sorted(gains, reverse=True) and len(gains) == 2


def test_filter_cleared_shows_all_rows(open_page):
    table = table_with(open_page().page, "time")
    field, _ = filter_of(table)
    rows = table.locator("tbody tr").all_inner_texts()
    field.fill("thread")
    field.fill("")
    assert rows_shown(table) == len(rows)
    assert table.locator("tbody tr").all_inner_texts() == rows


def test_filter_survives_sorting_of_its_table_only(open_page):
    page = open_page().page
    table = table_with(page, "time")
    shown = [rows_shown(other) for other in page.locator("table.data").all()]
    filter_of(table)[0].fill("thread")
    sort_by(table, "time")
    assert set(cells_of(table, "backend")) == {"thread"}
    now = [rows_shown(other) for other in page.locator("table.data").all()]
    assert sum(one != other for one, other in zip(shown, now, strict=True)) == 1


def test_filter_is_on_tables_of_over_eight_rows(open_page, each_path):
    page = open_page(each_path).page
    unfold(page)
    lengths = page.locator("table.data").evaluate_all("all => all.map(one => one.tBodies[0].rows.length)")
    assert min(lengths) <= 8 < max(lengths)
    assert page.get_by_role("searchbox").count() == sum(length > 8 for length in lengths)


def test_filter_name_does_not_change(open_page):
    page = open_page().page
    fields = page.get_by_role("searchbox", name="Filter", exact=True)
    count = fields.count()
    fields.first.fill("thread")
    assert fields.count() == count > 0


@BOTH_SCHEMES
@pytest.mark.parametrize("width", [400, 800, 1600])
def test_page_fits_the_window(open_page, each_path, width, color_scheme):
    assert sticking_out(open_page(each_path, width=width, color_scheme=color_scheme).page) == []


def test_wide_table_scrolls_by_keyboard(open_page):
    page = open_page(width=400).page
    region = page.locator(".scroll").filter(has=table_with(page, "time")).first
    assert region.evaluate("one => [one.getAttribute('role'), one.tabIndex, one.scrollLeft]") == ["region", 0, 0]
    assert region.get_attribute("aria-label")
    region.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("one => one.scrollLeft > 0", arg=region.element_handle())


def test_page_follows_the_color_scheme(open_page):
    shown = {}
    for scheme in ("light", "dark"):
        style = (
            open_page(color_scheme=scheme)
            .page.locator("body")
            .evaluate("body => [getComputedStyle(body).color, getComputedStyle(body).backgroundColor]")
        )
        shown[scheme] = [sum(map(int, re.findall(r"\d+", color)[:3])) for color in style]
    assert shown["light"][0] < 300 and shown["light"][1] > 600
    assert shown["dark"][0] > 600 and shown["dark"][1] < 300


@pytest.mark.parametrize(("width", "color_scheme"), [(400, "light"), (1600, "dark")])
def test_page_has_no_axe_violations(open_page, axe, each_path, width, color_scheme):
    found = violations(open_page(each_path, width=width, color_scheme=color_scheme).page, axe)
    assert not found, "\n\n".join(found)


@pytest.mark.parametrize("width", [400, 1600])
def test_page_shows_hostile_texts_as_text(open_page, hostile_path, width):
    opened = open_page(hostile_path, width=width)
    opened.page.locator("table.data").evaluate_all(f"all => all.map({SORTED_BOTH_WAYS})")
    assert opened.dialogs == opened.errors == []
    assert {url for url in opened.requests if not url.startswith("data:")} == {hostile_path.as_uri()}
    assert sticking_out(opened.page) == []
    text = opened.page.locator("body").text_content()
    assert text.count(EVIL) > 5 and text.count(LONG) > 5
    assert opened.page.locator("[onerror]").count() == 0


def figures_shown(page):
    """Whether the picture of each figure is loaded and visible."""
    shown = "one => one.naturalWidth > 0 && one.getBoundingClientRect().height > 0"
    return page.locator("figure img").evaluate_all(f"all => all.map({shown})")


def test_data_of_a_figure_comes_from_the_page_itself(open_page, path, tmp_path):
    copied = tmp_path / "copied.html"
    copied.write_bytes(path.read_bytes())
    page = open_page(copied).page
    with page.expect_download() as download:
        page.locator("#figure-fastest").get_by_role("link", name="Data as CSV").click()
    assert download.value.suggested_filename == "fastest.csv"
    assert download.value.path().read_bytes() == (path.parent / "figures/fastest.csv").read_bytes()


def rows_in_all(page):
    """(visible rows, all rows) of all tables of data."""
    return page.locator("table.data tbody tr:visible").count(), page.locator("table.data tbody tr").count()


def test_print_shows_everything(open_page, each_path):
    page = open_page(each_path, width=PAPER).page
    table = page.locator("table.data:has(tbody tr:nth-child(9))").first
    field = filter_of(table)[0].element_handle()  # found anew it is another table's, as this one has few rows now
    field.fill("thread")
    field.fill("")
    page.pdf()
    page.emulate_media(media="print")
    shown, rows = rows_in_all(page)
    assert shown == rows > 60
    assert all(figures_shown(page)) and len(figures_shown(page)) > 2
    assert sticking_out(page) == []


def test_page_works_without_javascript(open_page, each_path):
    page, scripted = open_page(each_path, javascript=False).page, open_page(each_path).page
    assert page.locator("button, input, select, textarea, output").count() == 0
    unfold(page)
    shown, rows = rows_in_all(page)
    assert shown == rows == scripted.locator("table.data tbody tr").count() > 60
    assert all(figures_shown(page)) and len(figures_shown(page)) > 2


def test_parts_are_folded_until_a_link_leads_to_them(open_page, each_path):
    page = open_page(each_path, unfolded=False).page
    assert page.locator("details.part[open]").count() == 0
    page.locator("nav a[href='#trust']").click()
    assert page.locator("#trust > details").evaluate("part => part.open")
    assert page.locator("details.part[open]").count() == 1
    page.goto(f"{each_path.as_uri()}#figure-fastest")
    page.reload()
    assert page.locator("#figure-fastest").is_visible()


def test_print_shows_folded_parts_without_javascript(open_page, each_path):
    page = open_page(each_path, width=PAPER, javascript=False, unfolded=False).page
    page.emulate_media(media="print")
    shown, rows = rows_in_all(page)
    assert shown == rows > 60


@pytest.mark.parametrize("width", [800, 1600])
def test_figures_are_as_wide_as_the_page(open_page, width):
    page = open_page(width=width).page
    widths = page.locator("figure img").evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
    place = page.locator("#all").evaluate("one => one.getBoundingClientRect().width")
    assert set(widths) == {place}


@pytest.mark.parametrize(("scheme", "paper"), [("light", (255, 255, 255)), ("dark", (22, 22, 22))])
def test_figures_have_the_paper_of_the_color_scheme(open_page, scheme, paper):
    page = open_page(color_scheme=scheme).page
    picture = Image.open(BytesIO(page.locator("figure img").first.screenshot()))
    assert picture.getpixel((10, 10))[:3] == paper


def test_cards_say_what_to_use_beside_a_chart(open_page, compared_path, path):
    page = open_page(path).page
    chart = page.locator(".advice svg").first
    assert chart.get_attribute("role") == "img"
    assert chart.get_attribute("aria-label").startswith("Speedup over sequential on the same build: ")
    text, drawn = (page.locator(".advice").first.locator(name).bounding_box() for name in ("h3", "svg"))
    assert drawn["x"] > text["x"] + text["width"]
    assert open_page(compared_path).page.locator(".advice svg").count() == 1
