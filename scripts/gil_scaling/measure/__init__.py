"""The measuring side: what runs inside the measured build (standard library only, Python 3.9 syntax).

Annotations that 3.9 cannot evaluate are in quotes: `from __future__ import annotations` is one more import per worker.
"""
