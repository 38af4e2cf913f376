"""The peers of domain/stats: what each function is compared with, and how closely."""

from . import distributions, metrics, sketches, two_sample

FAMILIES = [family for module in (distributions, two_sample, metrics, sketches) for family in module.FAMILIES]
