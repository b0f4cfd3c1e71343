"""What came of a script."""

from __future__ import annotations

from dataclasses import dataclass

ScriptValue = bool | int | float | str | None
"""What a script may set `_result` to; None says that the metric does not apply."""


@dataclass(frozen=True, slots=True)
class ScriptResult:
    """One run of a script.

    Attributes:
        value: `_result`; None where the script failed, too.
        explanation: `_explanation` as text, "" where it set none.
        failure: why there is no result, in one sentence that names the line; "" where the script ran.
        line: the line of the failure, where it has one.
        printed: what it printed, up to the limit.
    """

    value: ScriptValue = None
    explanation: str = ""
    failure: str = ""
    line: int | None = None
    printed: str = ""

    @property
    def ran(self) -> bool:
        return not self.failure


class BadUse(Exception):
    """Raised by a host function that the script called wrongly; the script sees a ValueError."""
