import pytest

from scripts import machine


@pytest.fixture
def cgroup(tmp_path):
    """Writes cgroup files; returns the quota found in them."""

    def quota(own, files):
        root = tmp_path / "cgroup"
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (tmp_path / "own").write_text(own)
        return machine.cgroup_quota(root, tmp_path / "own")

    return quota


def test_no_cgroup_means_no_quota(cgroup, tmp_path):
    assert cgroup("0::/\n", {}) is None
    assert machine.cgroup_quota(tmp_path, tmp_path / "none") is None


def test_the_least_quota_on_the_way_up_counts(cgroup):
    files = {"a/cpu.max": "150000 100000\n", "a/b/cpu.max": "400000 100000\n", "cpu.max": "max 100000\n"}
    assert cgroup("0::/a/b\n", files) == 1.5


def test_quotas_of_the_first_version_are_read_too(cgroup):
    files = {"cpu/docker/x/cpu.cfs_quota_us": "50000\n", "cpu/docker/x/cpu.cfs_period_us": "100000\n"}
    assert cgroup("4:cpu,cpuacct:/docker/x\n", files) == 0.5


def test_a_quota_bounds_the_usable_cpus(monkeypatch):
    monkeypatch.setattr(machine, "cgroup_quota", lambda: 1.5)
    assert machine.usable(list(range(8))) == 2
    assert machine.usable([0]) == 1


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
