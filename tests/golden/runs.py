"""Runs as the summary mail is told of them: a realistic one, and one result of each outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from core.notifications.summary import ResultSummary, RowLink, RunSummary
from core.terms import Outcome, Score

BASE = "https://plumbline.example.com"

APPOINTMENT_BEFORE = """\
You are grading a phone call between a caller and the voice agent of a dental clinic. Decide whether \
the agent confirmed the caller's appointment.

Pass if:
- The agent repeats the date and time of the appointment back to the caller.
- The caller agrees.

Fail if the agent ends the call without confirming. Be strict and do not give the benefit of the doubt.

Things that do not matter:
- how long the call took
- whether the caller was polite
- whether the agent gave its name
- whether a text message was promised

Answer with true or false."""

APPOINTMENT_AFTER = """\
You are grading a phone call between a caller and the voice agent of a dental clinic. Decide whether \
the agent explicitly confirmed the caller's appointment before the call ended.

Pass if:
- The agent repeats both the date and the time (including AM or PM) of the appointment back to the caller.
- The caller agrees, verbally or by an affirmative such as "yep" or "sounds good".

Do not fail when the caller hangs up after the read-back; treat a read-back without objection as agreement.

Fail if the agent ends the call without confirming.

Things that do not matter:
- how long the call took
- whether the caller was polite
- whether the agent gave its name
- whether a text message was promised

Answer with true or false."""

POLICY_BEFORE = """\
Did the caller hear the 24-hour cancellation policy?
Answer true when the agent states the notice period.
Answer false otherwise."""

POLICY_AFTER = """\
Did the caller hear the 24-hour cancellation policy clearly enough to act on it?
Answer true when the agent states the notice period or the fee, in whatever words.
Answer false when the agent only mentions that a policy exists.
Answer false otherwise."""

CODE_AFTER = """\
def judge(transcript, metadata):
    said = " ".join(turn["content"].lower() for turn in transcript if turn["role"] == "assistant")
    return "goodbye" in said or "have a nice day" in said"""


def fields(
    description: str, trigger: str = "always", kind: str = "llm_judge", code: str = ""
) -> dict[str, str]:
    return {"description": description, "evaluation_trigger": trigger, "type": kind, "custom_code": code}


def links(*names: str) -> list[RowLink]:
    return [RowLink(name, f"{BASE}/lab?metric=1&review={number}") for number, name in enumerate(names, 1)]


PROPOSED = ResultSummary(
    metric="Cancellation policy explained",
    outcome=Outcome.PROPOSED,
    reason="The rewritten prompt agrees with 41 of 48 labels, the live one with 33 of 48. "
    "The metric is critical, so it waits for your review.",
    baseline=Score(33, 48),
    optimised=Score(41, 48),
    version_before=3,
    fields_before=fields(POLICY_BEFORE),
    fields_after=fields(POLICY_AFTER, "prompt: The caller cancels or moves an appointment."),
    fixed=9,
    broken=1,
    held_out="5 of 9 → 7 of 9",
    evidence="3 fixed, 1 broken on the 9 rows it never saw: luck alone would do as well in 31 of 100 tries.",
    findings="2 contradictory labels, 1 row the judge answers differently each time",
    calls=412,
    cost=0.31,
    url=f"{BASE}/result?id=2",
    fixed_rows=links("call-0012", "call-0019", "call-0027", "call-0031", "call-0040"),
    broken_rows=links("call-0033"),
)
APPLIED = ResultSummary(
    metric="Appointment confirmed",
    outcome=Outcome.APPLIED,
    reason="The rewritten prompt agrees with 23 of 28 labels, the live one with 20 of 28, "
    "and was made the live one.",
    baseline=Score(20, 28),
    optimised=Score(23, 28),
    applied=True,
    version_before=7,
    version_after=8,
    fields_before=fields(APPOINTMENT_BEFORE),
    fields_after=fields(APPOINTMENT_AFTER),
    fixed=4,
    broken=1,
    calls=212,
    cost=0.14,
    url=f"{BASE}/result?id=1",
)
REGRESSED = ResultSummary(
    metric="Caller mood at the end",
    outcome=Outcome.REGRESSED,
    reason="The rewritten prompt agrees with 40 of 47 labels, 2 not judged, the live one with 43 of 47: "
    "the live prompt stays.",
    warning="Only 4 labels disagree with the live prompt; from about 6 with notes a rewrite has something to "
    "learn from.",
    baseline=Score(43, 47),
    optimised=Score(40, 47, 2),
    version_before=2,
    fields_before=fields("How does the caller leave the call: satisfied, neutral or frustrated?"),
    fields_after=fields("Judge by the caller's last words alone: satisfied, neutral or frustrated?"),
    fixed=1,
    broken=4,
    held_out="8 of 9 → 7 of 9",
    calls=388,
    cost=0.29,
    url=f"{BASE}/result?id=3",
    fixed_rows=links("call-0101"),
    broken_rows=links("call-0102", "call-0107", "call-0115", "call-0116"),
)
NO_CHANGES = ResultSummary(
    metric="Tone is polite",
    outcome=Outcome.NO_CHANGES,
    reason="No new feedback since the run of 16 November; its result still holds.",
    version_before=4,
    url=f"{BASE}/result?id=4",
)
FAILED = ResultSummary(
    metric="Emergency handed over to a person",
    outcome=Outcome.FAILED,
    reason="The model endpoint failed several times in a row (503 from https://models.example.com); "
    "the run stopped.",
    baseline=None,
    calls=12,
    url=f"{BASE}/result?id=5",
)

EVERY_OUTCOME: dict[Outcome, ResultSummary] = {
    Outcome.PROPOSED: PROPOSED,
    Outcome.APPLIED: APPLIED,
    Outcome.REGRESSED: REGRESSED,
    Outcome.NO_CHANGES: NO_CHANGES,
    Outcome.FAILED: FAILED,
    Outcome.STALE: replace(
        PROPOSED,
        outcome=Outcome.STALE,
        reason="The live definition was edited while the run was going, so the rewrite was made for an older "
        "one. Run again to improve the edited definition.",
    ),
    Outcome.NOT_ENOUGH_EVIDENCE: ResultSummary(
        metric="Says goodbye",
        outcome=Outcome.NOT_ENOUGH_EVIDENCE,
        reason="The rewritten prompt agrees with 31 of 40 labels, the live one with 29 of 40, but the strict "
        "guard asks for more. 2 fixed, 1 broken on the 8 rows it never saw: luck alone would do as well in "
        "50 of 100 tries. Fewer than 10 are asked for.",
        evidence="2 fixed, 1 broken on the 8 rows it never saw: luck alone would do as well in 50 of 100 "
        "tries.",
        baseline=Score(29, 40),
        optimised=Score(31, 40),
        version_before=1,
        fields_before=fields("Does the agent say goodbye?"),
        fields_after=fields("Does the agent say goodbye?", kind="custom_code", code=CODE_AFTER),
        fixed=3,
        broken=1,
        held_out="5 of 8 → 6 of 8",
        calls=96,
        cost=0.0042,
        url=f"{BASE}/result?id=6",
    ),
    Outcome.OVER_BUDGET: ResultSummary(
        metric="Price quoted correctly",
        outcome=Outcome.OVER_BUDGET,
        reason="The run reached its budget of 300 calls.",
        baseline=Score(30, 41),
        calls=300,
        cost=0.22,
        url=f"{BASE}/result?id=7",
    ),
    Outcome.NOT_ENOUGH_LABELS: ResultSummary(
        metric="Spelled the name back",
        outcome=Outcome.NOT_ENOUGH_LABELS,
        reason="Only 1 row of this metric’s Lab is labelled.",
        url=f"{BASE}/result?id=8",
    ),
    Outcome.CANCELLED: ResultSummary(
        metric="Insurance asked for",
        outcome=Outcome.CANCELLED,
        reason="Ann cancelled the run.",
        url=f"{BASE}/result?id=9",
    ),
}


def run(*results: ResultSummary) -> RunSummary:
    return RunSummary(
        project="Acme Dental",
        schedule="Weekly",
        trigger="schedule",
        started_at=datetime(2026, 11, 23, 14, 0, tzinfo=UTC),
        finished_at=datetime(2026, 11, 23, 14, 4, 20, tzinfo=UTC),
        timezone="America/Los_Angeles",
        auto_apply=True,
        results=results,
        run_url=f"{BASE}/run?id=1",
        why="You get this because you are a member of Acme Dental with email notifications on.",
        settings_url=f"{BASE}/settings",
        unsubscribe_url=f"{BASE}/unsubscribe/1-2-x",
    )


REALISTIC = run(APPLIED, REGRESSED, NO_CHANGES, FAILED, PROPOSED)
