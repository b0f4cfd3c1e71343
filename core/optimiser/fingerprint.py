"""What a run's answer depends on, as one hash: equal means asking again can teach nothing new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from core.terms import EvalSettings, LabelledRow, digest

OPTIMISER_VERSION = "3"
"""Raised when the optimiser could come to another candidate from the same input."""


def fingerprint(
    rows: Sequence[LabelledRow],
    conversations: Mapping[int, str],
    settings: EvalSettings,
    model: Mapping[str, Any],
    options: Mapping[str, Any],
) -> str:
    """SHA-256 (hex) of labels, feedback, rows, eval settings, model and its settings, version, options.

    `conversations` gives each call's transcript digest by call id. The definition is not in it: a
    later run compares the live one with what this one started from and what it produced.
    """
    frozen = sorted(
        (row.call_id, conversations[row.call_id], row.group, row.expected, row.feedback) for row in rows
    )
    return digest(
        {
            "rows": frozen,
            "settings": asdict(settings),
            "model": dict(model),
            "options": dict(options),
            "optimiser": OPTIMISER_VERSION,
        }
    )
