"""The one thing to do next in a Lab."""

from __future__ import annotations

from core.lab.advice import ADVISED_DISAGREEMENTS, LabStanding


def next_step(lab: LabStanding) -> str:
    """One sentence of advice for a Lab as it stands."""
    if not lab.rows:
        return "Bring calls in first: a file of conversations, with or without labels."
    if lab.rows_not_evaluated == lab.rows:
        return "Evaluate first: the judge has not seen any of these calls, so nobody knows where it is wrong."
    if lab.refusal:
        return f"{lab.refusal} Open a row and say whether the judge is right."
    if lab.warnings:
        return lab.warnings[0]
    if not lab.new:
        return "Nothing is new since the last run; it would propose no changes. Label more calls first."
    return (
        f"Ready for Auto Improve: {lab.disagreeing_with_note} disagreements have notes, at least "
        f"{ADVISED_DISAGREEMENTS} are advised."
    )
