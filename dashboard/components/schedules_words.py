"""The words of the schedule form: what each choice means and risks."""

from __future__ import annotations

from core.cron.presets import Rhythm
from core.terms import Notify

NOTIFY = {
    Notify.BOTH: "Success and failure",
    Notify.SUCCESS: "Success only",
    Notify.FAILURE: "Failure only",
    Notify.NEVER: "Never",
}
NOTIFY_HELP = (
    "Success: a decision was reached (applied, proposed, no changes, regressed, not enough evidence, edited "
    "meanwhile). Failure: failed, stopped at the budget, not enough labels. A run with both matches either."
)

CUSTOM = "custom"
HOW_OFTEN = {
    Rhythm.WEEKLY.value: "Weekly",
    Rhythm.DAILY.value: "Daily",
    Rhythm.MONTHLY.value: "Monthly",
    CUSTOM: "Custom",
}
CADENCE = {
    Rhythm.WEEKLY.value: "Weekly suits you if you label regularly. A run without new feedback costs nothing.",
    Rhythm.DAILY.value: "Daily pays only with dozens of new labels a day; else most runs find nothing new.",
    Rhythm.MONTHLY.value: "Monthly suits labelling that comes in bursts.",
    CUSTOM: "Five fields: minute, hour, day of month, month, day of week; or a nickname such as @daily.",
}
OFTEN = "That is more than once in twelve hours: runs between two labelling sessions find nothing new."

READ_ONLY = "Read-only: email the proposal"
READ_ONLY_RISK = (
    "Nothing changes until a person applies it. Advised for the first few runs, and for critical metrics."
)
AUTO_APPLY = "Auto-apply: overwrite the live prompt"
AUTO_APPLY_RISK = (
    "Replaces the live prompt, without asking, whenever the new one scores at least as well on the same "
    "labels and passes the guard that you choose with it. Every version stays and can be rolled back."
)
NEEDS_ADMIN = "Auto-apply needs the role admin in this project."
BUDGET_HELP = (
    "Each metric of a run stops before it would pass this many model calls; nothing of it is applied then."
)
MONEY_HELP = (
    "In the currency of the model's prices. A call that could pass this amount is not made; nothing of the "
    "metric is applied then."
)
FREE = "The bundled demo model costs nothing, so there is no money to limit."
NO_PRICES = (
    "The prices of the model are not known, so money cannot be counted: set them with the project's own "
    "endpoint under Project settings, or LLM_PRICE_INPUT and LLM_PRICE_OUTPUT for all projects."
)
