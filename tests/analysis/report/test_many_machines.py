import pytest
from gil_scaling.analysis.report import many_machines, markdown, page

from tests import synthetic_machines
from tests.analysis.report.pages import BUILDS, Page, columns_of, compared, result_set

pytestmark = pytest.mark.slow  # whole pages
ALONE = {"3.14t": {"sequential": [4.0] * 6, "thread": [2.0] * 6}}
SLOWER = {"3.14t": {"sequential": [4.0] * 6, "thread": [8.0] * 6}}


@pytest.fixture(scope="module")
def twenty(tmp_path_factory):
    """The data of the page of 20 synthetic machines, without figures."""
    folder = tmp_path_factory.mktemp("twenty")
    return compared(
        folder, *(synthetic_machines.write(folder / each.name, each) for each in synthetic_machines.machines())
    )


def five(folder, last, first=ALONE):
    """The data of the page of five machines a … e, of which e has other times than the others."""
    times = dict.fromkeys("abcd", first) | {"e": last}
    return compared(folder, *(result_set(folder / name, machine=name, times=own) for name, own in times.items()))


def sentences(data):
    return [answer.sentence for answer in data["answers"][many_machines.HEADLINE]]


def test_answers_name_groups_of_machines(tmp_path):
    assert sentences(five(tmp_path, SLOWER)) == [
        "py_loop on 3.14t, without the GIL, thread with at most one worker per CPU: faster on 4 of 5 A CPU (2 CPUs) (2.00× "
        "sequential); slower on e (0.50× sequential).",
        "py_loop, the best choice of build and backend: thread on 3.14t on 4 of 5 A CPU (2 CPUs); sequential on 3.14t on e.",
    ]


def test_claims_of_no_difference_are_one_answer(tmp_path):
    first = {"3.14": {"sequential": [4.0] * 6, "thread": [4.0] * 6}}
    last = {"3.14": {"sequential": [4.0] * 6, "thread": [2.0, 8.0] * 3}}
    assert sentences(five(tmp_path, last, first))[0] == (
        "py_loop on 3.14, with the GIL, thread with at most one worker per CPU: no difference shown on all 5 machines (1.00× "
        "sequential)."
    )


def test_answers_about_workloads_with_the_same_claims_are_one(tmp_path):
    def with_workloads(records):
        return [
            {**one, "run": f"{name}-{one['run']}", "spec": {**one["spec"], "workload": name}}
            for name in ("fib", "py_loop", "sort", "regex", "zlib")
            for one in records
        ]

    sets = [result_set(tmp_path / name, machine=name, times=ALONE, change=with_workloads) for name in "abcde"]
    first, *_ = sentences(compared(tmp_path, *sets))
    assert first.startswith("fib, py_loop, regex and 2 other workloads on 3.14t, without the GIL, thread with at most")


def test_four_machines_are_not_grouped(tmp_path):
    data = compared(tmp_path, *(result_set(tmp_path / name, machine=name, times=ALONE) for name in "abcd"))
    assert many_machines.HEADLINE not in data["answers"] and not data["is_many"]
    assert data["title"] == "a, b, c, d"


@pytest.mark.slow
def test_answers_of_20_machines_are_a_handful(twenty):
    found = sentences(twenty)
    assert 3 <= len(found) <= 6
    assert max(map(len, found)) < 400
    assert "faster on all 20 machines" in found[0]
    kinds = (
        "5 synthetic plain (2 to 32 CPUs)",
        "5 synthetic laptop (4 to 24 CPUs)",
        "5 synthetic server (16 to 128 CPUs)",
    )
    assert all(kind in found[2] for kind in kinds)


@pytest.mark.slow
def test_each_of_20_machines_has_rows_in_one_table(twenty):
    rows = columns_of(twenty["by_machine"], "machine", "build", "usable_cpus", "workers", "claim")
    assert len(rows) == 40
    assert ("two-node-192", "3.14t", "192", "96", "faster") in rows
    assert len(twenty["hardware"].rows) == 20
    assert twenty["same_hardware"] == "The same for all: kernel 6.12.1."


@pytest.mark.slow
def test_page_of_20_machines_says_what_they_share_once(twenty):
    assert [len(twenty[name]) for name in ("pairs", "claims", "builds", "measured", "trust")] == [1, 1, 2, 2, 2]
    assert twenty["trust"][1].startswith("On all 20 machines: The noise floor of this machine is not known.")
    assert [build["name"] for build in twenty["builds"]] == ["3.14 (all 20 machines)", "3.14t (all 20 machines)"]
    assert twenty["title"] == "20 result sets" and not twenty["differences"].rows


@pytest.mark.slow
def test_page_of_20_machines_begins_with_few_words(twenty):
    text = page.render(twenty)
    top = Page(text.partition("<body>")[2].partition('<section id="by-machine">')[0]).words
    assert len(top.split()) < 300
    assert set(Page(text).rows[0]) >= {"machine", "speedup", "efficiency"}


@pytest.mark.slow
def test_page_of_20_machines_has_a_row_of_hardware_for_each(twenty):
    text = page.render(twenty).partition('<section id="machines">')[2].partition("</section>")[0]
    assert Page(text).rows[0][:3] == ["machine", "cpu_model", "sockets"]
    assert len(Page(text).rows) == 21 and 'class="card"' not in text
    assert "hypervisor" in twenty["columns"]


@pytest.mark.slow
def test_markdown_of_20_machines_has_the_same_answers(twenty):
    text = markdown.render(twenty)
    assert text.count("\n- ") < 20
    assert all(markdown.escape(sentence) in text for sentence in sentences(twenty))
    assert "## The answers, machine by machine" in text


def test_builds_that_differ_are_grouped(tmp_path):
    sets = []
    for name in "abcde":
        builds = {"3.14t": {**BUILDS["3.14t"], "compiler": "GCC 14" if name == "e" else "GCC 12"}}
        sets.append(result_set(tmp_path / name, machine=name, times=ALONE, builds=builds))
    data = compared(tmp_path, *sets)
    rows = columns_of(data["differences"], "part", "name", "what", "values")
    assert rows == [("build", "3.14t", "compiler", "GCC 12: 4 of 5 A CPU (2 CPUs); GCC 14: e")]
    assert [build["name"] for build in data["builds"]] == ["3.14t (4 of 5 A CPU (2 CPUs))", "3.14t (e)"]
