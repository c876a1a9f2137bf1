"""Renders the report's content to HTML; every string is escaped."""

from pathlib import Path

import jinja2


def render(content):
    """The page of a content, as one HTML text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("template.html").render(content)
