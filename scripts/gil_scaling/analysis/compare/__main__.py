"""Compares result sets: `python -m gil_scaling.analysis.compare SETS.json FOLDER` writes tables, figures and a report into the folder.

SETS.json holds `sets` (a list of label, or null, and path of a folder or archive), `by_date` and `noise_sweep`.
"""

import json
import sys
from pathlib import Path

from gil_scaling.analysis import figures
from gil_scaling.analysis.compare import sets
from gil_scaling.analysis.compare.content import content
from gil_scaling.analysis.figures.__main__ import draw_all
from gil_scaling.analysis.report import markdown
from gil_scaling.analysis.report.page import render
from gil_scaling.analysis.tables import sides
from gil_scaling.result_set import write_text


def main(plan, folder):
    """Compares the sets of a plan; what of them cannot be read is said on stderr and in the report, and left out."""
    wanted, folder = json.loads(Path(plan).read_text(encoding="utf-8")), Path(folder)
    named = [(one["label"], one["path"]) for one in wanted["sets"]]
    read, unread = sets.read_all(named, wanted["noise_sweep"], wanted["by_date"])
    problems = [(label, "", text) for label, text in unread]
    problems += [(one.label, file, text) for one in read for file, text in one.problems]
    for problem in problems:
        print(": ".join(filter(None, problem)), file=sys.stderr)
    if not read:
        raise SystemExit(
            "nothing to compare: no result set with the tables of a sweep under results/, nor under compare: of the config"
        )
    found, machines = sets.together(read)
    for part in ("tables", "figures"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for name, table in found.items():
        table.to_csv(folder / "tables" / f"{name}.csv", index=False)
    experiments = list(dict.fromkeys(found["summary"]["experiment"]))
    draw_all(sides.named(found), experiments, folder / "figures", figures.comparing())
    said = content(read, found, machines, problems, folder)
    write_text(folder / "report.html", render(said, "comparison.html"))
    write_text(folder / "report.md", markdown.comparison(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
