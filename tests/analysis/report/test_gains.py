import pytest

from tests.analysis.report.pages import (
    STEADY,
    TIMES,
    add_noise,
    columns_of,
    compared,
    result_set,
    two_workloads,
)

pytestmark = pytest.mark.slow  # whole pages


def changes_of(data):
    """The table of all combinations compared, of the only experiment."""
    return next(table for name, _, table in data["experiments"][0]["details"] if name == "changes")


def test_gains_are_claims_sorted_by_size(tmp_path):
    times = {"sequential": [5.0] * 6, "thread": [2.0] * 6, "thread_pool": [4.1] * 6, "process": [2.0, 8.0] * 3}
    data = compared(tmp_path, result_set(tmp_path / "a", times={"3.14": dict.fromkeys(times, STEADY), "3.14t": times}))
    assert columns_of(data["gains"], "backend", "versus", "time_s", "against_s", "gain", "claim") == [
        ("sequential", "3.14", "5.00 s", "4.00 s", "0.800 [0.800, 0.800]", "slower"),
        ("thread", "3.14", "2.00 s", "4.00 s", "2.00 [2.00, 2.00]", "faster"),
    ]
    heads = ["build", "workload", "backend", "workers", "versus", "kind", "time_s", "against_s", "gain"]
    assert [head for head, _ in data["gains"].heads] == [*heads, "pairing", "claim"]
    assert data["claims"] == [
        "3.14t vs 3.14: slower on 1 of 4 combinations, faster on 1, the same within 5 % on 1, no difference shown on 1."
    ]
    assert data["noise"] == "Noise floor: not known."


def test_claims_are_counted_per_pair_of_builds(tmp_path):
    def with_gil_variant(records):  # as fast as 3.14
        copies = [record for record in records if record["spec"]["python"] == "3.14"]
        return records + [
            {**record, "run": f"a{record['run']}", "spec": {**record["spec"], "python": "3.14t-gil"}}
            for record in copies
        ]

    builds = {"3.14": {}, **{f"3.14t{end}": {"free_threaded": True, "gil": bool(end)} for end in ("", "-gil")}}
    times = {"3.14": {"sequential": STEADY}, "3.14t": {"sequential": [5.0] * 6}}
    folder = result_set(tmp_path / "a", builds=builds, times=times, change=with_gil_variant)
    assert compared(tmp_path, folder)["claims"] == [
        "3.14t vs 3.14: slower.",
        "3.14t vs 3.14t-gil: slower.",
        "3.14t-gil vs 3.14: the same within 5 %.",
    ]


def test_claims_within_the_noise_floor_are_marked_and_no_gain(tmp_path):
    times = {"sequential": [4.4] * 6, "thread": [2.0] * 6}
    folder = result_set(tmp_path / "a", times={"3.14": dict.fromkeys(times, STEADY), "3.14t": times})
    assert columns_of(compared(tmp_path, folder)["gains"], "backend") == [("sequential",), ("thread",)]
    add_noise(folder, "m", 1.2)
    data = compared(tmp_path, folder)
    assert columns_of(data["gains"], "backend", "claim") == [("thread", "faster")]
    assert data["claims"] == [
        "3.14t vs 3.14: slower on 1 of 2 combinations, faster on 1; beyond the noise floor of 20 %: 0 slower, 1 faster."
    ]
    claims = [("sequential", "slower (within noise)"), ("thread", "faster")]
    assert columns_of(changes_of(data), "backend", "claim") == claims
    assert data["noise"] == "Noise floor: 20 %; claims within it are marked."


def test_noise_floor_of_0_is_known(tmp_path):
    folder = result_set(tmp_path / "a")
    add_noise(folder, "m", 1.0)
    claims = compared(tmp_path, folder)["claims"]
    assert claims[0].split("; ")[1] == "beyond the noise floor of 0 %: 0 slower, 1 faster."


def test_noise_floor_applies_to_its_own_machine(sets, tmp_path):
    folder = result_set(tmp_path / "c", machine="c", day=4)
    add_noise(folder, "c", 1.5)
    data = compared(tmp_path, sets["first"], folder)
    assert [claim.partition("; ")[2] for claim in data["claims"]] == [
        "",
        "beyond the noise floor of 50 %: 0 slower, 1 faster.",
    ]
    assert data["noise"] == "Noise floor: not known on m and 50 % on c; claims within it are marked."
    assert [sentence[:50] for sentence in data["trust"][:2]] == [
        "m: The noise floor of this machine is not known. T",
        "c: The noise floor of this machine is 50 %: in an ",
    ]


def test_means_follow_their_workloads(tmp_path):
    data = compared(tmp_path, result_set(tmp_path / "a", change=two_workloads))
    assert columns_of(changes_of(data), "backend", "workload", "pairing") == [
        (backend, workload, "paired")
        for backend in ("sequential", "thread")
        for workload in ("py_loop", "sort", "geometric mean of 2")
    ]


def test_one_workload_has_no_mean(page_of):
    assert columns_of(changes_of(page_of("first")), "workload") == [("py_loop",)] * 2


def test_combinations_of_a_pair_are_listed_together(page_of):
    pairs = columns_of(changes_of(page_of("first", "later")), "build", "versus")
    assert pairs == [pair for pair in dict.fromkeys(pairs) for _ in range(2)]
    assert len(set(pairs)) == 4


def test_missing_combinations_are_counted_by_reason(sets, tmp_path):
    def without_threads(records):
        for record in records:
            if record["spec"]["backend"] == "thread" and record["spec"]["python"] == "3.14":
                record.update(status="unsupported", reason="no threads", measured=None)
        return two_workloads(records)

    data = compared(tmp_path, sets["first"], result_set(tmp_path / "n", machine="n", change=without_threads, day=5))
    heads = ("on", "but not on", "experiment", "workload", "reason", "combinations")
    assert columns_of(data["one_sided"], *heads) == [
        ("m · 3.14", "n · 3.14", "e", "py_loop", "unsupported: no threads", "1"),
        ("n · 3.14t", "n · 3.14", "e", "py_loop", "unsupported: no threads", "1"),
        ("n · 3.14", "m · 3.14", "e", "sort", "not measured there", "1"),
        ("n · 3.14t", "m · 3.14t", "e", "sort", "not measured there", "2"),
        ("n · 3.14t", "n · 3.14", "e", "sort", "unsupported: no threads", "1"),
    ]
    assert "36 of 48 runs are ok, 12 unsupported, in 6 rounds" in data["sets"][1]["measured"]


def test_versus_names_only_what_is_different(page_of):
    shapes = page_of("first", "b")["shapes"]
    assert columns_of(shapes, "build", "backend", "versus", "at", "claim") == [
        ("b · 3.14", "thread", "m", "workers", "same"),
        ("b · 3.14t", "thread", "m", "workers", "not shown"),
    ]


def test_flags_are_listed(sets, tmp_path):
    def with_other_source(records):
        return [{**record, "spec": {**record["spec"], "workload_digest": "1" * 16}} for record in records]

    data = compared(tmp_path, sets["first"], result_set(tmp_path / "n", day=5, change=with_other_source))
    assert ("again", "separate_calls, unlike_sources") in columns_of(changes_of(data), "kind", "flags")


def test_only_several_builds_have_gains(tmp_path):
    data = compared(tmp_path, result_set(tmp_path / "a", times={"3.14": TIMES["3.14"]}))
    assert "gains" not in data["sections"]
