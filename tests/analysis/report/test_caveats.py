import json

import pytest
from gil_scaling.analysis.tables import read

from tests.analysis.report.pages import TIMES, compared, result_set
from tests.support import make_sample

pytestmark = pytest.mark.slow  # whole pages
NO_LOOP = {"before": {}, "after": {}, "meanwhile": {}}


@pytest.fixture(scope="module")
def unlike(tmp_path_factory):
    """Two sets of a machine whose builds have different compilers and options, with runs whose GIL was re-enabled."""

    def with_gil(records):
        for record in records:
            record["measured"]["gil_after"] = True
        return records

    folder = tmp_path_factory.mktemp("unlike")
    builds = {"3.14": {}, "3.14t": {"compiler": "Clang 19", "pgo": True, "gil": False}}
    return [result_set(folder / f"{day}", day=day, builds=builds, change=with_gil) for day in (1, 2)]


def test_pairs_of_machines_and_times_are_explained(page_of):
    assert page_of("first", "later", "b")["pairs"] == [
        "b is a different machine from m 2026-01-01: times of different machines are not compared, but speedups and "
        "efficiencies are, each relative to sequential on its own machine.",
        "m 2026-01-02 and m 2026-01-01 are the machine m at two times: their rounds are not paired, so each difference "
        "includes whatever else changed. A reference loop before each run took a median of 20.0 ms in m 2026-01-02 and "
        "20.0 ms in m 2026-01-01.",
    ]


def test_pairs_of_several_machines_share_a_sentence(page_of):
    (sentence,) = page_of("first", "b", "c")["pairs"]
    assert sentence.startswith("b and c are different machines from m: ")


def test_sets_without_a_common_build_say_so_first(sets, tmp_path):
    def on_other_build(records):
        return [{**record, "spec": {**record["spec"], "python": "3.9"}} for record in records]

    options = {"times": {"3.14": TIMES["3.14"]}, "builds": {"3.14": {}, "3.9": {}}, "change": on_other_build}
    options["builds"] = {"3.9": {}, "3.14": {}}
    other = result_set(tmp_path / "n", machine="n", day=5, **options)
    (other / "pythons/3.14.json").unlink()
    plan = json.loads((other / "s/plan.json").read_text())
    (other / "s/plan.json").write_text(json.dumps({**plan, "builds": ["pythons/3.9.json"]}))
    data = compared(tmp_path, sets["first"], other)
    assert data["warnings"][0] == (
        "m and n have nothing in common that can be compared: no build has the same name (3.14 and 3.14t in m and 3.9 in n). "
        "To compare builds, name them in `pythons` of one config, and measure them in one sweep."
    )
    assert data["shapes"].rows == []


def test_sets_without_a_common_combination_say_so_first(sets, tmp_path):
    def of_other_workload(records):
        return [{**record, "spec": {**record["spec"], "workload": "sort"}} for record in records]

    other = result_set(tmp_path / "n", day=5, change=of_other_workload)
    assert compared(tmp_path, sets["first"], other, labels=["before", "after"])["warnings"] == [
        "before and after have nothing in common that can be compared: no combination of experiment, workload, parameters, "
        "backend and workers is the same. Measure both with one config: `snakemake --cores all --configfile config.yaml "
        "--config machine=LABEL sweep=NAME`, where config.yaml is that in the folder s of before."
    ]


def test_a_set_with_nothing_in_common_is_named_alone(sets, tmp_path):
    def of_other_workload(records):
        return [{**record, "spec": {**record["spec"], "workload": "sort"}} for record in records]

    other = result_set(tmp_path / "n", machine="n", day=5, change=of_other_workload)
    (sentence,) = compared(tmp_path, sets["first"], sets["b"], other)["warnings"]
    assert sentence.startswith(
        "n has nothing in common with the other result sets that can be compared: no combination"
    )


def test_pairs_without_a_reference_loop_omit_it(sets, tmp_path):
    def without_loop(records):
        return [{**record, "state": NO_LOOP} for record in records]

    (sentence,) = compared(tmp_path, sets["first"], result_set(tmp_path / "n", day=5, change=without_loop))["pairs"]
    assert sentence.endswith("so each difference includes whatever else changed.")


def test_one_set_has_no_pairs(page_of):
    assert page_of("first")["pairs"] == []


def test_unlike_builds_are_named(unlike, tmp_path):
    (experiment,) = compared(tmp_path, unlike[0])["experiments"]
    assert experiment["unlike"] == [
        "3.14t and 3.14 differ in more than the GIL: compiler Clang 19 vs GCC 12, PGO on vs off. Any of these may explain "
        "differences in their times."
    ]


def test_unlike_builds_with_the_same_gil_do_not_differ_in_it(tmp_path):
    folder = result_set(tmp_path / "a", builds={"3.14": {}, "3.14t": {"pgo": True}})
    (sentence,) = compared(tmp_path, folder)["experiments"][0]["unlike"]
    assert sentence.startswith("3.14t and 3.14 differ in PGO on vs off. ")


def test_unlike_packages_are_named(tmp_path):
    builds = {
        "3.14": {"packages": {"numpy": {"version": "2.4.1"}, "pandas": {"version": "3.0.0"}}},
        "3.14t": {"gil": False, "packages": {"numpy": {"version": "2.3.5"}}},
    }
    page = compared(tmp_path, result_set(tmp_path / "packages", builds=builds))
    (sentence,) = page["experiments"][0]["unlike"]
    assert sentence.startswith("3.14t and 3.14 differ in more than the GIL: numpy 2.3.5 vs 2.4.1. ")
    facts = [build["facts"]["packages"] for build in page["sets"][0]["builds"]]
    assert facts == ["2; in another version elsewhere: numpy 2.4.1", "1; in another version elsewhere: numpy 2.3.5"]


IMPORT = {
    "seconds": 0.25,
    "gil_enabled": True,
    "gil_modules": ["old._core"],
    "threads": 2,
    "thread_libraries": {"OpenMP": "X=1"},
}


def test_imports_that_turn_the_gil_on_are_named(tmp_path):
    old = {"packages": {"old": {"version": "1.0"}}, "requires": ["old"], "imports": {"old": IMPORT}}
    new = {
        "packages": {"old": {"version": "2.0"}},
        "requires": ["old>1"],
        "imports": {"old": {"seconds": None, "error": "no"}},
    }
    none = {"requires": ["old<1"], "rejected": "old has no wheel for this Python"}
    page = compared(
        tmp_path, result_set(tmp_path / "set", builds={"3.14": new, "3.14t": {"gil": False, **old}, "3.9": none})
    )
    assert page["warnings"] == [
        "Importing old on 3.14t turns the GIL on (old._core): whatever imports it is measured with the GIL."
    ]
    facts = {build["name"]: build["facts"] for build in page["sets"][0]["builds"]}
    assert (facts["3.14t"]["packages"], facts["3.14"]["packages"]) == ("old 1.0 (for old)", "old 2.0 (for old>1)")
    assert facts["3.9"]["packages"] == "none for old<1: old has no wheel for this Python"
    assert facts["3.14t"]["import of old"] == "250 ms, turns the GIL on (old._core), starts 2 threads, OpenMP (X=1)"
    assert facts["3.14"]["import of old"] == "fails: no"


def test_unlike_builds_of_all_sets_are_named_once(unlike, tmp_path):
    (experiment,) = compared(tmp_path, *unlike)["experiments"]
    assert [sentence.partition(":")[0] for sentence in experiment["unlike"]] == ["All result sets"]


def test_unlike_builds_of_some_sets_name_the_sets(unlike, tmp_path):
    (experiment,) = compared(tmp_path, unlike[0], result_set(tmp_path / "b", machine="b", day=3))["experiments"]
    assert [sentence.partition(":")[0] for sentence in experiment["unlike"]] == ["m"]


def test_like_builds_are_not_named(page_of):
    assert page_of("first")["experiments"][0]["unlike"] == []


def test_reenabled_gil_is_counted_per_set(unlike, tmp_path):
    assert compared(tmp_path, unlike[0])["warnings"] == [
        "The GIL was re-enabled in 12 runs of py_loop on 3.14t: an imported extension module does not declare that it can "
        "run without it (Py_mod_gil). These runs were measured with the GIL."
    ]
    assert [sentence.partition(":")[0] for sentence in compared(tmp_path, *unlike)["warnings"]] == [
        "The GIL was re-enabled in 12 runs of py_loop on m 2026-01-01 · 3.14t",
        "The GIL was re-enabled in 12 runs of py_loop on m 2026-01-02 · 3.14t",
    ]


def test_modules_that_reenabled_the_gil_are_named(tmp_path):
    def with_warnings(records):
        for number, record in enumerate(records):
            record["measured"]["gil_after"] = True
            name = f"lib.old{number % 2}"
            record["stderr_tail"] = (
                f"<frozen importlib._bootstrap>:491: RuntimeWarning: The global interpreter lock (GIL) has been enabled to load "
                f"module '{name}', which has not declared that it can run safely without the GIL."
            )
        return records

    options = {"times": {"3.14t": TIMES["3.14t"]}, "change": with_warnings}
    (sentence,) = compared(tmp_path, result_set(tmp_path / "m", **options))["warnings"]
    assert sentence.startswith(
        "The GIL was re-enabled in 12 runs of py_loop on 3.14t: an imported extension module (lib.old0, lib.old1) does not "
    )


def test_libraries_with_threads_are_named_per_build(page_of, tmp_path):
    def with_libraries(records):
        for record in records:
            if record["spec"]["python"] == "3.14t":
                libraries = {"OpenBLAS": "OPENBLAS_NUM_THREADS=4"}
                openmp = {"OpenMP": "OMP_NUM_THREADS=1"} if record["spec"]["backend"] == "thread" else {}
                record["measured"]["flags"] = {"thread_libraries": {**libraries, **openmp}}
        return records

    trust = compared(tmp_path, result_set(tmp_path / "n", change=with_libraries))["trust"]
    assert trust[-2:] == [
        "Runs of py_loop on 3.14t loaded libraries that may start threads of their own, within these limits: OpenBLAS "
        "(OPENBLAS_NUM_THREADS=4) and OpenMP (OMP_NUM_THREADS=1).",
        "To compare several limits of such a library, set its variable in the `env` of further entries of `pythons`.",
    ]
    assert page_of("first")["trust"] == trust[:-2]


def with_cached_tasks(first_s, rounds, backend="sequential"):
    """Changes records so that in these rounds the first sample of each run of a backend takes so long, and later ones 1 ms."""

    def change(records):
        for record in records:
            if record["spec"]["backend"] == backend and record["spec"]["round"] in rounds:
                warmup, sample = (make_sample(total_s, workers=1, durations=(total_s,)) for total_s in (first_s, 0.001))
                record["measured"]["samples"] = [{**warmup, "warmup": True}, sample]
        return records

    return change


def test_warm_state_is_named_and_allows_no_speedup(tmp_path):
    change = with_cached_tasks(first_s=0.4, rounds=range(1, 7))
    folder = result_set(tmp_path / "m", times={"3.14": TIMES["3.14"]}, change=change)
    data = compared(tmp_path, folder)
    assert data["warnings"] == [
        "py_loop on 3.14: after the first sample, sequential is 400× as fast. Its tasks find what earlier ones left in the "
        "process (a cache, a lazy import or initialisation); new processes and interpreters start without it. So there is no "
        "speedup relative to it. Reset it in before_sample(), or measure each sample in a new process (warmups: 0, repeats: 1)."
    ]
    summary = read(tmp_path / "compared/tables")["summary"]
    assert summary["flags"].str.contains("warm_state").tolist() == [True, True]
    assert summary["speedup"].isna().all()
    assert read(tmp_path / "compared/tables")["fastest"].empty


def test_slow_first_samples_of_few_rounds_are_no_warm_state(tmp_path):
    change = with_cached_tasks(first_s=0.4, rounds=[1, 2, 3])
    folder = result_set(tmp_path / "m", times={"3.14": TIMES["3.14"]}, change=change)
    data = compared(tmp_path, folder)
    assert (data["warnings"], "warm_state" in data["flags"]) == ([], False)


@pytest.mark.parametrize("has_baseline", [True, False])
def test_slow_first_threads_beside_a_baseline_are_no_warm_state(tmp_path, has_baseline):
    def change(records):
        changed = with_cached_tasks(0.4, range(1, 7), backend="thread")(records)
        return [record for record in changed if has_baseline or record["spec"]["backend"] != "sequential"]

    folder = result_set(tmp_path / "m", times={"3.14": TIMES["3.14"]}, change=change)
    data = compared(tmp_path, folder)
    assert (
        any("after the first sample, thread × 1 is 400× as fast" in text for text in data["warnings"]) != has_baseline
    )
    assert ("warm_state" in data["flags"]) != has_baseline


def test_unlike_sources_are_named(sets, page_of, tmp_path):
    def with_other_source(records):
        return [{**record, "spec": {**record["spec"], "workload_digest": "1" * 16}} for record in records]

    other = result_set(tmp_path / "n", day=5, change=with_other_source)
    assert compared(tmp_path, sets["first"], other)["warnings"] == [
        "The source of py_loop is not the same in all result sets: differences in time include that of the code."
    ]
    assert page_of("first", "later")["warnings"] == []


def on_hosts(*counts):
    """A change of records: of those of a result set so many are of the hosts n1, n2, …"""

    def change(records):
        names = [f"n{number}" for number, count in enumerate(counts, 1) for _ in range(count)]
        for one, name in zip(records, names, strict=False):
            one["call"]["host"] = name
        return records

    return change


def test_runs_of_several_hosts_are_counted(tmp_path):
    sets = [result_set(tmp_path / name, machine=name, change=on_hosts(4, 20)) for name in "ab"]
    expected = (
        "The runs were measured on 2 hosts: 20 on n2 and 4 on n1. The facts of the machine are those of one of them."
    )
    assert [text for text in compared(tmp_path, *sets)["trust"] if "hosts" in text] == [
        f"a: {expected}",
        f"b: {expected}",
    ]


def test_one_host_is_not_named(tmp_path):
    data = compared(tmp_path, result_set(tmp_path / "a", machine="a", change=on_hosts(24)))
    assert not [text for text in data["trust"] if "host" in text]
