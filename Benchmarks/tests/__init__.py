"""Tests of the benchmark's pure parts: `python3 -m unittest discover -s Benchmarks/tests -t Benchmarks`."""
