"""The result of a verification: what was proven, what is wrong, and what cannot be proven."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verification:
    """``problems`` are signs that the evidence was changed, ``limits`` what it cannot prove.

    ``proven`` counts the records that a signature covers; ``shows`` says what they are about, by
    themselves.
    """

    proven: int = 0
    problems: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()

    def __add__(self, other: "Verification") -> "Verification":
        return Verification(
            self.proven + other.proven,
            (*self.problems, *other.problems),
            (*self.limits, *other.limits),
            (*self.shows, *other.shows),
        )

    @property
    def lines(self) -> tuple[str, ...]:
        """Return what a person reads, the result last."""
        result = (
            "FAILED: do not rely on this evidence"
            if self.problems
            else f"OK: {self.proven} records are as they were signed"
        )
        problems = (f"problem: {each}" for each in self.problems)
        limits = (f"not proven: {each}" for each in self.limits)
        shows = (f"proven: {each}" for each in self.shows if not self.problems)
        return (*problems, *shows, *limits, result)
