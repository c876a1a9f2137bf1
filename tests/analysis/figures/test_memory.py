import numpy as np
import pytest
from gil_scaling.analysis.figures import memory
from gil_scaling.analysis.figures.drawing import Missing

from tests.support import make_record, make_sample, make_tables


def runs(backend, peaks, rounds=6, python="3.14", kind="pss", **spec):
    """Records of a backend: peaks is {workers: peak_memory_mb}, which grows by 1 MiB per round around it."""
    spec = {"backend": backend, "python": python, "switch_interval_s": None, **spec}
    made = []
    for workers, peak_mb in peaks.items():
        for number in range(rounds):
            own = {**spec, "workers": workers, "round": number + 1}
            facts = {"peak_memory_mb": peak_mb and peak_mb + number - (rounds - 1) / 2, "memory_kind": kind}
            samples = [make_sample(workers=2 if workers == "default" else workers)]
            made.append(make_record(f"{peak_mb}-{own}", samples=samples, spec=own, **facts))
    return made


def drawn(tmp_path, records, **options):
    return memory.draw(make_tables(tmp_path, records, **options))


def test_the_peak_is_drawn_against_workers_with_its_interval(tmp_path):
    records = runs("sequential", {1: 20}) + runs("process", {1: 30, 2: 40, 4: 60})
    (axes,) = drawn(tmp_path, records).figure.axes
    ((line, _, (bars,)),) = axes.containers
    assert np.array_equal(line.get_xydata(), [(1, 30), (2, 40), (4, 60)])
    assert bars.get_segments()[0][:, 1] == pytest.approx([27.5, 32.5])
    assert (line.get_color(), axes.get_xscale(), axes.get_ylim()[0]) == ("#d55e00", "log", 0)


def test_sequential_is_a_horizontal_line(tmp_path):
    (axes,) = drawn(tmp_path, runs("sequential", {1: 20}) + runs("thread", {2: 21})).figure.axes
    lines = {line.get_label(): line for line in axes.lines}
    assert list(lines["sequential"].get_ydata()) == [20, 20]


def test_worker_counts_beyond_the_cpus_are_shaded(tmp_path):
    (axes,) = drawn(tmp_path, runs("process", {1: 30, 4: 60})).figure.axes
    assert [patch.get_x() for patch in axes.patches] == [2.1]


def test_the_sentence_gives_what_a_worker_adds_at_most_workers(tmp_path):
    records = runs("sequential", {1: 20}) + runs("thread", {2: 20.1, 4: 20.2}) + runs("process", {2: 40, 4: 48.4})
    records += runs("process_pool", {2: 2820})
    assert drawn(tmp_path, records).answers == [
        "py_loop on 3.14: sequential needs about 20 MiB; each worker adds less than 0.1 MiB with thread × 4, about 7.1 MiB with "
        "process × 4, about 1,400 MiB with process_pool × 2."
    ]


def test_a_backend_that_needs_less_memory_adds_little(tmp_path):
    assert drawn(tmp_path, runs("sequential", {1: 20}) + runs("asyncio", {4: 19})).answers == [
        "py_loop on 3.14: sequential needs about 20 MiB; each worker adds less than 0.1 MiB with asyncio × 4."
    ]


def test_sentences_are_about_the_workload_that_needs_most(tmp_path):
    records = []
    for python, extra_mb in (("3.14", 0), ("3.14t", 10)):
        for n, peak_mb in ((10, 20), (2000, 50)):
            own = {"python": python, "params": {"n": n}}
            records += runs("sequential", {1: peak_mb}, **own) + runs("process", {2: peak_mb + 10 + extra_mb}, **own)
    assert drawn(tmp_path, records).answers == [
        "py_loop, n=2,000 on 3.14: sequential needs about 50 MiB; each worker adds about 5 MiB with process × 2.",
        "py_loop, n=2,000 on 3.14t: sequential needs about 50 MiB; each worker adds about 10 MiB with process × 2.",
    ]


def test_without_sequential_there_are_no_sentences(tmp_path):
    found = drawn(tmp_path, runs("process", {2: 40}))
    assert (found.answers, len(found.data)) == ([], 1)


@pytest.mark.parametrize(
    ("kind", "label", "text"),
    [
        (
            "pss",
            "peak in MiB (PSS)",
            "in a separate sample; memory that processes share is counted once (PSS). Horizontal",
        ),
        (
            "rss",
            "peak in MiB (RSS)",
            "in a separate sample; memory that processes share is counted in each (RSS). Horizontal",
        ),
        (None, "peak in MiB", "in a separate sample. Horizontal"),
    ],
)
def test_the_caption_names_how_shared_memory_is_counted(tmp_path, kind, label, text):
    found = drawn(tmp_path, runs("process", {2: 40}, kind=kind))
    assert found.figure.axes[0].get_ylabel() == label
    assert text in found.reading


def test_builds_of_a_workload_share_the_scale(tmp_path):
    records = runs("process", {2: 40}) + runs("process", {2: 100}, python="3.14t")
    tops = [axes.get_ylim()[1] for axes in drawn(tmp_path, records).figure.axes]
    assert tops == [pytest.approx(1.05 * 102.5)] * 2


def test_backends_with_parameters_have_hollow_marks(tmp_path):
    records = runs("process_pool", {2: 40}) + runs("process_pool", {2: 50}, backend_params={"chunksize": 4})
    (axes,) = drawn(tmp_path, records).figure.axes
    faces = {one.get_label(): one[0].get_markerfacecolor() for one in axes.containers}
    assert faces == {"process_pool": "#d55e00", "process_pool, chunksize=4": "white"}


def test_memory_omits_control_runs_and_default_workers(tmp_path):
    control, asked = runs("process", {2: 40}, start="together"), runs("process", {2: 41})
    roles = {one["run"]: "ceiling" for one in control}
    records = [*control, *asked, *runs("process_pool", {"default": 60})]
    assert list(drawn(tmp_path, records, roles=roles).data["peak_memory_mb"]) == [41]


def test_no_memory_measured_is_missing(tmp_path):
    with pytest.raises(Missing, match=r"^no memory was measured$"):
        drawn(tmp_path, runs("process", {2: None}, kind=None))
