"""Starts one run and writes its record: standard library only, started with -S."""
