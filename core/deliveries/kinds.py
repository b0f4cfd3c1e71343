"""The kinds of a delivery, and which of them are resends.

The kind is a part of what makes a delivery the only one of its kind. `resend-2` is the second resend of
a run's summary, `reminder/resend-2` that of a reminder.
"""

from __future__ import annotations

SUMMARY, REMINDER, TEST = "summary", "reminder", "test"
RESEND = "resend-"


def resend_number(kind: str) -> int:
    """Which resend a delivery of this kind is; 0 for the first of its kind."""
    number = kind.rpartition(RESEND)[2]
    return int(number) if RESEND in kind and number.isdecimal() else 0


def about(kind: str) -> str:
    """What a delivery of this kind is about, whichever resend it is."""
    return SUMMARY if kind.startswith(RESEND) else kind.partition("/")[0]
