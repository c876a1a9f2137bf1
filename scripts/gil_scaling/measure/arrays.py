"""What arrays of numpy and frames of pandas contribute to a digest: their values, without what lies between or beneath.

Neither is imported here: where a result is one of theirs, it is there already.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from gil_scaling.measure.interfaces import Node


def node_of(value: "Any") -> "Node | None":
    """The node of an array, a scalar of numpy, a frame, a series or an index; None for anything else."""
    numpy: Any = sys.modules.get("numpy")
    if hasattr(numpy, "ndarray") and isinstance(value, (numpy.ndarray, numpy.generic)):
        head, children = _parts_of_array(numpy, value)
        return repr((type(value).__qualname__, value.shape, head)).encode(), children, 0
    pandas: Any = sys.modules.get("pandas")
    if hasattr(pandas, "DataFrame") and isinstance(value, (pandas.DataFrame, pandas.Series, pandas.Index)):
        return type(value).__qualname__.encode(), _parts_of_frame(pandas, value), 0
    return None


def _parts_of_array(numpy: "Any", value: "Any") -> "tuple[Any, list[Any]]":
    """What describes the elements of an array, and its parts: bytes, lists or simpler arrays.

    Structured arrays are split into their fields, as there may be gaps between them.
    """
    masked = getattr(sys.modules.get("numpy.ma"), "MaskedArray", ())
    if isinstance(value, masked):
        return "masked", [value.filled(), numpy.ma.getmaskarray(value), value.fill_value]
    array, dtype = numpy.asarray(value), value.dtype
    if dtype.names:
        return dtype.names, [array[name] for name in dtype.names]
    if dtype.hasobject or dtype.kind == "T":
        return dtype.kind, [array.ravel().tolist()]
    if dtype.kind == "c":
        return dtype.str, [array.real, array.imag]
    if dtype.char == "g":
        return dtype.str, _split_long_double(numpy, array)
    if dtype.kind == "f" and numpy.isnan(array).any():
        array = numpy.where(numpy.isnan(array), dtype.type("nan"), array).astype(dtype)
    return dtype.str, [array.tobytes()]


def _split_long_double(numpy: "Any", array: "Any") -> "list[Any]":
    """Exponents and two parts of the mantissas: the bytes of a long double hold padding."""
    with numpy.errstate(all="ignore"):
        mantissa, exponent = numpy.frexp(array)
        high = mantissa.astype("f8")
        return [exponent, high, (mantissa - high).astype("f8")]


def _parts_of_frame(pandas: "Any", value: "Any") -> "Iterable[Any]":
    if isinstance(value, pandas.Index):
        yield list(value.names)
        yield from _column(value)
        return
    yield value.index
    if isinstance(value, pandas.Series):
        yield value.name
        yield from _column(value)
        return
    yield value.columns
    for number in range(value.shape[1]):
        yield from _column(value.iloc[:, number])


def _column(column: "Any") -> "Iterable[Any]":
    """The type and the values of a column or an index; categories, which some values may not use, are part of the type."""
    dtype = column.dtype
    yield str(dtype)
    if hasattr(dtype, "categories"):
        yield list(dtype.categories)
        yield bool(dtype.ordered)
    yield column.to_numpy() if hasattr(dtype, "char") else column.astype(object).to_numpy()
