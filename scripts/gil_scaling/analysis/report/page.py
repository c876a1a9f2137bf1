"""Renders the data of a page as HTML; every string is escaped."""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from gil_scaling.analysis.report.html_tables import Cell, Row
from gil_scaling.analysis.report.verdicts import FIRST_CARDS

_FOLDER = Path(__file__).parent
_FIRST_ROWS = (
    100  # of a table, as elements of the page; page.js shows the others from JSON, so that each row is there once
)
_ESCAPED_IN_URL = str.maketrans({"%": "%25", "#": "%23", "&": "%26", "'": "%27", "\n": "%20"})


def render(data: Mapping[str, Any]) -> str:
    """The page as one HTML text that requests nothing but itself."""
    style, script = ((_FOLDER / f"page.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    inline = {
        "style": Markup(style),
        "script": Markup(script),
        "policy": (
            f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
            "base-uri 'none'; form-action 'none'"
        ),
    }
    return _template().render(**data, **inline)


@cache
def _template() -> jinja2.Template:
    """The page without data, compiled once."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"code": _mark_code, "picture_url": _picture_url, "rows_as_json": _rows_as_json}
    environment.globals |= {"first_rows": _FIRST_ROWS, "first_cards": FIRST_CARDS}
    return environment.get_template("page.html")


def _mark_code(text: str) -> Markup:
    """The text, escaped, with what is in backticks marked as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _picture_url(svg: str) -> Markup:
    """A data: URL of an SVG, for an attribute in single quotes; base64 would be longer by a third."""
    return Markup("data:image/svg+xml," + svg.translate(_ESCAPED_IN_URL))


def _rows_as_json(rows: Iterable[Row]) -> Markup:
    """Rows for page.js: why each was added, then its cells, as text, or as text and number to sort by; no `<` ends the script."""
    listed = [[row.added, *(cell.text if cell.value is None else _pair(cell) for cell in row.cells)] for row in rows]
    return Markup(json.dumps(listed, ensure_ascii=False, separators=(",", ":")).replace("<", r"\u003c"))


def _pair(cell: Cell) -> tuple[str, float | None]:
    return cell.text, cell.value and float(f"{cell.value:.6g}")


def _digest(text: str) -> str:
    """The source expression of an inline text in a Content-Security-Policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
