"""Measurements of Antigone and of its peers; run one with ``python -m benchmarks.NAME``."""
