"""Estimates with confidence intervals, claims, bounds and scaling laws: pure functions on numbers, without I/O."""
