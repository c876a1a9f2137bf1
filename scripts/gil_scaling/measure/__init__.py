"""The measuring side: what runs inside the build that is measured (standard library, Python 3.9)."""
