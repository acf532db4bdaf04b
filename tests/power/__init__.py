"""How often the checks are right, by simulation: planted faults that are found, and clean cohorts that fail falsely.

``--verdicts`` asks it of the verdicts on strata, over studies of calibrated scores that go through their stages.

Per seed three cohorts of the demo's size are made: a clean one, the demo's own with all that it plants, and one with a
fault for each further check. They go through the stages from the listing to the integrity checks as anywhere else, but
for the stores, which are kept in memory. ``make test-power`` prints both numbers; a few seeds run among the tests.
"""
