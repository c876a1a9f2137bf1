import re
import xml.etree.ElementTree as ElementTree

from gil_scaling.analysis.figures._svg import compact

TEXT = """<svg>
 <defs>
  <style type="text/css">*{stroke-linecap: butt}</style>
 </defs>
 <g id="axes_1">
  <g id="line2d_1">
   <path d="M 0.123456 320.4
L -7.899999 2
" style="fill: none"/>
  </g>
  <g clip-path="url(#p1)">
   <path d="M 1.5 2" style="fill: none"/>
  </g>
  <text style="fill: #262626" x="1" transform="rotate(-0 1 2)">3.14159  style="x" &lt;g&gt;</text>
  <text style="fill: #262626" x="1" transform="rotate(-90 1 2)">y</text>
 </g>
</svg>
"""


def attributes(name):
    return [found.attrib for found in ElementTree.fromstring(compact(TEXT)).iter(name)]


def test_coordinates_have_two_decimals():
    assert [path["d"].split() for path in attributes("path")] == [
        ["M", "0.12", "320.4", "L", "-7.9", "2"],
        ["M", "1.5", "2"],
    ]


def test_only_groups_of_axes_and_with_other_attributes_stay():
    assert attributes("g") == [{"id": "axes_1"}, {"clip-path": "url(#p1)"}]


def test_each_style_is_written_once():
    assert compact(TEXT).count("fill: none") == compact(TEXT).count("fill: #262626") == 1
    assert [path["class"] for path in attributes("path")] == ["s0", "s0"]
    assert [text["class"] for text in attributes("text")] == ["s1", "s1"]


def test_texts_stay_as_they_are():
    found = ElementTree.fromstring(compact(TEXT)).find(".//text")
    assert found.text == '3.14159  style="x" <g>'


def test_only_rotations_by_an_angle_stay():
    assert [text.get("transform") for text in attributes("text")] == [None, "rotate(-90 1 2)"]


def test_an_empty_group_ends_itself():
    text = '<svg><g id="line2d_1"><g id="line2d_2"/><path d="M 1 2"/></g><g id="axes_1"/></svg>'
    assert [found.tag for found in ElementTree.fromstring(compact(text)).iter()] == ["svg", "g", "path", "g"]


def test_names_of_panels_stay_as_they_are():
    text = '<svg><g id="panel sleep, delay_s=0.0005 · 3.14"><path d="M 0.0005 1"/></g></svg>'
    assert compact(text) == text.replace('"M 0.0005 1"', '"M 0 1"')


def dark_rules(*styles):
    """The rules on dark paper of drawings with these styles, None where there is none."""
    text = "".join(f'<path style="{style}"/>' for style in styles)
    compacted = compact(f"<svg><style></style>{text}</svg>")
    dark = compacted.partition("@media (prefers-color-scheme: dark){")[2]
    rules = dict(re.findall(r"\.(s\d+)\{([^}]*)\}", dark))
    return [rules.get(f"s{place}") for place in range(len(styles))]


def test_lines_texts_and_paper_turn_around_on_dark_paper():
    assert dark_rules(
        "fill: #ffffff", "fill: none; stroke: #cccccc; stroke-width: 0.8", "font-size: 8px; fill: #262626"
    ) == [
        "fill: #161616",
        "stroke: #414141",
        "fill: #cdcdcd",
    ]


def test_only_dark_colours_become_lighter_on_dark_paper():
    light, dark = dark_rules("fill: #56b4e9; stroke: #56b4e9", "fill: none; stroke: #01523b")
    assert light is None
    assert re.fullmatch("stroke: #[0-9a-f]{6}", dark) and dark != "stroke: #01523b"


def test_cells_and_their_texts_stay_on_dark_paper():
    cell, grey, inks = "fill: #c9c9c9; stroke: #ffffff", "fill: #c9c9c9; stroke: #b2b2b2", "font-size: 7.5px"
    assert dark_rules(cell, grey, inks, f"{inks}; fill: #ffffff") == ["stroke: #161616", "stroke: #575757", None, None]


def test_marks_turn_around_with_their_outline():
    assert dark_rules("fill: #333333; stroke: #333333", "fill: #ffffff; stroke: #b0124f") == [
        "fill: #c2c2c2; stroke: #c2c2c2",
        "fill: #161616; stroke: #b82a61",
    ]


def test_dark_bars_turn_around_and_light_ones_stay():
    assert dark_rules("fill: #333333", "fill: #949494") == ["fill: #c2c2c2", None]


def test_light_paper_has_the_colours_that_were_drawn():
    assert "@media" not in compact('<svg><style></style><path style="fill: #56b4e9"/></svg>')
