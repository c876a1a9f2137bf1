"""The outcome as JUnit XML, which CI systems show: each combination of the summary, and what the limits of the config found."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import pandas as pd

from gil_scaling.analysis.columns import CONTROLS
from gil_scaling.analysis.report.gate import Check

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAGS = {"unsupported": "skipped", "ok": None}  # by status; any other is an error


def render(title: str, summary: pd.DataFrame, checks: Sequence[Check]) -> str:
    """The text of the file.

    A suite per limit holds the combinations that it checked, with a failure for each that is beyond it; its system-out is
    the outcome in a sentence, its system-err why it fails. A suite per experiment holds all combinations of the summary:
    those that failed are errors, those that are unsupported are skipped, with their reason.
    """
    root = ElementTree.Element("testsuites", name=_text(title))
    for check in checks:
        _add_limit(root, check)
    for experiment, rows in summary.groupby("experiment", sort=False):
        suite = ElementTree.SubElement(root, "testsuite", name=_text(experiment))
        for row in rows.to_dict("records"):
            _add_combination(suite, row)
    for suite in root:
        counts = Counter(part.tag for part in suite.iter())
        suite.attrib |= {
            "tests": f"{counts['testcase']}",
            "failures": f"{counts['failure']}",
            "errors": f"{counts['error']}",
            "skipped": f"{counts['skipped']}",
        }
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _add_limit(root: ElementTree.Element, check: Check) -> None:
    suite = ElementTree.SubElement(root, "testsuite", name=check.key)
    for experiment, name, problem in check.cases:
        case = _add_case(suite, f"{check.key}.{experiment}", name)
        if problem:
            ElementTree.SubElement(case, "failure", message=_text(problem))
    if not check.cases:
        case = _add_case(suite, check.key, check.key)
        ElementTree.SubElement(case, "error", message=_text(check.error))
    ElementTree.SubElement(suite, "system-out").text = _text(check.summary)
    if check.error:
        ElementTree.SubElement(suite, "system-err").text = _text(check.error)


def _add_combination(suite: ElementTree.Element, row: Mapping[str, Any]) -> None:
    role = f" ({row['role']})" if row["role"] in CONTROLS else ""
    case = _add_case(suite, row["experiment"], f"{row['panel']}, {row['label']}{role} on {row['build']}")
    seconds = row["work_s" if row["timed"] == "work" else "total_s"]
    if pd.notna(seconds):
        case.set("time", f"{seconds:.6f}")
    tag = _TAGS.get(row["status"], "error")
    if tag:
        ElementTree.SubElement(case, tag, message=_text(f"{row['status']}: {row['reason']}"))


def _add_case(suite: ElementTree.Element, classname: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=_text(classname), name=_text(name))


def _text(value: object) -> str:
    """A value as text with a replacement for each character that XML does not allow."""
    return _NOT_XML.sub("\ufffd", str(value))
