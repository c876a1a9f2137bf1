import copy
import datetime
import decimal
import enum
import fractions
import json
import math
import pickle
import re
import subprocess
import threading
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from gil_scaling.launch import environment
from gil_scaling.measure.digest import SIZE, digest, digest_each
from hypothesis import given
from hypothesis import strategies as st

Point = namedtuple("Point", "x y")


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@dataclass
class Record:
    name: str
    words: set = field(default_factory=set)


class Own:
    def __init__(self, value):
        self.value = value


class Same:
    """Equal to any other one, at an address of its own."""

    def __eq__(self, other):
        return type(other) is Same

    def __hash__(self):
        return 1


class Tags(set):
    pass


def type_name(value):
    return type(value).__name__


def ring(*values):
    """A list that ends with itself."""
    values = list(values)
    values.append(values)
    return values


def ring_of(first, second):
    """A list that ends with a list that ends with the first one."""
    values = [first]
    values.append([second, values])
    return values


def nested(depth, innermost):
    value = innermost
    for _ in range(depth):
        value = [value]
    return value


def masked(data, mask):
    return np.ma.array(data, mask=mask, fill_value=0)


NAN = float("nan")
PADDED = np.dtype([("small", "i1"), ("large", "f8")], align=True)
LONG = "x" * 5000


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (10**20_000, 10**20_000 + 1),
        (-1, 255),
        (0, -256),
        (1, 1.0),
        (1, True),
        (0.0, -0.0),
        (NAN, math.inf),
        ([NAN, 1.0], [1.0, NAN]),
        (1j, 1.0),
        (complex(0.0, -0.0), 0j),
        ("1", 1),
        ("x", b"x"),
        (b"x", bytearray(b"x")),
        ("\ud800", "?"),
        (None, "None"),
        ([1, 2], [2, 1]),
        ([1], (1,)),
        ([[1], 2], [[1, 2]]),
        (["ab", "c"], ["a", "bc"]),
        ([LONG, LONG], [LONG]),
        ((1, 2), Point(1, 2)),
        ({1, 2}, frozenset({1, 2})),
        ({1, 2}, {1, 3}),
        ({1: 2, 3: 4}, {1: 4, 3: 2}),
        ({1: 2}, {2: 1}),
        (OrderedDict(a=1, b=2), OrderedDict(b=2, a=1)),
        (defaultdict(int), defaultdict(list)),
        (deque([1], 2), deque([1], 3)),
        (Tags("ab"), {"a", "b"}),
        (Colour.RED, Colour.BLUE),
        (Colour.RED, 1),
        (Record("a", {"x"}), Record("a", {"y"})),
        (Own(1), Own(2)),
        (Own(1), Record(1)),
        (decimal.Decimal("1.0"), decimal.Decimal("1.00")),
        (fractions.Fraction(1, 3), fractions.Fraction(2, 3)),
        (datetime.date(2024, 1, 2), datetime.date(2024, 2, 1)),
        (ValueError("a"), ValueError("b")),
        (ValueError("a"), TypeError("a")),
        (len, max),
        (int, float),
        (digest, digest_each),
        (json, re),
        (re.match("a", "ab"), re.match("a", "ac")),
        ({1: 2}.keys(), {1: 2}.values()),
        (ring(1), ring(2)),
        (ring(1), [1, [1]]),
        (ring_of(1, 2), [1, ring(2)]),
        (nested(3, 1), nested(4, 1)),
        (np.arange(3), np.arange(3.0)),
        (np.arange(6), np.arange(6).reshape(2, 3)),
        (np.array([1.0, NAN]), np.array([NAN, 1.0])),
        (np.array([0.0]), np.array([-0.0])),
        (np.array([complex(1, NAN)]), np.array([complex(NAN, 1)])),
        (np.array([1], dtype="g"), np.array([1], dtype="g") * (1 + np.finfo("g").eps)),
        (np.array([{1}], dtype=object), np.array([{2}], dtype=object)),
        (np.array(["2024"], dtype="M8[Y]"), np.array(["2024"], dtype="M8[D]")),
        (np.zeros(1, [("a", "i4")]), np.zeros(1, [("b", "i4")])),
        (masked([1, 2], [False, True]), masked([1, 2], [False, False])),
        (np.float64(1), 1.0),
        (np.array([1]).view(np.recarray), np.array([1])),
        (pd.Series([1, 2]), pd.Series([1, 2], index=[1, 2])),
        (pd.Series([1]), pd.Series([1], name="a")),
        (pd.Series([1, None], dtype="Int64"), pd.Series([1, None])),
        (pd.Series(["a"], dtype="category"), pd.Series(pd.Categorical(["a"], ["a", "b"]))),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})),
        (pd.DataFrame({"a": [1], "b": [2]}), pd.DataFrame({"b": [2], "a": [1]})),
    ],
    ids=type_name,
)
def test_different_values_have_different_digests(first, second):
    assert digest(first) != digest(second)


def gap(fill):
    """A structured array with a fill in the bytes between its fields."""
    array = np.full(16, fill, dtype="u1").view(PADDED)
    array["small"], array["large"] = 1, 2.0
    return array


def frame(words):
    return pd.DataFrame(
        {
            "number": [1, 2],
            "float": [NAN, -0.0],
            "text": words,
            "date": pd.to_datetime(["2024-01-01", None]),
            "zone": pd.to_datetime(["2024-01-01", None]).tz_localize("UTC"),
            "choice": pd.Categorical(words),
            "whole": pd.array([1, None], dtype="Int64"),
            "object": [{"x"}, None],
        },
        index=pd.MultiIndex.from_tuples([(1, "a"), (2, "b")], names=["i", None]),
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (NAN, -NAN),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({3, 1, 2}, {1, 2, 3}),
        ({Same()}, {Same()}),
        ([Same(), Same()], [Same()] * 2),
        (Counter("abb"), Counter("bab")),
        (defaultdict(int, a=1, b=2), defaultdict(int, b=2, a=1)),
        ("at 0x", "at " + "0x"),
        (LONG, "xx" * 2500),
        (ring(1), ring(1)),
        (threading.Thread.start, threading.Thread.start),
        (object(), object()),
        (Own([Own(1)]), Own([Own(1)])),
        (re.match("a", "ab"), re.match("a", "ab")),
        (memoryview(b"abcd")[::2], memoryview(b"ac")),
        (np.arange(6).reshape(2, 3).T, np.array([[0, 3], [1, 4], [2, 5]])),
        (np.array([NAN, 1]), np.array([-NAN, 1])),
        (gap(0), gap(255)),
        (np.empty((0, 3)), np.empty((0, 3))),
        (masked([1, 2, 3], [0, 1, 0]), masked([1, 9, 3], [0, 1, 0])),
        (np.array([{"a": 1, "b": 2}], dtype=object), np.array([{"b": 2, "a": 1}], dtype=object)),
        (frame(["a", "b"]), frame(["a", "b"])),
        (pd.Series([1.0, NAN]), pd.Series([1.0, NAN])),
    ],
    ids=type_name,
)
def test_equal_values_have_equal_digests(first, second):
    assert digest(first) == digest(second)


@pytest.mark.slow
@pytest.mark.parametrize("value", [ring(1), nested(100_000, 1)], ids=["cycle", "depth"])
def test_digest_of_a_cycle_and_of_great_depth_exists(value):
    assert len(digest(value)) == 64


def test_digest_of_much_shared_is_made_once():
    value = [1]
    for _ in range(200):
        value = [value, value]
    assert digest(value) == digest(copy.deepcopy(value))


PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(1, 9).map(lambda number: number * 10**5000)
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters(codec=None))
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.fractions()
    | st.datetimes()
    | st.sampled_from(Colour)
    | st.builds(PurePosixPath, st.sampled_from(["a", "b/c"]))
)
HASHABLE = st.recursive(PLAIN, lambda items: st.tuples(items, items) | st.frozensets(items), max_leaves=5)
VALUES = st.recursive(
    HASHABLE,
    lambda items: (
        st.lists(items)
        | st.tuples(items)
        | st.sets(HASHABLE)
        | st.dictionaries(HASHABLE, items)
        | st.builds(Point, items, items)
        | st.builds(Own, items)
        | st.builds(Record, st.text(), st.sets(HASHABLE))
        | st.builds(OrderedDict, st.dictionaries(HASHABLE, items))
        | st.builds(SimpleNamespace, a=items)
    ),
    max_leaves=10,
)


@pytest.mark.slow
@given(VALUES)
def test_copies_and_pickled_values_have_the_same_digest(value):
    expected = digest(value)
    assert digest(copy.deepcopy(value)) == expected
    for protocol in (4, pickle.HIGHEST_PROTOCOL):
        assert digest(pickle.loads(pickle.dumps(value, protocol))) == expected


@pytest.mark.slow
@given(st.dictionaries(HASHABLE, HASHABLE, max_size=5), st.data())
def test_order_of_a_dict_is_not_part_of_its_value(value, data):
    items = data.draw(st.permutations(list(value.items())))
    assert digest(dict(items)) == digest(value)


@given(st.lists(st.integers() | st.text() | st.binary() | st.none()), st.lists(st.integers() | st.text() | st.binary()))
def test_digests_are_equal_exactly_for_equal_lists(first, second):
    assert (digest(first) == digest(second)) == (first == second)


@given(st.data())
def test_arrays_have_the_digest_of_their_values(data):
    kind = data.draw(st.sampled_from(["?", "i1", "u8", "f2", "f4", "f8", "g", "c8", "c16", "S3", "U3", "M8[s]"]))
    values = np.array(data.draw(st.lists(st.integers(0, 9), min_size=1)), dtype="i8").astype(kind)
    apart = np.repeat(values, 2)[::2]
    assert digest(apart) == digest(values) == digest(pickle.loads(pickle.dumps(apart)))
    assert digest(np.append(values, values[:1])) != digest(values)


def test_digests_of_results_are_made_one_by_one():
    shared = ring(1)
    digests = digest_each([1, shared, [shared]])
    assert [digests[place : place + SIZE] for place in range(0, 3 * SIZE, SIZE)] == [
        bytes.fromhex(digest(value))[:SIZE] for value in (1, ring(1), [ring(1)])
    ]


@pytest.mark.parametrize("value", [threading.Lock(), MappingProxyType({"a": object()}), (n for n in ())])
def test_value_that_only_an_address_identifies_is_refused(value):
    name = re.escape(type(value).__name__)
    message = rf"results of type {name} cannot be compared \(cannot pickle .*\): add a check\(\) to the workload"
    with pytest.raises(TypeError, match=f"^{message}$"):
        digest([value])


PROGRAM = """
import collections, datetime, decimal, fractions, re, sys
from gil_scaling.measure.digest import digest

class Own:
    pass

own = Own()
own.words = {"a", "b", "c"}
pattern = re.compile("a+", re.IGNORECASE)
values = [
    -10**5000, 0.1, -0.0, float("nan"), 1j, "text \\ud800", b"bytes", True, None, ..., [1, [2]], (1, (2,)),
    {"a", "b", "c"}, {frozenset("abc"): 1}, collections.OrderedDict(a=1), collections.Counter("abc"),
    collections.deque([1]), own, decimal.Decimal("1.10"), fractions.Fraction(1, 3), range(3), slice(1, 2),
    datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc), datetime.timedelta(1), ValueError("a"), pattern,
    pattern.match("aab"), int, len, digest, collections.namedtuple("P", "x")(1)[0],
]
print([digest(value) for value in values])
"""
SEEN = {}


@pytest.mark.parametrize("seed", ["1", "2"])
def test_digests_are_the_same_on_all_builds_and_seeds(build, seed):
    own = {**environment.environment(build.env), "PYTHONHASHSEED": seed}
    done = subprocess.run([*build.command, "-c", PROGRAM], env=own, capture_output=True, text=True, check=True)
    assert SEEN.setdefault("digests", done.stdout) == done.stdout


def test_arrays_are_looked_at_only_where_numpy_is_imported(this_build):
    program = "import sys; from gil_scaling.measure.digest import digest; digest([{1: object()}]); print('numpy' in sys.modules)"
    own = environment.environment(this_build.env)
    done = subprocess.run([*this_build.command, "-c", program], env=own, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
