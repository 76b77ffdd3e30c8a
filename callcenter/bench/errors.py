"""Why a benchmark could not be made."""


class BenchFailed(Exception):
    """Said in one line; never a figure that was not reached."""
