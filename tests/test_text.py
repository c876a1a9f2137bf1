import pytest
from gil_scaling.text import printable, scrub


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ('File "/home/me/x/run.py", line 3', 'File "run.py", line 3'),
        ("not '/a b/c d/e f.py' but", "not 'e f.py' but"),
        ("no /opt/py/bin/python3 here", "no python3 here"),
        ("see http://127.0.0.1:80/a/b", "see http://127.0.0.1:80/a/b"),
        ("1/2 and a/b/c", "1/2 and a/b/c"),
    ],
)
def test_scrub_keeps_only_names_of_files(text, scrubbed):
    assert scrub(text) == scrubbed


def test_printable_escapes_what_no_page_can_hold():
    assert printable("a\tb\n\x1b\ud800é") == r"a	b" "\n" r"\x1b\ud800é"
