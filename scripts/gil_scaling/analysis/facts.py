"""Earlier names of what documents.py reads, until the report has moved on to sets.json."""

import msgspec

from gil_scaling.analysis import documents

MOST_BYTES, NAME = documents.MAX_BYTES, documents.NAME
ending_where_unusable, Unusable = documents.exit_on_error, documents.DocumentError
config, text, machine_facts = documents.read_config, documents.read_document, documents.read_machine


def known(path, read, *arguments):
    """What a function reads from a file."""
    return read(path, *arguments)


def plan(path):
    """The plan of a sweep."""
    return msgspec.to_builtins(documents.read_plan(path))


def build_facts(path):
    """The facts of a build."""
    return msgspec.to_builtins(documents.read_build(path))
