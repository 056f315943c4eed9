"""The demonstration city: its generator, its files in ``city/`` and their data dictionary in ``README.md``."""
