"""Months as counts on the bins of the baseline: what every later decision is a function of."""
