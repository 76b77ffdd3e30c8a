"""`python -m tests.prove`: the acceptance volumes. Writes tests/PROOF.md; exit 1 if anything is to complain of.

PROVE_SCALE (default 1): 0.1 = a tenth of the rounds, calls and rows. PROVE_SEED: random numbers of an earlier run.
PROVE_ONLY: sections to make anew (seventy,faults,calls,crash,lists,hostile,bench), the others keep their figures.
PROVE_FAULTS, PROVE_BENCHES: some of them only. PROVE_JOBS (default 3): centres beside one another.
PROVE_KEEP: a folder that gets the logs and databases of the faults' centres.
"""

import os
import random
import sys
import time
import traceback

from callcenter.pbx.install import install
from tests.prove import proof
from tests.prove.proof import Figures
from tests.prove.sections import SECTIONS, Setting


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def main() -> int:
    os.nice(10)
    scale = float(os.environ.get("PROVE_SCALE", "1"))
    seed = int(os.environ.get("PROVE_SEED", str(random.randrange(1_000_000))))
    setting = Setting(scale, seed, int(os.environ.get("PROVE_JOBS", "3")), _say)
    asterisk = install(_say).version

    def keep(name: str, figures: Figures) -> None:
        proof.keep(name, figures, scale=scale, seed=seed, asterisk=asterisk)
        proof.write()

    for name in os.environ.get("PROVE_ONLY", ",".join(SECTIONS)).split(","):
        _say(f"{name} (scale {scale:g}, seed {seed})")
        try:
            SECTIONS[name](setting, keep)
        except Exception as error:
            # A section that fails is a complaint, and the others still run.
            traceback.print_exc()
            keep(
                f"failed-{name}", {"complaints": [f"not run to its end ({type(error).__name__}: {str(error)[:200]})"]}
            )
        else:
            (proof.FIGURES / f"failed-{name}.json").unlink(missing_ok=True)
    complaints = proof.write()
    for complaint in complaints:
        _say(f"COMPLAINT {complaint}")
    _say(f"written: {proof.FILE.name}, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
