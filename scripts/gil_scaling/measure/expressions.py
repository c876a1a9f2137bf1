"""Which expressions a line of code loads, by its bytecode, and their values in a frame; of builds from 3.13 on.

An expression is a tuple: ("name", name), ("constant", value), ("attribute", expression, name), ("item", expression,
expression of the key), or ("items", expression): all that a container holds. Nothing of the user's is called to get a value.
"""

import dis
from inspect import getattr_static
from types import MemberDescriptorType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType
    from typing import Any

    Expression = tuple[Any, ...]

MISSING = object()  # the value of an expression that has none there, or none without calling something
ITEMS = "items"  # the kind of all that a container holds
KEYS = (str, int, bool, type(None))  # types of keys that can be told in JSON
_CONTAINERS = (dict, list, tuple)
_UNKNOWN: "Expression" = ("unknown",)


def loaded(code: "CodeType", line: int) -> "list[Expression]":
    """The expressions that a line loads, each once, in their order."""
    stack: list[Expression] = []
    found: dict[Expression, None] = {}
    instructions: Iterator[Any] = dis.get_instructions(code)
    for instruction in instructions:
        if instruction.line_number == line:
            for expression in _run(instruction, stack):
                if expression is not _UNKNOWN:
                    found[expression] = None
    return list(found)


def _run(instruction: "Any", stack: "list[Expression]") -> "list[Expression]":
    """Does to a stack of expressions what an instruction does to the stack of values; returns what it loads."""
    name, value = instruction.opname, instruction.argval
    if name.startswith("LOAD_FAST") or name in ("LOAD_DEREF", "LOAD_NAME"):
        names = value if isinstance(value, tuple) else (value,)
        return _push(stack, [("name", each) for each in names])
    if name == "STORE_FAST_LOAD_FAST":
        _pop(stack, 1)
        return _push(stack, [("name", value[1])])
    if name == "LOAD_GLOBAL":
        return _push(stack, [("name", value), *[_UNKNOWN] * (instruction.arg & 1)])
    if name == "LOAD_CONST" or name == "LOAD_SMALL_INT":
        return _push(stack, [("constant", _Constant(value))])
    if name == "LOAD_ATTR":
        (owner,) = _pop(stack, 1)
        attribute = _UNKNOWN if owner is _UNKNOWN else ("attribute", owner, value)
        return _push(stack, [attribute, *[owner] * (instruction.arg & 1)])
    if name == "BINARY_SUBSCR" or (name == "BINARY_OP" and instruction.argrepr == "[]"):
        container, key = _pop(stack, 2)
        return _push(stack, [_UNKNOWN if _UNKNOWN in (container, key) else ("item", container, key)])
    _run_other(instruction, stack)
    return []


def _run_other(instruction: "Any", stack: "list[Expression]") -> None:
    """What an instruction that loads nothing leaves: below its results, nothing else is known to be unchanged."""
    effect = dis.stack_effect(instruction.opcode, instruction.arg, jump=False)
    if effect < 0:
        _pop(stack, -effect)
    if not instruction.opname.startswith(("STORE_", "POP_TOP")):
        _pop(stack, 1)
        _push(stack, [_UNKNOWN] * (1 + max(0, effect)))


def _pop(stack: "list[Expression]", count: int) -> "list[Expression]":
    popped = [stack.pop() if stack else _UNKNOWN for _ in range(count)]
    return popped[::-1]


def _push(stack: "list[Expression]", expressions: "list[Expression]") -> "list[Expression]":
    stack += expressions
    return expressions


class _Constant:
    """A constant, equal to itself alone: 1 and True are different ones."""

    __slots__ = ("value",)

    def __init__(self, value: "Any") -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Constant) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


def with_items(expressions: "list[Expression]") -> "list[Expression]":
    """The expressions, and all that each holds, unless one of its items is among them."""
    known = {expression[1] for expression in expressions if expression[0] == "item"}
    groups = [(ITEMS, each) for each in expressions if each not in known and each[0] != "constant"]
    return [*expressions, *groups]


def text(expression: "Expression") -> str:
    """The expression as it is written."""
    kind, *parts = expression
    if kind == "name":
        return str(parts[0])
    if kind == "constant":
        value = parts[0].value
        return f'"{value}"' if type(value) is str and value.isidentifier() else repr(value)
    if kind == "attribute":
        return f"{text(parts[0])}.{parts[1]}"
    if kind == "item":
        return f"{text(parts[0])}[{text(parts[1])}]"
    return f"{text(parts[0])}[…]"


def evaluate(expression: "Expression", frame: "FrameType") -> "Any":
    """The value of an expression in a frame of this thread, or MISSING; that of ("items", …) is a list."""
    kind, *parts = expression
    if kind == "name":
        return _name(parts[0], frame)
    if kind == "constant":
        return parts[0].value
    owner = evaluate(parts[0], frame)
    if owner is MISSING:
        return MISSING
    if kind == "attribute":
        return attribute(owner, parts[1])
    if kind == ITEMS:
        return [value for _, value in items(owner)] or MISSING
    return item(owner, evaluate(parts[1], frame))


def _name(name: str, frame: "FrameType") -> "Any":
    for namespace in (frame.f_locals, frame.f_globals):
        if name in namespace:
            return namespace[name]
    return MISSING


def attribute(owner: "Any", name: str) -> "Any":
    """An attribute, or the object of the class that computes it; MISSING if there is neither."""
    if type(owner) is ModuleType:
        return vars(owner).get(name, MISSING)
    value = getattr_static(owner, name, MISSING)
    if type(value) is MemberDescriptorType:  # of __slots__
        try:
            return value.__get__(owner)
        except AttributeError:
            return MISSING
    return value


def item(container: "Any", key: "Any") -> "Any":
    """An item of a built-in container; MISSING if it has none, or is of another type, which may compute it."""
    if type(container) in _CONTAINERS and type(key) in KEYS:
        try:
            return container[key]
        except (LookupError, TypeError):
            return MISSING
    return MISSING


def items(container: "Any") -> "Iterator[tuple[Any, Any]]":
    """(key, item) of a built-in container; nothing of an object of another type."""
    if type(container) is dict:
        yield from list(container.items())
    elif type(container) in _CONTAINERS:
        yield from enumerate(list(container))
