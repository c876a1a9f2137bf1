"""Packages that some workloads and backends need, and that a build may lack."""


def explain_missing(package: str) -> "str | None":
    """None, or why a package cannot be imported in this Python, in one line."""
    try:
        __import__(package)
    except ImportError as error:
        return f"{package} cannot be imported in this Python: {error}".partition("\n")[0]
    return None
