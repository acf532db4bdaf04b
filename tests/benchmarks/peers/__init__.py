"""multisite beside deepchecks, cleanlab and cleanvision, on the same faults; README.md says how to run it."""
