"""The peers of domain/stats: what each function is compared with, and how closely."""

from . import distributions, metrics, two_sample

FAMILIES = [family for module in (distributions, two_sample, metrics) for family in module.FAMILIES]
