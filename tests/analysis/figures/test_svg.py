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
