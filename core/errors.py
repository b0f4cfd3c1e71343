"""Every error a user can cause. The docstring of each is the pattern of its message."""

from __future__ import annotations


class PlumblineError(Exception):
    """One sentence a non-developer understands, saying what to do about it."""


class Refused(PlumblineError):
    """What was asked for is not allowed or makes no sense; nothing was changed."""


class NotFound(Refused):
    """There is no {thing} {name}."""

    def __init__(self, thing: str, name: object) -> None:
        super().__init__(f"There is no {thing} “{name}”.")


class NotAllowed(Refused):
    """{who} may not {what}; that needs the role {role} in this project."""

    def __init__(self, who: str, what: str, role: str) -> None:
        super().__init__(f"{who} may not {what}; that needs the role {role} in this project.")


class NotSignedIn(Refused):
    """You are signed out: sign in again."""


class SignInRefused(Refused):
    """The email address or the password is wrong. (Never which of the two.)"""


class TooManyAttempts(SignInRefused):
    """Too many wrong passwords; try again in {n} seconds."""


class LinkNotValid(Refused):
    """This link was used already or is too old; ask for a new one."""


class TokenRefused(Refused):
    """This token is unknown / was revoked on … / expired on …; make a new one under …"""


class AddressNotAllowed(Refused):
    """… is inside a private network; an operator can allow it with ALLOWED_PRIVATE_ADDRESSES."""


class AlreadyExists(Refused):
    """There is already a {thing} named {name}."""

    def __init__(self, thing: str, name: object) -> None:
        super().__init__(f"There is already a {thing} named “{name}”.")


class BadDefinition(Refused):
    """The metric's definition has no description / an unknown type / …"""


class BadLabel(Refused):
    """The expected value … is not one of …"""


class BadImport(Refused):
    """The file is empty / is not UTF-8 / has no row that could be read."""


class BadCron(Refused):
    """The schedule … has 6 fields; write five: minute hour day-of-month month day-of-week."""


class UnknownZone(Refused):
    """… is not an IANA timezone; write one like Europe/Berlin."""


class BadSchedule(Refused):
    """A schedule needs at least one metric / a metric of this project / …"""


class EditedMeanwhile(Refused):
    """Someone changed this while you were looking at it; nothing was overwritten."""


class RowEditedMeanwhile(EditedMeanwhile):
    """{who} labelled this call … with the note … while you were looking at it; nothing was overwritten.

    The one sentence that quotes a reviewer, so a client gets it as the text of somebody.
    """


class ProposalClosed(Refused):
    """This proposal was applied / rejected / superseded by …"""


class NotScored(Refused):
    """This has no score on the labels of today; score it first, then apply it."""


class ScoresLower(Refused):
    """It agrees with … labels, the live prompt with …: a lower score is never applied."""


class QueueUnavailable(PlumblineError):
    """Redis at … does not answer; the job is stored and starts when Redis is back."""


class DatabaseNotReady(PlumblineError):
    """The database is at revision …, this version needs …: run `python -m core migrate`."""


class Interrupted(PlumblineError):
    """A job had to stop in the middle; what was paid for is kept."""


class Cancelled(Interrupted):
    """Somebody cancelled the run."""


class LeaseLost(Interrupted):
    """Another worker took this job over; this one stops without writing anything more."""


class BudgetSpent(Interrupted):
    """The run reached its budget of {limit}."""


class ModelError(PlumblineError):
    """The model endpoint did something that no repeated call would mend."""


class ModelUnreachable(ModelError):
    """The model endpoint at … could not be reached: check LLM_BASE_URL."""


class ModelRefusedKey(ModelError):
    """The model endpoint refused the key: check LLM_API_KEY."""


class ModelNotKnown(ModelError):
    """The model endpoint does not know the model …: check LLM_MODEL."""


class ModelFailing(ModelError):
    """The model endpoint failed several times in a row (…); the run stopped."""


class CallFailed(PlumblineError):
    """One call got no answer after its retries; the row counts as not judged."""


class AnswerUnreadable(PlumblineError):
    """The model's answer was not the JSON that was asked for."""


class CodeFailed(PlumblineError):
    """The metric's code raised … in line … / ran longer than … / used more than … of memory."""


class DeliveryRefused(PlumblineError):
    """The other side refused the message for good; it is not tried again."""


class DeliveryDelayed(PlumblineError):
    """The other side could not take the message now; it is tried again, `after_seconds` at the earliest."""

    def __init__(self, sentence: str, after_seconds: float = 0.0) -> None:
        super().__init__(sentence)
        self.after_seconds = after_seconds


class DeliveryFateUnknown(DeliveryDelayed):
    """The connection broke after the message was handed over; it may have been delivered."""


class TooManyNotJudged(PlumblineError):
    """{k} of {n} rows got no answer from the model ({cause}); a score over the rest would mislead."""
