"""What a report says about how far its numbers can be trusted, in sentences made from the tables."""

import math
from types import SimpleNamespace

from gil_scaling.analysis import phrases
from gil_scaling.analysis.phrases import format_percent
from gil_scaling.analysis.statistics.claims import NO_CLAIM
from gil_scaling.analysis.tables.noise import find_floor as floor
from gil_scaling.analysis.tables.summary import unlike

_WORDS = {"version": "version", "compiler": "compiler", "pgo": "PGO", "lto": "LTO"}


def differences(summary, builds, references):
    """A sentence for each build of an experiment that differs from the reference build in more than the GIL.

    builds: {name: facts}; references: {experiment: name}. Returns {experiment: sentences}.
    """
    found = {}
    for experiment, reference in references.items():
        names = dict.fromkeys(summary.loc[summary["experiment"] == experiment, "python"])
        found[experiment] = [
            f"{name} and {reference} differ in more than the GIL: {_listed(differing)}. What separates their times may be "
            "any of these."
            for name in names
            if (differing := unlike(*(builds.get(one) and SimpleNamespace(**builds[one]) for one in (name, reference))))
        ]
    return found


def _listed(differing):
    return ", ".join(
        f"{_WORDS[what]} {_said(value)} against {_said(other)}" for what, (value, other) in differing.items()
    )


def _said(value):
    return {True: "on", False: "off"}.get(value, value)


def gil_came_back(runs):
    """A sentence for each workload and build whose GIL came back on."""
    flagged = runs[runs["flags"].str.split(";").map(lambda words: isinstance(words, list) and "gil_reenabled" in words)]
    return [
        f"The GIL came back on in {len(group)} run{'s' if len(group) > 1 else ''} of {workload} on {python}: an extension "
        "module that does not declare itself safe without it (Py_mod_gil) was imported. These numbers were measured "
        "with a GIL."
        for (python, workload), group in flagged.drop_duplicates("run").groupby(["python", "workload"])
    ]


def noise_floor(table, measured=None):
    """(the floor as a share, the sentence about it) of a machine's A/A test; the floor is None where it is not known.

    table: the noise table of the machine's sweep `noise`, None where there is none; measured: when, as text, if known.
    """
    found = None if table is None else floor(table)
    if found is None:
        return None, (
            "The noise floor of this machine is not known: snakemake --cores all --configfile config/noise.yaml measures what "
            "the same build differs by under two names."
        )
    share = found["different_share"]
    return found["floor"], (
        f"The noise floor of this machine is {format_percent(found['floor'])}: in an A/A test{f' ({measured})' if measured else ''}, the same build "
        f"under two names, 95 % of {found['combinations']} combinations differed by no more than that, half of them by "
        f"{format_percent(found['typical'])}; {found['different']} came out as faster or slower, {format_percent(share.value)} "
        f"[{format_percent(share.low)}, {format_percent(share.high)}]."
    )


def claim_in_words(claim, ratio, noise):
    """A claim about a ratio with the noise floor beside it; noise: the floor as a share, None where not known."""
    if not isinstance(claim, str) or claim == NO_CLAIM:
        return "–" if not isinstance(claim, str) else claim
    if noise is None:
        return f"{claim} (noise floor not known)"
    distance = max(ratio, 1 / ratio) - 1
    is_within = claim in ("faster", "slower") and distance <= noise
    return f"{claim} ({'within the' if is_within else 'the'} noise floor {'' if is_within else 'is '}{format_percent(noise)})"


def precision(summary):
    """How many rounds ± 2 % would take, in a sentence; None where no row tells."""
    rows = summary[summary["rounds_needed"].notna()]
    if not len(rows):
        return None
    needed = rows["rounds_needed"]
    worst = rows.loc[needed.idxmax()]
    enough = sum(map(_is_precise, rows.to_dict("records")))
    return (
        f"{enough} of {len(rows)} combinations are known to ± 2 % by now; half of them are after {needed.median():.0f} "
        f"rounds, and all after {needed.max():,.0f} (the last is {worst['workload']} on {worst['python']}, "
        f"{worst['backend']} with {worst['workers']:.0f}). More rounds measure the new ones alone."
    )


def _is_precise(row):
    """Whether the interval of the speedup, of a baseline that of its time, lies within ± 2 %."""
    name = f"{row['timed']}_s" if row["backend"] == "sequential" or math.isnan(row["speedup"]) else "speedup"
    low, value, high = row[f"{name}_low"], row[name], row[f"{name}_high"]
    return row["interval"] == "ci95" and value <= low * 1.02 and high <= value * 1.02


def sizes(found):
    """A sentence for each size that was found rather than given; found: as plan.json has them."""
    return [
        f"{one['parameter']} = {one['value']:,} of {one['workload']} was found on {one['python']}, where it took "
        f"{phrases.format_seconds(one['seconds'])} in sequence, and is the same for all builds and backends (sizes.json)."
        for one in found
    ]
