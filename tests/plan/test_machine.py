import pytest
from gil_scaling.plan import machine


def test_a_quota_bounds_the_usable_cpus(monkeypatch):
    monkeypatch.setattr(machine.cgroup, "quota", lambda: 1.5)
    assert machine.usable(list(range(8))) == 2
    assert machine.usable([0]) == 1


@pytest.mark.parametrize(("quota", "count"), [(None, 8), (0.1, 1), (1.0, 1), (2.01, 3), (64.0, 8)])
def test_a_quota_is_rounded_up_to_whole_cpus(quota, count, monkeypatch):
    monkeypatch.setattr(machine.cgroup, "quota", lambda: quota)
    assert machine.usable(list(range(8))) == count


@pytest.mark.parametrize(
    ("host", "label"),
    [
        ("server.example.org", "server"),
        ("-n", "n"),
        ("", "machine"),
        (".", "machine"),
        ("../../etc/x", "machine"),
        ("a b$(touch owned)/é", "a-b--touch-owned---"),
        ("x" * 99, "x" * 60),
    ],
)
def test_any_host_name_gives_a_label_that_may_be_a_folder(host, label, monkeypatch):
    monkeypatch.setattr(machine.socket, "gethostname", lambda: host)
    assert machine.label() == label


def test_one_cpu_of_each_core_the_nodes_one_after_the_other(monkeypatch):
    cores = {0: (0, 0), 1: (1, 0), 2: (0, 1), 3: (1, 1), 4: (0, 0), 5: (1, 0)}
    monkeypatch.setattr(machine, "_core", cores.__getitem__)
    monkeypatch.setattr(machine, "_node", lambda cpu: cores[cpu][0])
    monkeypatch.setattr(machine, "allowed_cpus", lambda: list(cores))
    assert machine.physical_cpus(list(cores)) == [0, 2, 1, 3]
    assert machine.choose_cpus("physical") == [0, 1, 2, 3]
    assert machine.choose_cpus(2) == [0, 2]
    assert machine.choose_cpus([5, 1]) == [1, 5]
    assert machine.choose_cpus("all") is None


@pytest.mark.parametrize(
    ("wanted", "problem"), [([99], r"no CPU 99 here; usable are"), (99, "99 physical cores wanted")]
)
def test_cpus_that_are_not_there_are_refused(wanted, problem):
    with pytest.raises(ValueError, match=problem):
        machine.choose_cpus(wanted)


def test_the_facts_hold_what_the_contract_names():
    facts = machine.facts()
    names = "cpu_model sockets physical_cpus logical_cpus usable_cpus smt governor turbo caches memory_mb kernel libc hypervisor"
    assert set(names.split()) <= facts.keys()
    assert 1 <= facts["usable_cpus"] <= facts["logical_cpus"]


def test_the_facts_name_the_host_whatever_the_label(monkeypatch):
    monkeypatch.setattr(machine.socket, "gethostname", lambda: "n1.cluster.example.org")
    assert machine.facts()["host"] == "n1.cluster.example.org"
