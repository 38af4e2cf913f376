"""The peers of domain/stats: what each function is compared with, and how closely."""

from . import distributions, metrics, sequential, sketches, two_sample

FAMILIES = [family for module in (distributions, two_sample, metrics, sketches, sequential)
            for family in module.FAMILIES]
