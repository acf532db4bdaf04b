"""The words of the report, each explained once."""

from multisite.pack.metrics import METRICS

__all__ = ["glossary"]

_WORDS = (
    ("Baseline", "the validated cases, as far as their acquisition and scores are watched later"),
    ("Blocking check", "an integrity check whose failure, by the protocol, withdraws the claim until it is mended"),
    ("Bounds", "the least and the largest value that errors of the labels leave possible, sampling error apart"),
    ("Calibrated", "of the cases that score 0.3, three in ten have the finding, and so for every score"),
    ("Case", "the unit of analysis, normally one imaging study with its reference standard and score"),
    ("Corrected", "what a number would be without errors of the labels, if the model errs independently of them"),
    ("Digest (SHA-256)", "a fingerprint of bytes: any change of the bytes changes it"),
    ("External testing", "testing at a site that has no included case for training or tuning"),
    ("Finding", "the target condition that the model looks for"),
    ("Gap", "a level's share minus that of all other cases"),
    ("Insufficient", "too few cases for the number to be read as an estimate"),
    ("Internal testing", "testing, on other cases, at a site that has cases for training or tuning"),
    ("Interval", "the range of true values that the data do not contradict at the stated level"),
    ("Level", "one value of a stratum, such as one vendor or one band of age; unknown is a level"),
    ("Look", "a run that reads the reference standard of test cases; the site's ledger notes each before it happens"),
    (
        "Margin",
        "what the protocol accepts: of a measure itself, or of how far a level may lie below the rest, or a new "
        "model below an old one",
    ),
    (
        "Meets, fails, insufficient evidence",
        "an interval wholly inside the margin, wholly outside, or neither",
    ),
    ("Monitor", "a column of the acquisition, or a score, that is watched month by month"),
    (
        "Net benefit",
        "true positives less false positives, these weighed as by one who acts from a given probability on",
    ),
    ("Point", "a percentage point: 0.01 of a share"),
    ("Primary, exploratory", "strata that the protocol names to be judged; all others may only point to something"),
    ("Prediction interval", "the range in which the true value of one more such site is expected"),
    ("Quarantined", "an object of which no header could be read; it is counted with its reason and takes no part"),
    ("Reference standard", "what a case is taken to have, against which the model is judged"),
    ("Shrunken", "drawn towards the mean of the stratum, the more so the less its own data say"),
    ("Split", "the part of the cohort: train and tune made the model, test judges it"),
    ("Stratum", "an axis along which results are broken down"),
    ("Threshold", "the score from which on the model's call is positive"),
    ("Tuning cases", "those of the split tune, on which a threshold may be chosen"),
    ("Undefined", "no number exists, as for a sensitivity without a positive case; shown as a dash with the reason"),
)


def glossary() -> tuple[tuple[str, str], ...]:
    """(word, meaning) pairs, by alphabet; the measures are among them."""
    measures = ((metric.title, metric.meaning) for metric in METRICS.values())
    return tuple(sorted((*_WORDS, *measures), key=lambda pair: pair[0].lower()))
