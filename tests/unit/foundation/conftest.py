"""Hypothesis for all unit tests here and beside: few examples, the same each time, no clock."""

from hypothesis import settings

settings.register_profile("quick", max_examples=60, deadline=None, derandomize=True, print_blob=False)
settings.load_profile("quick")
