"""What was tried, and what is to complain of."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tried:
    """`cases`: how many of each kind. `complaints`: in words, one each; empty is what we want."""

    cases: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)

    def add(self, other: "Tried") -> None:
        self.cases += other.cases
        self.complaints += other.complaints
