"""Estimates with intervals, claims, bounds and laws: pure functions on sequences of numbers."""
