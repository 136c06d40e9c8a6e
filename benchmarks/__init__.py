"""The figures Varsko must reach, each next to its floor: what the same machine does without it.

A row is a file in ``benchmarks/rows``. Floor and product are measured in the same run, so that
their ratio says something on any machine. ``python -m benchmarks`` runs them.
"""
