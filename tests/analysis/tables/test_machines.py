import json

from gil_scaling.analysis.read import Source

from tests.support import compare_sources, sweep_records, write_source

FACTS = {"usable_cpus": 4, "cpu_model": "A CPU", "smt": 1, "turbo": 0, "memory_mb": 2048, "kernel": "6.1"}


def table(folder, *facts):
    """The table of machines with these contents of machine.json."""
    sources = []
    for number, own in enumerate(facts):
        path = folder / str(number)
        write_source(path, sweep_records({"sequential": [1.0]}), machine=f"m{number}")
        (path / "machine.json").write_text(json.dumps(own))
        sources.append(Source(None, path))
    return compare_sources(*sources)["machines"]


def test_machines_have_the_facts_of_their_hardware(tmp_path):
    (row,) = table(tmp_path, FACTS).to_dict("records")
    assert {name: row[name] for name in FACTS} == {**FACTS, "smt": "on", "turbo": "off"}
    assert (row["machine"], row["name"]) == ("m0", "m0")


def test_facts_of_another_form_are_empty(tmp_path):
    odd = {"usable_cpus": 2, "cpu_model": ["A"], "smt": 7, "sockets": "two", "memory_mb": 1e300, "turbo": 1.0}
    row = table(tmp_path, FACTS, odd).iloc[1]
    assert row[["cpu_model", "smt", "sockets", "memory_mb", "turbo", "governor"]].isna().all()
