"""What the report says, as plain data: cards, figures and tables, made from the files of a sweep."""

import base64
import json
import math
import re

from scripts.analysis import figures, tables, units, words
from scripts.analysis.columns import BUDGET_METRICS, BUDGET_SHARES, FLAG_MEANINGS, TABLES
from scripts.analysis.report import trust

_COLUMNS = (
    "python",
    "workload",
    "params",
    "backend",
    "workers",
    "switch_interval_s",
    "time",
    "metrics",
    "speedup",
    "claim",
    "speedup_reference",
    "claim_reference",
    "pairing",
    "speedup_bound",
    "speedup_ceiling",
    "efficiency",
    "karp_flatt",
    "cores_used",
    "peak_memory_mb",
    "rounds_ok",
    "flags",
)


def content(plan_path):
    """Everything that the template shows, for the sweep of results/<machine>/<sweep>/plan.json."""
    plan = json.loads(plan_path.read_text(encoding="utf-8"))
    folder, machine_folder = plan_path.parent, plan_path.parent.parent
    found = tables.read(folder / "tables")
    summary = found["summary"]
    builds = [json.loads((machine_folder / name).read_text(encoding="utf-8")) for name in plan["builds"]]
    floor, about_noise = trust.noise_floor(*_noise_of(machine_folder / plan["noise_sweep"] / "tables"))
    references = {use["experiment"]: use["reference"] for run in plan["runs"] for use in run["uses"]}
    drawn = figures.read_index(folder / "figures")
    differences = trust.differences(summary, {build["name"]: build for build in builds}, references)
    return {
        "machine": plan["machine"],
        "sweep": plan["sweep"],
        "measured": _measured(found["runs"]),
        "warnings": trust.gil_came_back(found["runs"]),
        "trust": [about_noise, *filter(None, [trust.precision(summary)]), *trust.sizes(plan.get("sizes", []))],
        "answers": _answers(drawn),
        "sweep_figures": _figures(drawn, None, folder),
        "experiments": [
            {**_experiment(name, found, folder, floor, drawn), "differences": differences.get(name, [])}
            for name in plan["experiments"]
        ],
        "failures": found["failures"].astype(object).where(found["failures"].notna(), "").to_dict("records"),
        "unsupported": _unsupported(summary),
        "flags": {flag: FLAG_MEANINGS[flag] for flag in _flags(summary)},
        "quality": _grid(found["quality"], "quality"),
        "machine_facts": json.loads((machine_folder / "machine.json").read_text(encoding="utf-8")),
        "builds": builds,
        "config": (folder / "config.yaml").read_text(encoding="utf-8"),
        "tables": [(name, len(found[name])) for name in TABLES],
        "few_rounds": any("few_rounds" in flags.split(";") for flags in summary["flags"].dropna()),
    }


def _noise_of(folder):
    """The noise table of the machine's A/A test and when it was measured; (None, None) where there is none."""
    if not (folder / "noise.csv").exists():
        return None, None
    found = tables.read(folder, ["noise", "runs"])
    return found["noise"], _measured(found["runs"])["last"]


def _measured(runs):
    started = runs["started"].dropna()
    return {
        "runs": int(runs["run"].nunique()),
        "ok": int(runs.loc[runs["status"] == "ok", "run"].nunique()),
        "unsupported": int(runs.loc[runs["status"] == "unsupported", "run"].nunique()),
        "first": _minute(started.min()) if len(started) else "–",
        "last": _minute(started.max()) if len(started) else "–",
        "calls": int(runs["call"].nunique()),
        "rounds": int(runs["round"].max()) if runs["round"].notna().any() else 0,
    }


def _minute(started):
    """A moment without its seconds: 2026-01-31 12:34 UTC."""
    return f"{started[:10]} {started[11:16]} UTC"


def _experiment(name, found, folder, floor, drawn):
    summary = found["summary"]
    own = summary[summary["experiment"] == name]
    shown = own[own["status"] != "unsupported"]
    parts = {part: found[part][found[part]["experiment"] == name] for part in _PARTS}
    return {
        "name": name,
        "id": _id(name),
        "figures": _figures(drawn, name, folder),
        "not_drawn": [(one["title"], one["missing"]) for one in drawn if one["experiment"] == name and one["missing"]],
        "numbers": {
            "heads": [(name, _meaning(name)) for name in _COLUMNS],
            "rows": [_row(row, floor) for row in shown.to_dict("records")],
        },
        "parts": [(part, title, _grid(parts[part], part)) for part, title in _PARTS.items() if len(parts[part])],
    }


_PARTS = {
    "budget": "The time of the workers in parts",
    "break_even": "From where on does it pay?",
    "scaling": "How serial is it?",
    "metrics": "What else was measured?",
}
_LEFT_OUT = ("machine", "experiment", "workers_asked", "timed", "rounds")
_SHOWN_WHERE_IT_VARIES = ("start", "scaling", "backend_params")


def _grid(table, name):
    """A table as heads with their meanings and rows of text; of columns that tell nothing here, none is shown."""
    known = [column for column in TABLES[name] if _is_shown(column.name, table)]
    names = [column.name for column in known]
    ends = [name for name in names if name.endswith(("_low", "_high"))]
    heads = [column for column in known if column.name not in ends]
    rows = [
        {"added": None, "cells": [_cell(row, column.name, ends) for column in heads]}
        for row in table.to_dict("records")
    ]
    return {"heads": [(column.name, column.meaning) for column in heads], "rows": rows}


def _is_shown(name, table):
    if name in _LEFT_OUT or table[name].isna().all():
        return False
    return name not in _SHOWN_WHERE_IT_VARIES or table[name].nunique() > 1


def _cell(row, name, ends):
    """The text of a cell, with the interval where there is one."""
    text = _FORMS.get(name, _number_or_text)(row[name])
    if f"{name}_low" not in ends or text == "–":
        return text
    return f"{text} [{_number_or_text(row[f'{name}_low'])}, {_number_or_text(row[f'{name}_high'])}]"


_FORMS = {
    "switch_interval_s": units.seconds,
    **dict.fromkeys((column.name for column in (*BUDGET_SHARES, *BUDGET_METRICS)), words.percent),
}


def _number_or_text(value):
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return "–"
    if isinstance(value, float):
        return "∞" if value == math.inf else units.number(value)
    return str(value)


def _answers(drawn):
    """The answers that open the report: {headline: [(sentence, id of its figure)]}, in the order of the figures."""
    found = {}
    for one in drawn:
        for sentence in one["answers"] if one["headline"] else []:
            found.setdefault(one["headline"], []).append((sentence, _id(one["name"])))
    return found


def _figures(drawn, experiment, folder):
    """The figures of an experiment, or of the whole sweep (None), with picture and data as they go into the page."""
    return [
        {
            "id": _id(one["name"]),
            "title": one["title"],
            "caption": one["caption"],
            "file": f"figures/{one['name']}.svg",
            "picture": _as_url(folder / "figures" / f"{one['name']}.svg", "image/svg+xml"),
            "data_file": f"{one['name']}.csv",
            "data": _as_url(folder / "figures" / f"{one['name']}.csv", "text/csv"),
        }
        for one in drawn
        if one["experiment"] == experiment and not one["missing"]
    ]


def _as_url(path, kind):
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _id(name):
    return re.sub(r"[^A-Za-z0-9_-]", "-", name)


def _row(row, floor):
    timed = f"{row['timed']}_s"
    cells = {name: _text(row.get(name)) for name in _COLUMNS if name != "time"}
    cells["time"] = units.seconds_in(*_interval(row, timed))
    cells["metrics"] = _metrics(row["metrics"])
    cells["switch_interval_s"] = units.seconds(row["switch_interval_s"])
    for name in ("speedup", "speedup_reference"):
        cells[name] = units.ratio_in(*_interval(row, name))
    for name, ratio in (("claim", "speedup"), ("claim_reference", "speedup_reference")):
        cells[name] = trust.claim_in_words(row[name], row[ratio], floor)
    for name in ("speedup_bound", "speedup_ceiling", "efficiency", "karp_flatt", "cores_used"):
        cells[name] = units.ratio(row[name])
    cells["peak_memory_mb"] = _text(round(row["peak_memory_mb"], 1) if row["peak_memory_mb"] > 0 else None)
    if row["backend_params"] != "{}":
        cells["backend"] += f" {row['backend_params']}"
    asked = f" ({row['workers_asked']})" if row["workers_asked"] == "default" else ""
    cells["workers"] += asked
    cells["flags"] = cells["flags"].replace(";", ", ") if row["status"] == "ok" else f"{row['status']}: {row['reason']}"
    return {"added": None if row["role"] == "asked" else row["role"], "cells": [cells[name] for name in _COLUMNS]}


def _metrics(text):
    """The metrics of a row as words: `latency_p50_ms 5.29, latency_p99_ms 13.9`; an en dash for none."""
    found = json.loads(text) if isinstance(text, str) else {}
    said = [
        f"{name} {value if isinstance(value, bool | str) else units.number(value)}" for name, value in found.items()
    ]
    return ", ".join(said) or "–"


def _interval(row, name):
    return row[name], row[f"{name}_low"], row[f"{name}_high"]


def _text(value):
    return "–" if value is None or value != value else str(value)


def _meaning(name):
    if name == "time":
        return "the time that counts: total_s, or work_s where all workers wait for each other; with its interval"
    column = next(column for column in TABLES["summary"] if column.name == name)
    return f"{column.meaning} ({column.unit})" if column.unit not in ("", "1") else column.meaning


def _unsupported(summary):
    rows = summary[summary["status"] == "unsupported"]
    pairs = rows[["python", "workload", "backend", "reason"]].drop_duplicates()
    return pairs.to_dict("records")


def _flags(summary):
    found = {flag for flags in summary["flags"].dropna() for flag in flags.split(";") if flag}
    return sorted(found)
