"""How many examples a property is shown: a number, scaled by the profile under which the tests run."""

from hypothesis import settings

__all__ = ["examples"]

_USUAL = 100


def examples(number: int) -> settings:
    """Settings for ``number`` examples, fewer in the fast lane (`--hypothesis-profile brief`)."""
    return settings(deadline=None, max_examples=max(5, number * settings().max_examples // _USUAL))
