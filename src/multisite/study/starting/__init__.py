"""A study to start from: the questions of `multisite init`, and the files that are written from the answers.

Belongs here: questions, and text that is made of answers and of the package's catalogues. Does not belong: asking, and
writing files (`multisite.cli`).
"""

from multisite.study.starting.answers import Answers, identifier_from
from multisite.study.starting.questions import QUESTIONS, Question, answers_of
from multisite.study.starting.site_text import site_text
from multisite.study.starting.study_text import study_text

__all__ = ["QUESTIONS", "Answers", "Question", "answers_of", "identifier_from", "site_text", "study_text"]
