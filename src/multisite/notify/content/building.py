"""From the tables of a month to the content of its mail."""

from dataclasses import replace
from datetime import date

from multisite.notify.content.agreement import Agreement, Step, due_day
from multisite.notify.content.mail import MonthMail, Task, Trust, Volumes
from multisite.notify.content.status import (
    MOST_CHANGES,
    MOST_GAPS,
    changes_of,
    event_words,
    gaps_of,
    is_signal,
    status_lines,
)
from multisite.notify.content.tables import MonthTables, Row
from multisite.notify.content.trust import Place, trust_of, volumes_of
from multisite.notify.content.written import (
    hide_small_counts,
    is_hidden,
    month_words,
    one_line,
)
from multisite.vocabulary import DriftState

__all__ = ["build_mail", "build_unjudged", "overdue_mail"]


def build_mail(tables: MonthTables, agreement: Agreement, place: Place, *, is_drill: bool = False) -> MonthMail:
    """The mail on the month of ``tables.verdict``, which must be there."""
    verdict = tables.verdict
    assert verdict is not None
    state = DriftState(verdict["state"])
    minimum = place.minimum_cell
    changes = changes_of(tables.monitors, tables.events, agreement, minimum=minimum)
    gaps = gaps_of(tables.monitors, tables.performance, minimum=minimum)
    step = agreement.step(state.value, months_grey=verdict["months_grey"])
    case = next((one for one in tables.cases if one["case_number"] == verdict["case_number"]), None)
    return MonthMail(
        study=place.study,
        study_title=place.study_title,
        site=place.site,
        site_title=place.site_title,
        model=place.model,
        model_title=place.model_title,
        month=verdict["month"],
        state=state,
        cause=_cause(verdict, tables, agreement),
        sentence=_sentence(verdict, tables, minimum),
        notes=_notes(verdict, case),
        # The case of a drill is made up: nothing is to be noted on one that has its number.
        task=_task(step, state, agreement, place, None if is_drill else verdict["case_number"], case),
        lines=status_lines(tables.monitors, tables.performance, minimum=minimum),
        changes=changes[:MOST_CHANGES],
        n_more_changes=max(0, len(changes) - MOST_CHANGES),
        gaps=gaps[:MOST_GAPS],
        n_more_gaps=max(0, len(gaps) - MOST_GAPS),
        trust=trust_of(verdict, tables, place),
        volumes=volumes_of(verdict, tables, minimum),
        contact=agreement.contact,
        minimum_cell=minimum,
        page=place.page,
        sent=place.sent,
        case_number=verdict["case_number"],
        is_drill=is_drill,
    )


def build_unjudged(month: str, reason: str, agreement: Agreement, place: Place) -> MonthMail:
    """The mail on a month of which there is no verdict, and why: GREY, and nothing else is known."""
    why = one_line(reason).rstrip(".")
    step = agreement.step(DriftState.GREY.value)
    unknown = "not known, for there is no verdict of this month"
    return MonthMail(
        study=place.study,
        study_title=place.study_title,
        site=place.site,
        site_title=place.site_title,
        model=place.model,
        model_title=place.model_title,
        month=month,
        state=DriftState.GREY,
        cause="could not be judged",
        sentence=f"{month_words(month)} could not be judged: {why}.",
        notes=(),
        task=_task(step, DriftState.GREY, agreement, place, None, None),
        lines=(),
        changes=(),
        n_more_changes=0,
        gaps=(),
        n_more_gaps=0,
        trust=Trust(unknown, "", "", "none", "", place.page_sha256, place.ledger_head, place.n_entries, place.run),
        volumes=Volumes("The volumes of the month are not known", "", ""),
        contact=agreement.contact,
        minimum_cell=place.minimum_cell,
        page=place.page,
        sent=place.sent,
    )


def overdue_mail(mail: MonthMail, agreement: Agreement, place: Place, *, due: date) -> MonthMail:
    """``mail`` once more, for those who are told where nobody has acknowledged the case by ``due``."""
    step = agreement.step_after(mail.state.value)
    assert step is not None
    return replace(mail, overdue=due, task=_task(step, mail.state, agreement, place, mail.case_number, None), notes=())


def _sentence(verdict: Row, tables: MonthTables, minimum: int) -> str:
    signals = [row for row in tables.monitors if is_signal(row)]
    hidden = [row for row in signals if is_hidden(row, minimum)]
    named = [row for row in signals if verdict["sentence"].startswith(row["title"])]
    told = max(named, key=lambda row: len(row["title"]), default=None)
    if not hidden or (told is not None and told not in hidden):
        return hide_small_counts(one_line(verdict["sentence"], longest=400), minimum)
    # The rule's sentence names the values of one monitor; here they would give a hidden count away.
    after = f" after {one_line(verdict['cause'], longest=140)}" if verdict["cause"] else ""
    more = len(signals) - 1
    also = f", and {more} more {'monitor' if more == 1 else 'monitors'}" if more else ""
    return f"{one_line((told or hidden[0])['title'])} changed{after}{also}; the count is under {minimum} and hidden."


def _cause(verdict: Row, tables: MonthTables, agreement: Agreement) -> str:
    """The end of the subject: the event with its device, else what changed, else that nothing did."""
    if verdict["state"] == DriftState.GREY.value:
        return "shadow month" if verdict["is_shadow"] else "could not be judged"
    event = next((one for one in reversed(tables.events) if one["title"] == verdict["cause"]), None)
    if event is not None:
        return event_words(event["title"], tables.events, agreement)
    changed = next((row["title"] for row in tables.monitors if is_signal(row)), "")
    return one_line(verdict["cause"] or changed, longest=140) or "in range"


def _notes(verdict: Row, case: Row | None) -> tuple[str, ...]:
    notes = []
    if verdict["is_shadow"]:
        notes.append("Shadow month: everything is reported, and nobody is alarmed yet.")
    if verdict["months_grey"] >= 3:
        notes.append(f"{verdict['months_grey']} months running could not be judged. Not knowing is a finding.")
    if verdict["overlap_state"]:
        notes.append(f"New baseline in use; by the one before, the month is {verdict['overlap_state']}.")
    if case is not None and case["acknowledged"]:
        notes.append(
            f"Case {case['case_number']} was acknowledged on {case['acknowledged'][:10]}"
            f" by {one_line(case['acknowledged_by'] or 'somebody', longest=60)}."
        )
    if verdict["season"] == "not separable yet":
        notes.append("Season: not separable yet; a change may be one of the season.")
    return tuple(notes)


def _task(
    step: Step, state: DriftState, agreement: Agreement, place: Place, case_number: int | None, case: Row | None
) -> Task:
    following = agreement.step_after(state.value)
    is_open = case_number is not None and (case is None or not case["acknowledged"])
    day = place.sent.date()
    due = due_day(day, working_days=step.within_working_days, holidays=agreement.holidays)
    told_next = following.tell if following is not None and is_open else ()
    return Task(
        act=step.act,
        owner=step.owner,
        due=None if state is DriftState.GREEN else due,
        acknowledge=f"{place.acknowledge} --case {case_number} --by YOUR-NAME" if is_open else "",
        told_next=tuple(role for role in told_next if role not in step.tell),
        next_day=due if told_next else None,
        unfilled=agreement.unfilled(dict.fromkeys((*step.tell, step.owner))),  # type: ignore[arg-type]  # its keys
    )
