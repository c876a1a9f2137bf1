"""Text that records, tables and pages can hold.

Standard library only, and little of it: each run pays for it.
"""

from __future__ import annotations

MAX_NAME = 250  # characters, as in names of files
MAX_TEXT = 10_000  # characters

_DIGITS = dict.fromkeys(b"123456789", "0")


def is_timestamp(text: str) -> bool:
    """Whether a text is a timestamp in UTC such as 2026-01-31T12:34:56.123456Z, with or without the fraction."""
    from datetime import datetime  # here, because few programs need it and each pays for it

    whole, _, fraction = text[:-1].partition(".")
    if (
        not text.endswith("Z")
        or whole.translate(_DIGITS) != "0000-00-00T00:00:00"
        or fraction.translate(_DIGITS).strip("0")
    ):
        return False
    try:
        datetime.fromisoformat(whole)
    except ValueError:
        return False
    return True


def printable(text: str) -> str:
    """The text with escapes in place of control characters and lone surrogates, which no table or page can hold."""
    import re

    bad = "[^\n\t -~\xa0-\ud7ff\ue000-\U0010ffff]"
    return re.sub(bad, lambda match: match[0].encode("unicode_escape").decode(), text)


def scrub(text: str) -> str:
    """The text without the folders of this machine: absolute paths are reduced to the name of the file."""
    import re  # here, because few runs need it

    quoted = r"(?<=[\"'])/(?:[^/\"'\n]+/)+"  # may contain spaces
    bare = r"(?<![\w.:/])/(?:[^\s/:\"'<>]+/)+"
    return re.sub(f"{quoted}|{bare}", "", text)
