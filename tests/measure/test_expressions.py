import sys

import pytest

if sys.version_info < (3, 13):
    pytest.skip("bytecode of builds before 3.13", allow_module_level=True)

from gil_scaling.measure import expressions


class Thing:
    slots_only = 1

    def __init__(self):
        self.value = (3,)

    @property
    def computed(self):
        raise AssertionError("a property was called")

    def __getitem__(self, key):
        raise AssertionError("a method was called")


RATES = {"low": (1.5,)}


def texts(source):
    """The expressions that the one line of a function of d, key and thing loads."""
    namespace = {}
    exec(f"def f(d, key, thing):\n    {source}\n    return d", namespace)
    return [expressions.text(each) for each in expressions.loaded(namespace["f"].__code__, 2)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('x = d["k"]', ["d", '"k"', 'd["k"]']),
        ("x = d[key][0]", ["d", "key", "d[key]", "0", "d[key][0]"]),
        ("x = RATES", ["RATES"]),
        ("thing.value = key", ["key", "thing"]),
        ("x = thing.a.b", ["thing", "thing.a", "thing.a.b"]),
        ("x = d(key)[0]", ["d", "key", "0"]),
        ("x = thing.run(key)", ["thing", "thing.run", "key"]),
        ("x = d + key", ["d", "key"]),
    ],
)
def test_a_line_loads(source, expected):
    assert sorted(texts(source)) == sorted(expected)


def value_of(expression):
    thing, d, missing = Thing(), {"k": [7]}, {}  # noqa: F841  # names of the frame
    return expressions.evaluate(expression, sys._getframe())


def constant(value):
    return ("constant", expressions._Constant(value))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (("name", "d"), {"k": [7]}),
        (("name", "RATES"), RATES),
        (("name", "unbound"), expressions.MISSING),
        (("item", ("name", "d"), constant("k")), [7]),
        (("item", ("name", "missing"), constant("k")), expressions.MISSING),
        (("item", ("name", "thing"), constant("k")), expressions.MISSING),
        (("attribute", ("name", "thing"), "value"), (3,)),
        (("attribute", ("name", "thing"), "computed"), Thing.__dict__["computed"]),
        (("items", ("name", "RATES")), [(1.5,)]),
    ],
)
def test_a_value_is_found_without_calling_anything(expression, value):
    assert value_of(expression) == value


def test_the_items_of_a_container_join_unless_one_is_loaded():
    d, key = ("name", "d"), constant("k")
    item = ("item", d, key)
    assert expressions.with_items([d, key, item]) == [d, key, item, ("items", item)]
