"""Beginning a study: asking what no option has answered, writing the files, and saying what to do next."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import typer

from multisite.cli.terminal import Terminal
from multisite.errors import UsageError
from multisite.study.starting import QUESTIONS, Answers, Question, answers_of, site_text, study_text

__all__ = ["begin_study"]


def begin_study(folder: Path, given: Mapping[str, str], *, ask_nothing: bool) -> None:
    """Write the study in ``folder`` from what was ``given``, by the name of the question, and from what is asked.

    Raises
    ------
    UsageError
        When an answer is missing or does not fit, a file exists, or one cannot be written.
    """
    study_file = folder / "study.yaml"
    # Before the questions: nobody shall answer them in vain.
    _refuse_existing(study_file)
    answers = answers_of(_answered(given, ask_nothing=ask_nothing))
    site_file = folder / "sites" / f"{answers.site}.yaml"
    _refuse_existing(site_file)
    images = folder / "images" / answers.site
    try:
        site_file.parent.mkdir(parents=True, exist_ok=True)
        images.mkdir(parents=True, exist_ok=True)
        for file, text in ((study_file, study_text(answers)), (site_file, site_text(answers))):
            with file.open("x", encoding="utf-8") as out:
                out.write(text)
    except OSError as error:
        raise UsageError(
            f"the files cannot be written ({type(error).__name__})",
            place=str(folder),
            remedy="Name a folder, or a new one, in which you may write.",
        ) from None
    _tell(answers, study_file, site_file, images)
    if ask_nothing:
        _tell_unwritten([q.name for q in QUESTIONS if q.unwritten and q.name not in given])


def _refuse_existing(file: Path) -> None:
    if file.exists() or file.is_symlink():
        raise UsageError(
            "there is a file already",
            place=str(file),
            remedy="Name another folder or another site; a file that is there is not overwritten.",
        )


def _answered(given: Mapping[str, str], *, ask_nothing: bool) -> dict[str, str]:
    """Every question's answer: as given, else as asked, else its default."""
    # A given answer that does not fit is refused before anything is asked.
    read = {question.name: _read(question, given[question.name]) for question in QUESTIONS if question.name in given}
    on_terminal = sys.stdin.isatty() and not ask_nothing
    for question in QUESTIONS:
        if question.name in read:
            continue
        default = question.default_after(read)
        if on_terminal:
            read[question.name] = _ask(question, default)
        elif default is not None:
            read[question.name] = default
        elif ask_nothing:
            read[question.name] = question.unwritten
        else:
            raise UsageError(
                "an answer is missing, and there is no terminal to ask on",
                place=question.option,
                remedy=f'Give it, as {question.option} "{question.example}"; or --yes, and write it in the file later.',
            )
    return read


def _read(question: Question, text: str) -> str:
    try:
        return question.read(text)
    except ValueError as error:
        raise UsageError(str(error), place=question.option, remedy=f'Give it anew, as "{question.example}".') from None


def _ask(question: Question, default: str | None) -> str:
    def read(text: str) -> str:
        try:
            return question.read(text)
        except ValueError as error:
            # At this the terminal asks again.
            raise typer.BadParameter(str(error)) from None

    text = question.asks if default is not None else f"{question.asks} (as: {question.example})"
    return str(typer.prompt(text, default=default, value_proc=read, err=True))


def _tell(answers: Answers, study_file: Path, site_file: Path, images: Path) -> None:
    terminal = Terminal()
    rows = (
        ("study", answers.study, answers.title),
        ("finding", answers.finding_id, answers.finding),
        ("model", answers.model_id, answers.model),
        ("site", answers.site, ""),
    )
    terminal.table("Named in the files", ("what", "id", "title"), rows)
    terminal.conclude(f"study file: {study_file}")
    terminal.say(f"site file: {site_file}")
    terminal.say(f"images: {images}, an empty folder; name in the site file where yours are, and where the tables are")
    terminal.conclude("Next, with the site's key (16 characters or more, kept by the site) in the environment:")
    terminal.say(f"  export {answers.key_variable}=…")
    study = shlex.quote(str(study_file))
    terminal.say(f"  multisite check-config {study}")
    terminal.say(f'  multisite lock {study} --by "Your name, role"')
    terminal.say(f"  multisite run {study}")


def _tell_unwritten(names: Sequence[str]) -> None:
    if names:
        words = ", ".join(name.replace("_", " ") for name in names)
        Terminal().warn(f"Write these into the study file before you lock it; nobody has said them: {words}.")
