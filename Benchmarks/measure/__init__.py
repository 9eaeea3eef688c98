"""Measures Freshet beside its peers; `python3 Benchmarks/measure --help`."""
