"""Values that come from files: of which types and sizes they may be, and checking them. What a record consists of says record.py.

Standard library only, and little of it: each run pays for it.
"""

import math
import os
import stat

MOST_BYTES = 100 * 2**20  # of a file
MOST_LETTERS = 10_000  # of a text
MOST_OF_NAME = 250  # letters: names of files have no more
MOST_LEVELS = 50  # of lists and objects in each other
LARGEST = 2**53  # of the numbers: all whole ones up to it are also floats

NUMBER = (int, float)
TEXT = (str,)
WHOLE = (int,)
FLAG = (bool,)
OBJECT = (dict,)
LIST = (list,)
NONE = (type(None),)


class RecordError(Exception):
    """A value, or a file, that no record can hold, or that is none; the message says where and what is wrong."""


NAME = (1, MOST_OF_NAME)  # letters


class Field:
    """One field of a record: its name, the JSON types it may have, its unit, its meaning, the format it is in since.

    default: what it is in records of older formats; least, most: of the number; letters: how many a text has, at least and
    at most; items: the types, or the fields, of what the list or object holds, where these are fixed. The limits hold for
    numbers and texts within it, too.
    """

    def __init__(
        self,
        name,
        types,
        unit,
        meaning,
        since=1,
        default=None,
        *,
        least=-LARGEST,
        most=LARGEST,
        letters=(0, MOST_LETTERS),
        items=None,
    ):
        self.name = name
        self.types = types
        self.unit = unit
        self.meaning = meaning
        self.since = since
        self.default = default
        self.least = least
        self.most = most
        self.letters = letters
        self.items = items


def check_fields(values, fields, where):
    """Raises RecordError, naming the first field of an object that is missing or is not what it must be."""
    if not isinstance(values, dict):
        raise RecordError(f"{where}: {type(values).__name__} instead of an object")
    for field in fields:
        if field.name not in values:
            raise RecordError(f"{where}: the field {field.name!r} is missing")
        value, place = values[field.name], f"{where}.{field.name}"
        _check_value(value, field.types, field, place)
        if isinstance(value, (dict, list)):
            _check_items(value, field, place.removeprefix("record."))


def _check_items(values, field, where):
    """The items of a list or an object: of no fixed form, fields in one object or in a list of them, or values of some types."""
    is_list = isinstance(values, list)
    if field.items is None:
        check_plain(values, where)
    elif isinstance(field.items[0], Field):
        for place, value in enumerate(values) if is_list else [(None, values)]:
            check_fields(value, field.items, where if place is None else f"{where}[{place}]")
    elif not (is_list and _are_sound(values, field)):
        for key, value in enumerate(values) if is_list else values.items():
            if not is_list:
                _check_text(key, NAME, where)
            _check_value(value, field.items, field, f"{where}[{key!r}]")


def _are_sound(values, field):
    """Whether all are the numbers that they may be, at one glance: lists of them are most of a record. Else it is not known."""
    kinds = set(map(type, values))
    is_number = kinds <= set(field.items) and kinds <= {*NUMBER, *NONE}
    return is_number and all(value is None or field.least <= value <= field.most for value in values)


def _check_value(value, types, field, where):
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise RecordError(f"{where}: {value!r:.60} has a wrong type")
    if isinstance(value, str):
        _check_text(value, field.letters, where)
    elif isinstance(value, NUMBER) and not field.least <= value <= field.most:
        raise RecordError(f"{where}: {value!r:.60} {_unlike(value, field)}")


def _unlike(value, field):
    """What is wrong with a number that is not within the limits of a field."""
    if isinstance(value, float) and not math.isfinite(value):
        return "is not a finite number"
    return f"is less than {field.least:g}" if value < field.least else f"is larger than {field.most:,}"


def _check_text(text, letters, where):
    if not letters[0] <= len(text) <= letters[1]:
        raise RecordError(f"{where}: {'is empty' if not text else f'a text of more than {letters[1]:,} letters'}")
    if not text.isprintable() and text != printable(text):
        raise RecordError(f"{where}: {text!r:.60} holds control characters, or half of one")


def check_plain(value, where):
    """Raises RecordError where a value of no fixed form holds what no file or table can."""
    level = [value]
    for _ in range(MOST_LEVELS + 1):
        for part in level:
            if isinstance(part, str) and len(part) > MOST_LETTERS:
                raise RecordError(f"{where}: a text of more than {MOST_LETTERS:,} letters")
            if isinstance(part, str) and part != part.encode("utf-8", "replace").decode():
                raise RecordError(f"{where}: {part!r:.60} holds half of a character")
            if isinstance(part, float) and not math.isfinite(part):
                raise RecordError(f"{where}: {part!r} is not a finite number")
        containers = [part for part in level if isinstance(part, (dict, list))]
        level = [inner for part in containers for inner in _inner(part)]
    if containers:
        raise RecordError(f"{where}: more than {MOST_LEVELS} lists and objects in each other")


def _inner(part):
    return [*part, *part.values()] if isinstance(part, dict) else part


def is_moment(text):
    """Whether a text is a moment as `started` has it: 2026-01-31T12:34:56.123456Z, with or without the fraction."""
    from datetime import datetime  # here, because few programs need it and each pays for it

    whole, _, fraction = text.removesuffix("Z").partition(".")
    form = "".join("0" if letter in "0123456789" else letter for letter in whole)
    if not text.endswith("Z") or form != "0000-00-00T00:00:00" or not set(fraction) <= set("0123456789"):
        return False
    try:
        datetime.fromisoformat(whole)
    except ValueError:
        return False
    return True


def printable(text):
    """The text with escapes in place of control characters and lone surrogates, which no table or page can hold."""
    import re

    return re.sub("[^\n\t -~\xa0-\ud7ff\ue000-\U0010ffff]", lambda one: one[0].encode("unicode_escape").decode(), text)


def read_text(path, most=MOST_BYTES):
    """The text of a file of at most so many bytes; raises RecordError for what may have no end: a pipe, a device, a larger file.

    Raises OSError for a file that is not there or may not be read, and UnicodeDecodeError for what is no text.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise RecordError("is no file")
        if found.st_size > most:
            raise RecordError(f"is larger than {most // 2**20} MiB")
        return file.read(found.st_size + 1).decode()  # it may grow meanwhile


def _without_waiting(path, flags):
    return os.open(path, flags | os.O_NONBLOCK)  # a pipe waits for somebody to write
