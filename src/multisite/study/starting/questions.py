"""The questions from whose answers a study is written, in the order in which they are asked."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from multisite.study.starting.answers import Answers, identifier_from

__all__ = ["QUESTIONS", "Question", "answers_of"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question: what is asked, an example, and how an answer is read.

    ``default`` is the answer where none is given; without it one is needed. ``unwritten`` stands in its place where the
    author wants to write it into the file later. ``read`` gives the answer as it is kept, or ValueError with what is
    wrong.
    """

    name: str
    asks: str
    example: str
    read: Callable[[str], str]
    default: str | None = None
    unwritten: str = ""

    @property
    def option(self) -> str:
        """The option of the command line that answers it."""
        return f"--{self.name.replace('_', '-')}"

    def default_after(self, given: Mapping[str, str]) -> str | None:
        """The default where ``given`` was answered before: a study's identifier follows from its title."""
        if self.name == "study" and "title" in given:
            return identifier_from(given["title"], otherwise="study")
        return self.default


def _words(text: str) -> str:
    words = text.strip()
    if not words:
        raise ValueError("it must not be empty")
    try:
        words.encode()
    except UnicodeEncodeError:
        raise ValueError("it holds bytes that are no text in UTF-8") from None
    return words


def _identifier(text: str) -> str:
    words = text.strip()
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", words):
        raise ValueError("an identifier is a lower-case letter, then lower-case letters, digits, - and _, 63 at most")
    return words


def _codes(text: str) -> str:
    codes = tuple(dict.fromkeys(code.strip().upper() for code in text.split(",") if code.strip()))
    if not codes or not all(re.fullmatch(r"[A-Z0-9_]{1,16}", code) for code in codes):
        raise ValueError("give DICOM modalities with commas between them, as CT,DX")
    return ",".join(codes)


def _share(text: str) -> str:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError("give a number from 0 to 1, as 0.5")
    return repr(share)


QUESTIONS: Final = (
    Question(
        "title",
        "Title of the study",
        "Pulmonary nodules on chest CT, three hospitals",
        _words,
        unwritten="My study",
    ),
    Question("study", "Its short identifier, which names the folder of its results", "chest_nodules", _identifier),
    Question(
        "task",
        "What the model does, in which examinations",
        "Point out chest CTs that show a nodule of 6 mm or more",
        _words,
        unwritten="To be written: what the model does, in which examinations",
    ),
    Question(
        "population",
        "For which patients",
        "Adults who have a chest CT for any reason",
        _words,
        unwritten="To be written: for which patients",
    ),
    Question(
        "setting",
        "In which setting",
        "Emergency, inpatient and outpatient imaging",
        _words,
        unwritten="To be written: in which setting",
    ),
    Question(
        "human_role",
        "What people do beside the model",
        "A radiologist reads every examination; the model changes the order of reading",
        _words,
        unwritten="To be written: what people do beside the model",
    ),
    Question("finding", "The finding that is looked for", "Pulmonary nodule", _words, unwritten="Finding"),
    Question("model", "Name of the model", "Chest AI", _words, unwritten="Model"),
    Question("model_version", "Version of the model", "1.4.0", _words, unwritten="to be written"),
    Question("modalities", "DICOM modalities of the images that count", "CT,DX", _codes, unwritten="CT"),
    Question("threshold", "Score from which on the model's answer is positive", "0.5", _share, default="0.5"),
    Question("site", "Short identifier of the first site", "northgate", _identifier, default="site_a"),
)


def answers_of(given: Mapping[str, str]) -> Answers:
    """The answers to all of ``QUESTIONS``, each as its question has read it."""
    texts = {name: text for name, text in given.items() if name not in ("modalities", "threshold")}
    return Answers(**texts, modalities=tuple(given["modalities"].split(",")), threshold=float(given["threshold"]))
