"""The documents: their generated parts, which `pytest --fix` rewrites, their links, examples and commands."""

import ast
import json
import re
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from gil_scaling.analysis import columns, figures, tables
from gil_scaling.plan import catalog, config

from tests.support import make_tables, sweep_records

ROOT_README, CONFIG_README, RESULTS_README = Path("README.md"), Path("config/README.md"), Path("results/README.md")
READMES = (ROOT_README, CONFIG_README, RESULTS_README)


def table(head, rows):
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def docstring_rows(folder):
    """One row per file: its name, and its docstring as one line."""
    rows = []
    for name in catalog.names(folder):
        text = ast.get_docstring(ast.parse((folder / f"{name}.py").read_text()))
        rows.append([f"`{name}`", " ".join(text.split())])
    return rows


def written(value):
    """A default as written in YAML."""
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return json.dumps(value) if value is None or isinstance(value, bool) else str(value)


def resolved(node, schema):
    """A key of the schema with what it refers to."""
    return {**schema["$defs"].get(node.get("$ref", "").rpartition("/")[2], {}), **node}


def key_rows(properties, schema, mark=()):
    """One row per key, with the anchor that messages about a config lead to."""
    rows = []
    for key, node in properties.items():
        node = resolved(node, schema)
        default = f"`{written(node['default'])}`" if "default" in node else ""
        example = yaml.safe_dump({key: node["examples"][0]}, default_flow_style=True, sort_keys=False, width=1000)
        name = f'<a id="{config.ANCHOR}{key}"></a>`{key}`' + (" *e*" if key in mark else "")
        rows.append([name, default, node["description"], f"`{example.strip()[1:-1]}`"])
    return rows


def sweep_rows():
    rows = []
    for path in sorted(Path("config").glob("*.yaml")):
        if path.name != "config.schema.yaml":
            question, duration = (line.removeprefix("# ") for line in path.read_text().splitlines()[:2])
            rows.append([f"`{path.name}`", question, duration])
    return rows


def figure_rows():
    """One row per figure in the order of the report: its name, its question, and whether it is of an experiment or a sweep."""
    found = []
    for name in figures.NAMES:
        tree = ast.parse(Path(figures.__file__).with_name(f"{name}.py").read_text())
        own = {
            node.targets[0].id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        }
        found.append((own["PLACE"], [f"`{name}`", own["TITLE"], "sweep" if own.get("OF_SWEEP") else "experiment"]))
    return [row for _, row in sorted(found)]


NAMING = columns.COMBINATION


def tables_text():
    """The columns that name a row, and then each table with its other columns."""
    parts = ["### The columns that name a row", column_table(NAMING)]
    for name, listed in {**columns.TABLES, **columns.WHY_TABLES}.items():
        parts += [f"### {name}.csv", f"One row per {columns.ROW_OF[name]}."]
        parts += [naming_text(listed), column_table([column for column in listed if column not in NAMING])]
    return "\n\n".join(filter(None, parts))


def naming_text(listed):
    """Which of the columns that name a row a table has."""
    own = [f"`{column.name}`" for column in NAMING if column in listed]
    others = [f"`{column.name}`" for column in NAMING if column not in listed]
    if not own or not others:
        return "" if not own else "With all columns that name a row, and:"
    if len(others) < len(own):
        return f"With the columns that name a row, without {', '.join(others)}, and:"
    return f"With {', '.join(own)}, and:"


def column_table(listed):
    """A table of columns, without those of the ends of intervals."""
    names = {column.name for column in listed}
    ends = {f"{name}{end}" for name in names for end in ("_low", "_high") if f"{name}_low" in names}
    rows = [
        [column_name(column, names), column.type, column.unit, column_meaning(column)]
        for column in listed
        if column.name not in ends
    ]
    return table(["column", "type", "unit", "meaning"], rows) if rows else ""


def column_name(column, names):
    return f"`{column.name}`" + (", `_low`, `_high`" if f"{column.name}_low" in names else "")


def column_meaning(column):
    """The meaning of a column, after the words that it may hold where the meaning does not name them."""
    unnamed = [word for word in column.words if word not in column.meaning]
    return f"{', '.join(column.words)}: {column.meaning}" if unnamed else column.meaning


def parts():
    schema = config.load_schema()
    top = schema["properties"]
    own = top["experiments"]["items"]["properties"]
    key_head = ["key", "default", "meaning", "example"]
    flags = [[f"`{name}`", meaning] for name, meaning in columns.FLAG_MEANINGS.items()]
    return [
        (
            ROOT_README,
            "questions",
            table(["question", "sweep"], [[question, name] for name, question, _ in sweep_rows()]),
        ),
        (RESULTS_README, "flags", table(["flag", "meaning"], flags)),
        (RESULTS_README, "figures", table(["figure", "the question that it answers", "one for each"], figure_rows())),
        (RESULTS_README, "tables", tables_text()),
        (CONFIG_README, "sweeps", table(["sweep", "what it asks", "what it takes"], sweep_rows())),
        (CONFIG_README, "keys", table(key_head, key_rows(top, schema, own))),
        (
            CONFIG_README,
            "experiment",
            table(key_head, key_rows({key: node for key, node in own.items() if key not in top}, schema)),
        ),
        (CONFIG_README, "workloads", table(["workload", "what it shows"], docstring_rows(catalog.WORKLOADS))),
        (CONFIG_README, "backends", table(["backend", "what it is"], docstring_rows(catalog.BACKENDS))),
    ]


@pytest.mark.parametrize(
    ("path", "name", "text"), parts(), ids=lambda value: value if isinstance(value, str) and len(value) < 20 else ""
)
def test_the_readme_says_what_the_code_says(path, name, text, request):
    before = path.read_text()
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    assert pattern.search(before)
    after = pattern.sub(lambda match: f"{match[1]}{text}\n{match[2]}", before)
    if request.config.getoption("--fix"):
        path.write_text(after)
    else:
        assert before == after


def test_every_example_of_a_key_is_allowed():
    schema = config.load_schema()
    own = schema["properties"]["experiments"]["items"]["properties"]
    for key, node in {**own, **schema["properties"]}.items():
        for example in resolved(node, schema)["examples"]:
            validator = jsonschema.Draft202012Validator({**node, "$defs": schema["$defs"]})
            assert list(validator.iter_errors(example)) == [], key


def test_the_readme_is_read_in_minutes():
    assert len(ROOT_README.read_text().splitlines()) <= 200


# ---- links


def anchors(path):
    """The anchors of a document: those of its headings, as GitHub makes them, and those written as such."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("path", [*READMES, Path(".github/CONTRIBUTING.md")], ids=str)
def test_every_link_of_a_document_leads_somewhere(path):
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", path.read_text()):
        file, _, anchor = target.partition("#")
        leads_to = path.parent / file if file else path
        assert leads_to.exists(), target
        assert not anchor or anchor in anchors(leads_to), target


# ---- examples


def code(path, language, beginning=""):
    """The first block of code of a language that begins with a text."""
    return re.search(rf"^```{language}\n({re.escape(beginning)}.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE)[1]


@pytest.mark.parametrize("path", [ROOT_README, CONFIG_README], ids=str)
def test_the_workload_of_a_document_runs(path, tmp_path):
    source = code(path, "python", '"""What it shows')
    (tmp_path / "mine.py").write_text(source)
    workload = catalog.read_workload("./mine.py", tmp_path)
    assert (workload.parameters, workload.defaults) == (("size", "count"), {"size": 100_000, "count": 8})
    names = {}
    exec(source, names)
    assert names["task"](names["tasks"]()[0]) == list(range(1, 100_001))


def test_the_lessons_of_the_document_are_a_config():
    experiments = [{"name": "mine", "workloads": ["noop"], "backends": ["sequential", "thread"]}]
    text = code(CONFIG_README, "yaml", "lessons:")
    config.checked({**yaml.safe_load(text), "experiments": experiments})


def test_the_tables_are_read_as_the_document_shows(tmp_path, monkeypatch, capsys):
    source = code(RESULTS_README, "python")
    records = sweep_records({"sequential": [4.0] * 6, "thread": [2.0] * 6}, python="3.10")
    tables.write(make_tables(tmp_path, records), tmp_path / "results/my-machine/default/tables")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    exec(source, {})
    assert capsys.readouterr().out.splitlines() == [
        "build             3.10",
        "workload workers      ",
        "py_loop  2         2.0",
    ]
