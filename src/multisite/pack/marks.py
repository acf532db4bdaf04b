"""Status marks: always a word, then a shape, then a colour."""

from dataclasses import dataclass

from multisite.vocabulary import DriftState, Verdict

__all__ = ["CONCERN", "NO_EVIDENCE", "QUIET", "Mark", "state_mark", "verdict_mark"]


@dataclass(frozen=True, slots=True)
class Mark:
    """``word`` carries the meaning; ``shape`` is a glyph and ``tone`` the name of a colour of the page's style."""

    word: str
    shape: str
    tone: str


CONCERN = Mark("look here", "▲", "fail")
QUIET = Mark("nothing seen", "●", "pass")
NO_EVIDENCE = Mark("no evidence", "◇", "thin")

_VERDICTS = {
    Verdict.PASS: Mark(Verdict.PASS.value, "●", "pass"),
    Verdict.FAIL: Mark(Verdict.FAIL.value, "▲", "fail"),
    Verdict.INSUFFICIENT: Mark(Verdict.INSUFFICIENT.value, "◇", "thin"),
    Verdict.NOT_APPLICABLE: Mark(Verdict.NOT_APPLICABLE.value, "–", "none"),
    Verdict.ERROR: Mark(Verdict.ERROR.value, "✕", "error"),
}

_STATES = {
    DriftState.GREEN: Mark(DriftState.GREEN.value, "●", "pass"),
    DriftState.GREY: Mark(DriftState.GREY.value, "○", "none"),
    DriftState.AMBER_1: Mark(DriftState.AMBER_1.value, "▲", "thin"),
    DriftState.AMBER_2: Mark(DriftState.AMBER_2.value, "▲▲", "thin"),
    DriftState.RED: Mark(DriftState.RED.value, "■", "fail"),
}


def verdict_mark(verdict: str) -> Mark:
    """The mark of a check's verdict."""
    return _VERDICTS[Verdict(verdict)]


def state_mark(state: str) -> Mark:
    """The mark of the verdict on a site and month."""
    return _STATES[DriftState(state)]
