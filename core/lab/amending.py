"""Change what people say of a row by naming what is new: for clients, which may send what makes no sense."""

from __future__ import annotations

from typing import Any

from core.db import Database
from core.errors import BadLabel
from core.lab.labelling import label, note, unlabel
from core.terms import Actor


def amend(
    database: Database,
    actor: Actor,
    review_id: int,
    *,
    expected: Any = None,
    feedback: str | None = None,
    remove_label: bool = False,
    expected_revision: int | None = None,
) -> int:
    """Set a row's label, its note or both, or take the label back; None leaves one as it is.

    N/A is the text “N/A” here. Returns the row's revision afterwards. Raises BadLabel also where nothing is
    asked for or one thing contradicts another, EditedMeanwhile, NotFound, NotAllowed.
    """
    if remove_label:
        if expected is not None or feedback is not None:
            raise BadLabel(
                "Take the label back, or give a label or note: not both in one call. Nothing was changed."
            )
        return unlabel(database, actor, review_id, expected_revision=expected_revision)
    if expected is not None:
        return label(database, actor, review_id, expected, feedback, expected_revision=expected_revision)
    if feedback is not None:
        return note(database, actor, review_id, feedback, expected_revision=expected_revision)
    raise BadLabel("Say what to change: expected_value, feedback or remove_label. Nothing was changed.")
