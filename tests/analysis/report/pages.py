"""Reports of result sets made by hand, and a parser of pages."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

from gil_scaling.analysis.figures import __main__ as figures
from gil_scaling.analysis.report import __main__ as report
from gil_scaling.analysis.report.page_data import page_data
from gil_scaling.analysis.tables import __main__ as tables
from gil_scaling.analysis.tables import read

from tests.support import sweep_records, write_result_set

BUILDS = {"3.14": {}, "3.14t": {"gil": False, "free_threaded": True}}
TIMES = {  # of six rounds, in seconds
    "3.14": {"sequential": [4.0, 4.1, 4.2, 4.3, 4.4, 4.5], "thread": [4.1, 4.2, 4.3, 4.4, 4.5, 4.6]},
    "3.14t": {"sequential": [4.2, 4.3, 4.4, 4.5, 4.6, 4.7], "thread": [2.1, 2.2, 2.3, 2.4, 2.5, 2.6]},
}
STEADY = [4.0] * 6
FIGURES = ("fastest", "gains", "memory", "sharing")


def result_set(folder, *, machine="m", day=1, factor=1.0, times=TIMES, change=None, **options):
    """Writes a result set measured on a day of January in one call; returns its folder.

    times: like TIMES; factor: of all times; change: a function of the list of records.
    """
    options.setdefault("builds", {name: BUILDS[name] for name in times})
    records = []
    for python, totals in times.items():
        scaled = {backend: [factor * total_s for total_s in each] for backend, each in totals.items()}
        records += sweep_records(scaled, python=python)
    started = f"2026-01-{day:02}T12:00:00Z"
    records = [
        {**record, "started": started, "call": {"id": f"{machine}-{day}", "time": started, "host": machine}}
        for record in records
    ]
    for record in records:
        gil = options["builds"][record["spec"]["python"]].get("gil", True)
        record["measured"]["gil_before"] = record["measured"]["gil_after"] = gil
        for sample in record["measured"]["samples"]:
            sample["gil_before"] = sample["gil"] = [gil] * sample["workers"]
    records = change(records) if change else records
    write_result_set(folder, records, machine=machine, **options)
    return folder


def add_noise(folder, machine, ratio):
    """Adds an A/A test in which one of two identical builds is so many times slower."""
    records = [
        record
        for name, total_s in (("a", 4.0), ("b", 4.0 * ratio))
        for record in sweep_records({"thread": [total_s] * 6}, python=name)
    ]
    builds = {name: {"fingerprint": "f"} for name in "ab"}
    write_result_set(folder, records, machine=machine, sweep="noise", builds=builds)


def two_workloads(records):
    """The records, and those of another workload that takes twice as long."""
    other = json.loads(json.dumps(records))
    for record in other:
        record["run"], record["spec"]["workload"] = f"sort-{record['run']}", "sort"
        for sample in record["measured"]["samples"] if record["measured"] else ():
            sample["total_s"] *= 2
    return records + other


def with_failure(records):
    """The records, of which the last one failed."""
    return [*records[:-1], {**records[-1], "status": "failed", "reason": "it broke", "measured": None}]


def sweep_folder(folder, records, *, draw=False, machine_facts=None, config=None, **options):
    """The folder of a sweep of these records, with tables, and figures if they are drawn.

    machine_facts: content of machine.json; config: text of config.yaml; options: as write_result_set takes them.
    """
    plan = write_result_set(folder, records, **options)
    if machine_facts:
        (folder / "machine.json").write_text(json.dumps(machine_facts))
    if config:
        (plan.parent / "config.yaml").write_text(config)
    tables.main(plan)
    if draw:
        draw_some(plan.parent)
    return plan.parent


def comparison_folder(folder, *sources, labels=None, draw=False, problems=()):
    """The folder of a comparison of result sets, with tables, and figures if they are drawn; problems: further ones."""
    folder.mkdir(parents=True, exist_ok=True)
    pairs = zip(labels or [None] * len(sources), sources, strict=True)
    sets = [{"label": label, "path": str(path)} for label, path in pairs]
    (folder / "wanted.json").write_text(json.dumps({"sets": sets, "by_date": True, "noise_sweep": "noise"}))
    tables.main(folder / "wanted.json", folder)
    content = json.loads((folder / "sets.json").read_text())
    (folder / "sets.json").write_text(json.dumps({**content, "problems": [*content["problems"], *problems]}))
    if draw:
        draw_some(folder)
    return folder


def draw_some(folder):
    """Draws a few figures, as all of them take long."""
    (folder / "figures").mkdir(exist_ok=True)
    experiments = json.loads((folder / "sets.json").read_text())["experiments"]
    figures.draw_all(read(folder / "tables"), experiments, folder / "figures", FIGURES)


def compared(folder, *sources, **options):
    """The data of the page that compares result sets, without figures."""
    return page_data(comparison_folder(folder / "compared", *sources, **options))


def write_report(folder):
    """Writes the report of a folder; returns the path of its page."""
    report.main(folder)
    return Path(folder, "report.html")


def columns_of(table, *names):
    """The texts of these columns of a table, a tuple per row."""
    places = [[head for head, _ in table.heads].index(name) for name in names]
    return [tuple(row.cells[place].text for place in places) for row in table.rows]


class Page(HTMLParser):
    """The ids, links, images, table rows, tags, sort values and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.images, self.rows, self.tags, self.values, self.text = [], [], [], [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append(tag)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes["href"]] if "href" in attributes else []
        self.values += [float(attributes["data-value"])] if "data-value" in attributes else []
        if tag == "img":
            self.images.append(attributes)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        self.text += data
        if self.rows and self.rows[-1] and self.lasttag in ("td", "th") and data.strip():
            self.rows[-1][-1] += data

    @property
    def words(self):
        """The text with single spaces."""
        return " ".join(self.text.split())


def sections(text):
    """{id: text} of the sections of a page."""
    parts = re.split(r'<section id="([^"]+)">', text)
    return {name: Page(part).words for name, part in zip(parts[1::2], parts[2::2], strict=True)}
