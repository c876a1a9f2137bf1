"""The parts of the READMEs that are made from the code; `pytest --fix` rewrites them."""

import ast
import json
import re
from pathlib import Path

import pytest
from gil_scaling.analysis import columns, figures
from gil_scaling.plan import catalog, config

ROOT_README, CONFIG_README = Path("README.md"), Path("config/README.md")


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


def key_rows(properties, schema, mark=()):
    rows = []
    for key, node in properties.items():
        node = {**schema["$defs"].get(node.get("$ref", "").rpartition("/")[2], {}), **node}
        default = f"`{written(node['default'])}`" if "default" in node else ""
        rows.append([f"`{key}`" + (" *e*" if key in mark else ""), default, node["description"]])
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


def parts():
    schema = config.load_schema()
    top = schema["properties"]
    own = top["experiments"]["items"]["properties"]
    summary = [column for column in columns.TABLES["summary"] if not column.name.endswith(("_low", "_high"))]
    key_head = ["key", "default", "meaning"]
    return [
        (
            ROOT_README,
            "columns",
            table(["column", "unit", "meaning"], [[f"`{c.name}`", c.unit, c.meaning] for c in summary]),
        ),
        (ROOT_README, "figures", table(["figure", "the question that it answers", "one for each"], figure_rows())),
        (CONFIG_README, "sweeps", table(["sweep", "what it asks", "how long"], sweep_rows())),
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


@pytest.mark.parametrize("path", [ROOT_README, CONFIG_README], ids=str)
def test_every_link_of_a_readme_leads_to_a_file(path):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_the_workload_in_the_readme_runs(tmp_path):
    source = re.search(r"```python\n(\"\"\"What it shows.*?)```", ROOT_README.read_text(), re.DOTALL)[1]
    (tmp_path / "mine.py").write_text(source)
    workload = catalog.read_workload("./mine.py", tmp_path)
    assert (workload.parameters, workload.defaults) == (("size", "count"), {"size": 1000, "count": 8})
    names = {}
    exec(source, names)
    assert names["task"](names["tasks"]()[0]) == list(range(1, 1001))
