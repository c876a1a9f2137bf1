from gil_scaling.analysis.columns import names
from gil_scaling.analysis.report import hardware

from tests.analysis.report.pages import columns_of
from tests.analysis.test_machine_kinds import table


def machines(**facts):
    """The machines of two kinds, with further facts."""
    return table({"A": (2, 4), "B": (8,)}).reindex(columns=names("machines")).assign(**facts)


def test_hardware_has_a_row_per_machine_and_what_differs():
    found = hardware.hardware_table(machines(kernel=["6.1", "6.1", None], smt="on", memory_mb=[1024, 2048, 4096]))
    assert [head for head, _ in found.heads] == ["machine", "cpu_model", "usable_cpus", "memory_mb", "kernel"]
    assert columns_of(found, "machine", "usable_cpus", "kernel") == [
        ("a0", "2", "6.1"),
        ("a1", "4", "6.1"),
        ("b0", "8", "–"),
    ]


def test_what_all_machines_share_is_said_once():
    assert hardware.describe_same(machines(smt="on", memory_mb=1024)) == "The same for all: smt on; memory 1024 MiB."
    assert hardware.describe_same(machines()) == ""
