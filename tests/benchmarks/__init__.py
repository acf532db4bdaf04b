"""Ratios against what people would otherwise use, measured in one run on the same input: `make bench`."""
