import pytest
from gil_scaling.measure.digest import digest


@pytest.mark.parametrize(
    ("first", "second", "equal"),
    [
        ([1, 2], [1, 2], True),
        ([1, 2], [2, 1], False),
        ([1], [1.0], False),
        ([[1], 2], [[1, 2]], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({3, 1, 2}, {1, 2, 3}, True),
        ("1", 1, False),
        (b"x", "x", False),
        (None, "None", False),
    ],
)
def test_digests_are_equal_exactly_for_equal_values(first, second, equal):
    assert (digest(first) == digest(second)) == equal


def test_digest_refuses_a_repr_with_an_address():
    with pytest.raises(TypeError, match=r"results of type object have no stable repr: add a check\(\) to the workload"):
        digest([object()])
