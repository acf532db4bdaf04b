"""The smallest change that a month could show."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from multisite.drift.rule.monitor_rows import _detectable
from multisite.drift.rule.segment import Segment
from multisite.drift.rule.series import Limits, MonitorSeries
from multisite.vocabulary import MonitorKind
from tests.unit.drift.rule.builders import monitor

AGE = replace(monitor("age_years", kind=MonitorKind.NUMBER), smallest_change=0.05)
LIMITS = Limits(np.array([25.0, 100.0]), np.array([0.1, 0.0001]), np.ones((2, 2)))


def segment(limits: dict[str, Limits]) -> Segment:
    """All that is asked of it: 200 studies of the month, 1,000 of the reference."""
    series = MonitorSeries(AGE, ("a", "b"), np.array([500.0, 500.0]), np.ones((1, 1, 2)), limits)
    judged = SimpleNamespace(n=np.array([[200.0]]), n_reference=np.array([[1000.0]]))
    held: Any = SimpleNamespace(judged=(judged,), series={AGE.key: series}, usual={})
    return cast(Segment, held)


def test_what_no_change_could_show_by_itself_is_none() -> None:
    own = segment({"location": LIMITS, "cells": LIMITS})
    # The least p-value of location and shape together is twice the least of the limits.
    assert _detectable(own, 0, 0, AGE, alpha=0.00019) is None
    at_that_level = _detectable(own, 0, 0, AGE, alpha=0.00021)
    assert at_that_level is not None
    assert 0.3 < at_that_level < 0.5
