import pytest
from gil_scaling.launch import cgroup


@pytest.fixture
def group(tmp_path):
    """Writes cgroup files; returns the folder that holds them and the file that names the group of the process."""

    def write(own, files):
        for name, text in files.items():
            path = tmp_path / "cgroup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (tmp_path / "own").write_text(own)
        return tmp_path / "cgroup", tmp_path / "own"

    return write


def test_no_cgroup_means_no_quota_and_no_throttling(group, tmp_path):
    assert cgroup.quota(*group("0::/\n", {})) is None
    assert cgroup.throttled_s(*group("0::/\n", {})) is None
    assert cgroup.quota(tmp_path, tmp_path / "none") is None


def test_smallest_quota_on_the_way_up_counts(group):
    files = {"a/cpu.max": "150000 100000\n", "a/b/cpu.max": "400000 100000\n", "cpu.max": "max 100000\n"}
    assert cgroup.quota(*group("0::/a/b\n", files)) == 1.5


def test_quota_of_v1_is_read(group):
    files = {"cpu/docker/x/cpu.cfs_quota_us": "50000\n", "cpu/docker/x/cpu.cfs_period_us": "100000\n"}
    assert cgroup.quota(*group("4:cpu,cpuacct:/docker/x\n", files)) == 0.5


def test_group_of_v1_without_a_limit_has_no_quota(group):
    files = {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}
    assert cgroup.quota(*group("4:cpu:/\n", files)) is None


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a/cpu.stat", "usage_usec 9\nnr_throttled 3\nthrottled_usec 2500000\n"),
        ("cpu/a/cpu.stat", "nr_periods 9\nnr_throttled 3\nthrottled_time 2500000000\n"),
    ],
)
def test_throttled_s_converts_the_units_of_both_versions(file, text, group):
    assert cgroup.throttled_s(*group("0::/a\n", {file: text})) == 2.5


def test_throttled_s_adds_the_groups_on_the_way_up(group):
    files = {"a/b/cpu.stat": "throttled_usec 1000000\n", "a/cpu.stat": "throttled_usec 3000000\n"}
    assert cgroup.throttled_s(*group("0::/a/b\n", files)) == 4.0


@pytest.mark.parametrize(
    "files",
    [
        {"a/cpu.max": "max 100000\n"},
        {"a/cpu.max": "max\n"},
        {"a/cpu.max": "50000\n", "a/cpu.stat": "throttled_usec\n"},
        {"a/cpu.max": "50000 0\n", "a/cpu.stat": "throttled_usec many\n"},
        {"a/cpu.max": "\n", "cpu/a/cpu.cfs_quota_us": "50000\n", "cpu/a/cpu.stat": "nr_periods 9 nr_throttled\n"},
    ],
)
def test_invalid_limits_are_none(files, group):
    assert cgroup.quota(*group("0::/a\n", files)) is None
    assert cgroup.throttled_s(*group("0::/a\n", files)) is None


def test_groups_of_both_versions_count(group):
    own = "4:cpu,cpuacct:/old\n1:name=systemd:/a:b\n0::/a:b\n"
    files = {"a:b/cpu.max": "300000 100000\n", "cpu/old/cpu.cfs_quota_us": "250000\n"}
    assert cgroup.quota(*group(own, files)) == 3.0
    assert cgroup.quota(*group(own, {"cpu/old/cpu.cfs_period_us": "100000\n"})) == 2.5


def test_container_with_the_path_of_its_host_uses_the_root(group):
    assert cgroup.quota(*group("0::/docker/1f2e\n", {"cpu.max": "200000 100000\n"})) == 2.0
