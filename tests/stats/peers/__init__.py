"""The peers of domain/stats: what each function is compared with, and how closely."""

from . import distributions, two_sample

FAMILIES = [family for module in (distributions, two_sample) for family in module.FAMILIES]
