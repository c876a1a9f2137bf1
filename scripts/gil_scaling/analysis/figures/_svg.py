"""Makes the SVG of matplotlib shorter, without a difference that can be seen."""

import re
from collections.abc import Iterator

from gil_scaling.analysis.figures.looks import is_grey, on_dark

_TAG = re.compile(r"<[^>]*>")
_BETWEEN_TAGS = re.compile(r">\s+<")
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_STYLE = re.compile(r' style="([^"]*)"')
_NO_ROTATION = re.compile(r' transform="rotate\(-?0 [^"]*\)"')
_GROUP = re.compile(r"<g\b[^>]*(?<!/)>|</g>")
_NAMED_GROUP = re.compile(r'<g id="(?!axes_|legend_|panel )[^"]*">')
_COLOUR = re.compile("(fill|stroke): (#[0-9a-f]{6})")
_WHITE, _MIDDLE = "#ffffff", "#666666"


def compact(text: str) -> str:
    """The SVG with coordinates of two decimals (of 1/72 inch), each style once with its colours on dark paper, and no groups that only have a name.

    The groups of axes, panels and legends stay. text: as matplotlib writes it, where `<` and `>` are escaped outside of tags.
    """
    text = _BETWEEN_TAGS.sub("><", text)
    text = _TAG.sub(_shorten, text)
    return _with_classes("".join(_without_groups(text)))


def _shorten(tag: re.Match[str]) -> str:
    """A tag with rounded numbers, as it is where it has the name of a panel."""
    if tag[0].startswith('<g id="panel '):
        return tag[0]
    return _NUMBER.sub(_round, " ".join(_NO_ROTATION.sub("", tag[0]).split()))


def _round(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _without_groups(text: str) -> Iterator[str]:
    """The pieces of a text without the groups that only have a name."""
    is_kept: list[bool] = []
    place = 0
    for tag in _GROUP.finditer(text):
        if tag[0] == "</g>":
            keeps = is_kept.pop()
        else:
            keeps = not _NAMED_GROUP.fullmatch(tag[0])
            is_kept.append(keeps)
        yield text[place : tag.end() if keeps else tag.start()]
        place = tag.end()
    yield text[place:]


def _with_classes(text: str) -> str:
    """The text with a class in place of each style attribute, and a rule for each class; a second one on dark paper, where it needs one."""
    names: dict[str, str] = {}

    def name(style: re.Match[str]) -> str:
        return f' class="{names.setdefault(style[1], f"s{len(names)}")}"'

    text = _TAG.sub(lambda tag: _STYLE.sub(name, tag[0]), text)
    rules = "".join(f".{name}{{{style}}}" for style, name in names.items())
    dark = "".join(f".{name}{{{own}}}" for style, name in names.items() if (own := _on_dark(style)))
    dark = f"@media (prefers-color-scheme: dark){{{dark}}}" if dark else ""
    return text.replace("</style>", f"{rules}{dark}</style>", 1)


def _on_dark(style: str) -> str:
    """What of a style is otherwise on dark paper.

    The greys of lines, texts, dark bars and paper are turned around, colours that are too dark become lighter. What holds a
    text, such as a cell of a heat map, keeps its light grey, and so does that text, which is black or white.
    """
    own = dict(_COLOUR.findall(style))
    fill, stroke = own.get("fill"), own.get("stroke")
    if fill and is_grey(fill):
        is_text = "font-" in style
        is_turned = fill != _WHITE if is_text else fill in (_WHITE, stroke) or fill < _MIDDLE
        own = own if is_turned else {"stroke": stroke} if stroke else {}
    changed = {name: on_dark(colour) for name, colour in own.items()}
    return "; ".join(f"{name}: {colour}" for name, colour in changed.items() if colour != own[name])
