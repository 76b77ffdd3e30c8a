"""Benchmarks: each measures us and a floor in the same run. Beside the service, never imported by it."""
