"""Decides what a call of Snakemake runs: from the config to the table of runs."""
