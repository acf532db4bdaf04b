"""How often intervals hold the truth, by simulation: ``make test-coverage``."""
