"""Renders the report's content to HTML; every string is escaped."""

import base64
import hashlib
from pathlib import Path

import jinja2
from markupsafe import Markup

_FOLDER = Path(__file__).parent


def render(content, template="sweep.html"):
    """The page of a content, as one HTML text that asks for nothing outside itself; template: a file beside page.html."""
    style, script = ((_FOLDER / f"page.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    own = {
        "style": Markup(style),
        "script": Markup(script),
        "policy": (
            f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
            "base-uri 'none'; form-action 'none'"
        ),
    }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**content, **own)


def _digest(text):
    """What a Content-Security-Policy calls an inline text by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
