"""What figures of a single run share: which runs have something to show, and which builds stand for all."""

from scripts.analysis import words

_RUN = ["experiment", "python", "workload", "params", "backend", "backend_params", "workers_asked", "start", "scaling"]


def two_builds(rows, tables):
    """The builds to draw, and the sentences that say so: all of up to two, else the reference and one that differs in the GIL."""
    found = sorted(set(rows["python"]))
    if len(found) <= 2:
        return found, []
    builds = tables["builds"].set_index("python")
    gil, version = builds["gil"].to_dict(), builds["version"].to_dict()
    reference = tables["summary"]["reference"].iloc[0]
    first = reference if reference in found else found[0]
    others = [name for name in found if name != first]
    second = min(others, key=lambda name: (gil[name] == gil[first], version[name] != version[first]))
    pair = f"{first}, {words.gil(gil[first])}, and {second}, {words.gil(gil[second])}"
    return [first, second], [f"Of {len(found)} builds two are drawn: {pair}."]


def asked(rows, summary):
    """The tasks or segments that have times, with the column usable_cpus, those of control runs left out."""
    runs = summary[summary["role"] != "ceiling"].groupby(_RUN, as_index=False)["usable_cpus"].max()
    rows = rows.assign(switch_interval_s=rows["switch_interval_s"].astype(float))
    return rows[rows["start_s"].notna() & rows["end_s"].notna()].merge(runs, on=_RUN)
