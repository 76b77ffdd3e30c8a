"""A clock that jumps while a program runs: libfaketime reads the offset from a file."""

from pathlib import Path

_LIBRARY = "faketime/libfaketime.so.1"


class JumpingClock:
    """`env` for the program to start; `jump` moves its wall clock, never its monotonic one."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.jump(0)

    @property
    def env(self) -> dict[str, str]:
        found = sorted(Path("/usr/lib").glob(f"*/{_LIBRARY}"))
        if not found:
            raise RuntimeError("libfaketime is missing; `.ci/packages test` installs it")
        return {
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # Else timed waits on monotonic clocks return at once, and Python's threads fight for the interpreter.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            "NO_FAKE_STAT": "1",
        }

    def jump(self, seconds: int) -> None:
        self._file.write_text(f"{seconds:+d}s\n")
