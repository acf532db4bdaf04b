"""What a mail says of a month."""

import polars as pl
import pytest

from multisite.notify.content.building import build_mail, build_unjudged
from multisite.notify.content.mail import MonthMail
from multisite.notify.content.revising import differences_of
from multisite.notify.form.signs import subject_of
from multisite.schemas.drift_performance import DRIFT_PERFORMANCE
from multisite.vocabulary import DriftState
from tests.lib.mail_frames import MONTH, Frames, agreement, amber, green, monitor, performance, place, tables_of


def built(frames: Frames, *, is_drill: bool = False) -> MonthMail:
    return build_mail(tables_of(frames), agreement(), place(), is_drill=is_drill)


def with_monitors(frames: Frames, *rows: dict[str, object]) -> Frames:
    return {**frames, "drift_monitors": pl.DataFrame(rows, schema=frames["drift_monitors"].schema)}


def test_the_subject_has_one_shape_with_the_state_first_and_the_cause_last() -> None:
    assert subject_of(built(green())) == "[GREEN] St Elsewhere - CXR-PTX v2.3 - Oct 2026 - in range"
    cause = "software 5.2 → 5.3 on GE Discovery (DR-04, 12 Oct 2026)"
    assert subject_of(built(amber())) == f"[AMBER-2] St Elsewhere - CXR-PTX v2.3 - Oct 2026 - {cause}"
    assert subject_of(built(amber(), is_drill=True)).startswith("[DRILL AMBER-2] ")
    assert subject_of(built(green()).revised(2, ("x",))).endswith(" (revision 2)")


def test_the_five_lines_name_the_monitor_that_says_most() -> None:
    lines = {line.title: line for line in built(amber()).lines}
    assert {title: line.word for title, line in lines.items()} == {
        "Feed": "in range",
        "Inputs": "changed",
        "AI output": "changed",
        "Agreement": "not judged",
        "Subgroups": "changed",
    }
    assert lines["AI output"].now == "AI alert rate for pneumothorax: 9.4 %"
    assert lines["AI output"].usual == "usual 4.5 to 7.8 %"
    assert lines["AI output"].since == "Oct 2026"
    assert lines["Feed"].usual == "usual 700 to 860 studies"


def test_a_family_without_a_monitor_is_not_watched_and_not_in_range() -> None:
    mail = built(with_monitors(green(), monitor("volume_ptx", "Studies", "feed", "volume", value=90.0)))
    assert [line.word for line in mail.lines] == ["in range", *["not watched"] * 4]


def test_three_changes_are_told_and_the_others_counted() -> None:
    rows = [monitor(f"score_{n}", f"Score {n}", "output", status="signal", evidence=float(n)) for n in range(5)]
    mail = built(with_monitors(amber(), *rows))
    assert [change.title for change in mail.changes] == ["Score 4", "Score 3", "Score 2"]
    assert mail.n_more_changes == 2


def test_an_overlap_month_is_told_in_a_note_and_not_counted_twice() -> None:
    rows = [
        monitor("alert_a", "Alert", "output", status="signal"),
        monitor("alert_a", "Alert", "output", status="signal", is_overlap=True, baseline="old"),
    ]
    mail = built(with_monitors(amber(overlap_state="GREEN"), *rows))
    assert len(mail.changes) == 1
    assert "New baseline in use; by the one before, the month is GREEN." in mail.notes


def test_a_sentence_that_would_tell_a_hidden_count_is_replaced() -> None:
    row = monitor(
        "alert_a", "Alert rate", "output", status="signal", n_studies=200, value=0.02, usual=0.06, change=-0.04
    )
    mail = built(with_monitors(amber(sentence="Alert rate fell from 6.0 % to 2.0 %."), row))
    assert "2.0 %" not in mail.sentence
    assert mail.sentence.endswith("; the count is under 10 and hidden.")
    assert mail.changes[0].now == "<10 of 200"
    assert mail.changes[0].size == ""


def test_a_sentence_on_another_monitor_than_the_hidden_one_stays() -> None:
    shown = monitor("alert_a", "Alert rate", "output", status="signal", value=0.3)
    hidden = monitor("alert_a", "Alert rate, sex F", "subgroups", axis="sex", level="F", status="signal", n_studies=9)
    sentence = "Alert rate rose from 6.0 % to 30.0 %, and 1 more monitor."
    assert built(with_monitors(amber(sentence=sentence), shown, hidden)).sentence == sentence
    on_hidden = "Alert rate, sex F rose from 6.0 % to 30.0 %, and 1 more monitor."
    assert "30.0" not in built(with_monitors(amber(sentence=on_hidden), shown, hidden)).sentence


def test_volumes_under_the_smallest_cell_are_hidden_and_cannot_be_subtracted() -> None:
    days = green()["deployment_days"].with_columns(n_failed=pl.when(pl.int_range(23) == 0).then(4).otherwise(0))
    received = built({**green(n_studies=823), "deployment_days": days}).volumes.received
    assert received == "828 studies received, <10 not processed, 23 abstained on"


def test_labels_that_are_lacking_are_told_with_what_is_needed() -> None:
    gap = built(amber()).gaps[0]
    assert gap.what == "Sensitivity for pneumothorax, from labels"
    assert gap.why == "too few labels: 11 labelled, 107 are needed; next estimate in Mar 2027"


def test_a_breach_stands_in_the_line_of_agreement() -> None:
    row = performance(verdict="breached", estimate=0.78, n_labelled=210)
    mail = built({**amber(), "drift_performance": pl.DataFrame([row], schema=DRIFT_PERFORMANCE.schema)})
    line = next(line for line in mail.lines if line.title == "Agreement")
    assert (line.word, line.now) == (
        "changed",
        "Sensitivity for pneumothorax, from labels: 78.0 % (validated: 91.0 %)",
    )


def test_a_site_whose_monitoring_failed_is_grey_with_the_reason() -> None:
    mail = build_unjudged(MONTH, "the store does not answer.", agreement(), place())
    assert mail.state is DriftState.GREY
    assert mail.sentence == "Oct 2026 could not be judged: the store does not answer."
    assert mail.task.unfilled == ("integration",)


def test_three_months_that_could_not_be_judged_are_a_finding() -> None:
    mail = built(green(state="GREY", months_grey=3, reason="too few studies"))
    assert any("3 months running" in note for note in mail.notes)
    assert "ai_lead" in agreement().step("GREY", months_grey=3).tell


def test_the_digest_is_that_of_the_month_and_not_of_the_run() -> None:
    one = build_mail(tables_of(amber()), agreement(), place())
    other = build_mail(tables_of(amber()), agreement(), place(run="other", n_entries=99, ledger_head="0" * 64))
    assert one.digest == other.digest
    assert one.digest != built(amber(state="RED")).digest


def test_an_acknowledgement_is_told_and_makes_no_new_mail() -> None:
    frames = amber()
    cases = frames["drift_cases"].with_columns(
        acknowledged=pl.lit("2026-11-04T08:00:00+00:00"), acknowledged_by=pl.lit("A. Physicist")
    )
    mail = built({**frames, "drift_cases": cases})
    assert mail.digest == built(frames).digest
    assert "Case 3 was acknowledged on 2026-11-04 by A. Physicist." in mail.notes
    assert mail.task.acknowledge == ""


def test_a_drill_asks_nobody_to_acknowledge_a_real_case() -> None:
    assert built(amber(), is_drill=True).task.acknowledge == ""


@pytest.mark.parametrize("frames", [green(), amber()])
def test_a_revision_says_what_changed(frames: Frames) -> None:
    before, now = built(frames).facts, built(frames | {}).facts
    assert differences_of(None, now) == ("The data of the month changed after the mail before.",)
    assert differences_of(before | {"state": "GREY"}, now)[0] == f"The state was GREY and is {now['state']}."


def test_tables_that_were_not_made_are_tolerated() -> None:
    frames = {name: green()[name] for name in ("drift_verdicts", "drift_monitors")}
    mail = built(frames)
    assert mail.trust.budget == "no budget has been simulated"
    assert mail.volumes.received == "780 studies counted, the first of each patient"
