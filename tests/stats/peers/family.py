"""A family of cases: how to draw one, and what the peer says about it."""

import warnings
from dataclasses import dataclass
from typing import Callable

import numpy as np


@dataclass
class Family:
    name: str  # of the function of stats_cases
    draw: Callable  # a random generator -> the arguments
    peer: Callable  # the arguments -> a list of numbers; an exception where it refuses
    relative: float = 1e-9
    absolute: float = 1e-305  # subnormal numbers have fewer digits
    why: str = ""  # of a tolerance that is not 1e-9
    cases: int = 2000
    label: str = ""  # when several families try the same function

    def title(self):
        return self.label or self.name

    def expected(self, arguments):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                return [float(v) for v in self.peer(*arguments)]
            except (ValueError, ZeroDivisionError):
                return None

    def seed(self):
        return sum(self.title().encode()) * 7919 + len(self.title())
