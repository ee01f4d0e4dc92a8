"""Which laboratory values are of which CTCAE grade: what an event of that grade shows is drawn from them."""

from dataclasses import dataclass

import numpy as np

from lentap.simulate.patients import Days, Reals

# Ends of the grades 1 to 4 by CTCAE v5.0, those of grade 4 and others it leaves open at what is seldom passed.
# Multiples of the upper limit of normal or, where the baseline is above that, of the baseline, with the end of grade 0
# as a multiple of such a baseline:
OF_LIMIT = {
    "ALT": (1.5, (3.0, 5.0, 20.0, 28.0)),
    "AST": (1.5, (3.0, 5.0, 20.0, 28.0)),
    "ALP": (2.0, (2.5, 5.0, 20.0, 25.0)),
    "BILI": (1.0, (1.5, 3.0, 10.0, 14.0)),
}
# Values as such; platelets and albumin fall. Albumin, INR and urine protein have no grade 4 that a value could show.
FALLING = {"PLT": (75.0, 50.0, 25.0, 8.0), "ALB": (30.0, 20.0, 14.0, 12.0)}
RISING = {"INR": (1.5, 2.5, 4.0, 4.5), "UPROT": (1.0, 3.5, 8.0, 9.0)}


@dataclass(frozen=True)
class Scale:
    """``ends[g]`` is the gravest value of grade g, an element a patient; ``up``: high values are grave."""

    ends: tuple[Reals, ...]
    up: bool

    @property
    def graver(self) -> np.ufunc:
        return np.maximum if self.up else np.minimum

    def of(self, patient: Days) -> "Scale":
        """Take the patients of some measurements."""
        return Scale(tuple(end[patient] for end in self.ends), self.up)

    def within(self, grade: Days, share: Reals) -> Reals:
        """Values of a grade of 1 or more, from its milder end (``share`` 0) to its graver one (1), both left out."""
        milder, graver = np.choose(grade - 1, self.ends), np.choose(grade, self.ends)
        return np.asarray(milder * (graver / milder) ** (0.06 + 0.88 * share), dtype=float)

    def at_most(self, values: Reals, grade: int, margin: float) -> Reals:
        """Values no graver than a grade, and a margin off its end, which rounding would otherwise pass."""
        end = self.ends[grade]
        return np.minimum(values, end - margin) if self.up else np.maximum(values, end + margin)


def scale(code: str, baseline: Reals, low: Reals, high: Reals, tsh: list[float]) -> Scale:
    """Grades of a test, given baselines and limits of normal.

    Parameters
    ----------
    tsh
        Highest thyrotropin under hypothyroidism of grades 1, 2 and 3, which CTCAE does not define by it.
    """
    if code in OF_LIMIT:
        above = baseline > high
        start, factors = OF_LIMIT[code]
        reference = np.where(above, baseline, high)
        return Scale((np.where(above, start, 1.0) * reference, *(factor * reference for factor in factors)), up=True)
    down = code in FALLING
    fixed = FALLING[code] if down else RISING[code] if code in RISING else (*tsh, 1.2 * tsh[-1])
    none = np.minimum(low, baseline) if down else np.maximum(high, baseline)
    return Scale((none, *(np.full_like(baseline, end) for end in fixed)), up=not down)
