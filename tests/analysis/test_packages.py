import pytest
from gil_scaling.analysis.packages import unlike_packages


@pytest.mark.parametrize(
    ("reference", "unlike"),
    [
        ({"numpy": "2.3.5", "pip": "25.0"}, {"numpy": ("2.4.1", "2.3.5")}),
        ({"numpy": "2.4.1", "pip": "25.0"}, {}),
        ({"scipy": "1.16"}, {}),
        ({}, {}),
    ],
)
def test_packages_that_both_have_in_other_versions_are_unlike(reference, unlike):
    assert unlike_packages({"numpy": "2.4.1", "pip": "26.1", "pandas": "3.0"}, reference) == unlike
