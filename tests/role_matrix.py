"""Who may do what: every use case that changes something, the role it needs, and how to do it once.

`python -m tests.role_matrix` writes the table of docs/roles.md from these rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import (
    accounts,
    deliveries,
    endpoints,
    evaluations,
    imports,
    lab,
    memberships,
    metrics,
    runs,
    schedules,
    signin,
    tokens,
    trials,
    webhooks,
)
from core.runs import READ_ONLY, DefinitionChange
from core.schedules import ScheduleChange
from core.terms import Actor, Definition, EvalSettings, Role
from tests.gatehouse import PASSWORD
from tests.matrix_deeds import (
    add_schedule,
    add_user,
    add_webhook,
    auto_schedule,
    change,
    change_password,
    due,
    edit,
    edit_settings,
    edited,
    edited_proposal,
    evaluated,
    going,
    import_calls,
    import_label,
    invite,
    judged,
    labelled,
    mail,
    member,
    nothing_under_way,
    own_endpoint,
    paused,
    proposal,
    relabelled,
    rename,
    restore,
    review,
    schedule,
    score_edited,
    set_caps,
    set_endpoint,
    shown,
    token,
    trial,
    tried,
    try_endpoint,
    update_schedule,
    upload,
    uploaded,
    wanted,
)
from tests.matrix_world import MatrixWorld, fresh
from tests.world import AUTO_APPLY

DOCS = Path(__file__).parent.parent / "docs" / "roles.md"
ANYBODY, NOBODY = "anybody", "nobody"
"""Who signed in, member or not; and no person at all, but whoever has a shell on the server."""
Make = Callable[[MatrixWorld], Any]
Do = Callable[[MatrixWorld, Actor, Any], object]


@dataclass(frozen=True)
class Row:
    """`do` acts on what `make` prepares, which is made anew once it was used up.

    `tokens`: whether an API token may do it at all, given the role. `unrecorded`: why it leaves no audit row.
    """

    words: str
    needs: Role | str
    do: Do
    make: Make = lambda world: None
    tokens: bool = True
    unrecorded: str = ""


ROWS = {
    "accounts.add_project": Row(
        "make a project (and be its first admin)",
        ANYBODY,
        lambda w, a, _: accounts.add_project(w.database, a, fresh("Project")),
        tokens=False,
    ),
    "accounts.add_user": Row(
        "add somebody on the command line", Role.ADMIN, lambda w, a, _: add_user(w, a), tokens=False
    ),
    "deliveries.resending.resend": Row(
        "send an email again", Role.EDITOR, lambda w, a, one: deliveries.resend(w.database, a, one), mail
    ),
    "deliveries.trying.send_test_mail": Row(
        "send themselves a test email",
        Role.EDITOR,
        lambda w, a, _: deliveries.send_test_mail(w.database, w.settings, a, w.project_id),
    ),
    "webhooks.keeping.add_webhook": Row("add webhooks", Role.ADMIN, lambda w, a, _: add_webhook(w, a)),
    "deliveries.trying.send_test_to_webhook": Row(
        "send webhooks a test",
        Role.ADMIN,
        lambda w, a, one: deliveries.send_test_to_webhook(w.database, a, one),
        lambda w: add_webhook(w, w.admin),
    ),
    "webhooks.keeping.remove_webhook": Row(
        "remove webhooks",
        Role.ADMIN,
        lambda w, a, one: webhooks.remove_webhook(w.database, a, one),
        lambda w: add_webhook(w, w.admin),
    ),
    "evaluations.starting.start": Row(
        "evaluate calls", Role.EDITOR, lambda w, a, one: evaluations.start(w.database, a, one), labelled
    ),
    "evaluations.starting.cancel": Row(
        "stop an evaluation", Role.EDITOR, lambda w, a, one: evaluations.cancel(w.database, a, one), evaluated
    ),
    "jobs.caps.set_monthly_caps": Row(
        "cap what the project spends", Role.ADMIN, lambda w, a, _: set_caps(w, a)
    ),
    "lab.importing.import_file": Row("import calls", Role.EDITOR, lambda w, a, _: import_calls(w, a)),
    "lab.importing.import_file of labels": Row(
        "import labels for calls that are there", Role.LABELLER, import_label, review
    ),
    "imports.starting.start": Row(
        "upload a file (its calls come in only for an editor)",
        Role.LABELLER,
        lambda w, a, _: upload(w, a),
        nothing_under_way,
        tokens=False,
        unrecorded="what came in is recorded once it is in",
    ),
    "imports.starting.cancel": Row(
        "stop an import", Role.LABELLER, lambda w, a, one: imports.cancel(w.database, a, one), uploaded
    ),
    "lab.amending.amend": Row(
        "change a label or a note",
        Role.LABELLER,
        lambda w, a, one: lab.amend(w.database, a, one, expected=False, feedback="Why?"),
        review,
    ),
    "lab.labelling.label": Row(
        "label a call", Role.LABELLER, lambda w, a, one: lab.label(w.database, a, one, False), review
    ),
    "lab.labelling.note": Row(
        "write a note on a call",
        Role.LABELLER,
        lambda w, a, one: lab.note(w.database, a, one, "Why?"),
        review,
    ),
    "lab.labelling.undo": Row(
        "undo a label", Role.LABELLER, lambda w, a, one: lab.undo(w.database, a, *one), relabelled
    ),
    "lab.labelling.unlabel": Row(
        "take a label back", Role.LABELLER, lambda w, a, one: lab.unlabel(w.database, a, one), review
    ),
    "lab.voting.vote": Row(
        "vote on a verdict",
        Role.LABELLER,
        lambda w, a, one: lab.vote(w.database, a, one, agrees=False),
        judged,
    ),
    "memberships.set_role": Row(
        "change roles",
        Role.ADMIN,
        lambda w, a, one: memberships.set_role(w.database, a, w.project_id, one, Role.EDITOR),
        member,
        tokens=False,
    ),
    "memberships.set_notifications": Row(
        "turn the emails of others on or off",
        Role.ADMIN,
        lambda w, a, one: memberships.set_notifications(w.database, a, w.project_id, one, on=False),
        member,
    ),
    "memberships.remove_member": Row(
        "remove members",
        Role.ADMIN,
        lambda w, a, one: memberships.remove_member(w.database, a, w.project_id, one),
        member,
        tokens=False,
    ),
    "metrics.usecases.add": Row(
        "make metrics",
        Role.EDITOR,
        lambda w, a, _: metrics.add(
            w.database, a, w.project_id, fresh("Made"), Definition("Polite?"), EvalSettings()
        ),
    ),
    "metrics.usecases.edit_definition": Row("edit metrics", Role.EDITOR, edit, edited),
    "runs.updating.update_definition": Row("change some fields of a metric", Role.EDITOR, change, edited),
    "metrics.settings.edit_settings": Row("change a metric's settings", Role.EDITOR, edit_settings, edited),
    "metrics.restoring.restore": Row("roll metrics back", Role.EDITOR, restore, edited),
    "schedules.archiving.archive": Row(
        "delete metrics",
        Role.EDITOR,
        lambda w, a, one: schedules.archive(w.database, a, one),
        lambda w: w.metric(fresh("Old")),
    ),
    "project_settings.update_project": Row(
        "change the project's settings", Role.ADMIN, lambda w, a, _: rename(w, a)
    ),
    "project_settings.try_endpoint": Row(
        "test the model endpoint",
        Role.EDITOR,
        lambda w, a, _: try_endpoint(w, a),
        unrecorded="it changes nothing",
    ),
    "runs.starting.improve": Row(
        "start runs",
        Role.EDITOR,
        lambda w, a, one: runs.improve(w.database, a, one, READ_ONLY),
        labelled,
    ),
    "runs.cancelling.cancel": Row(
        "cancel runs", Role.EDITOR, lambda w, a, one: runs.cancel(w.database, a, one), going
    ),
    "runs.proposals.apply": Row(
        "apply proposals", Role.EDITOR, lambda w, a, one: runs.apply(w.database, a, one), proposal
    ),
    "runs.scoring.apply_once_scored": Row(
        "apply proposals, scored first where they are not",
        Role.EDITOR,
        lambda w, a, one: runs.apply_once_scored(w.database, a, one),
        proposal,
    ),
    "runs.proposals.apply_edited": Row(
        "apply an edited proposal",
        Role.EDITOR,
        lambda w, a, one: runs.apply_edited(w.database, a, *one),
        edited_proposal,
    ),
    "runs.scoring.score_proposal": Row(
        "score a proposal again",
        Role.EDITOR,
        lambda w, a, one: runs.score_proposal(w.database, a, one),
        proposal,
    ),
    "runs.scoring.score_change": Row(
        "judge a metric's labels afresh",
        Role.EDITOR,
        lambda w, a, one: runs.score_change(w.database, a, one, DefinitionChange()),
        labelled,
    ),
    "runs.scoring.score_edited": Row("score an edit of a proposal", Role.EDITOR, score_edited, proposal),
    "runs.proposals.reject": Row(
        "reject proposals", Role.EDITOR, lambda w, a, one: runs.reject(w.database, a, one, "No."), proposal
    ),
    "trials.starting.start": Row(
        "try a definition",
        Role.EDITOR,
        lambda w, a, one: trials.start(w.database, a, wanted(one)),
        labelled,
    ),
    "trials.starting.cancel": Row(
        "stop a trial", Role.EDITOR, lambda w, a, one: trials.cancel(w.database, a, one), trial
    ),
    "trials.marking.mark": Row(
        "label a call that was tried",
        Role.LABELLER,
        lambda w, a, one: trials.mark(w.database, a, *one, None, seen=shown(w, one)),
        tried,
    ),
    "schedules.usecases.add": Row(
        "make read-only schedules", Role.EDITOR, lambda w, a, one: add_schedule(w, a, one, READ_ONLY), due
    ),
    "schedules.usecases.add that applies": Row(
        "make auto-apply schedules", Role.ADMIN, lambda w, a, one: add_schedule(w, a, one, AUTO_APPLY), due
    ),
    "schedules.editing.update": Row(
        "edit read-only schedules",
        Role.EDITOR,
        lambda w, a, one: update_schedule(w, a, one, READ_ONLY),
        schedule,
    ),
    "schedules.editing.update to apply": Row(
        "let a schedule apply",
        Role.ADMIN,
        lambda w, a, one: update_schedule(w, a, one, AUTO_APPLY),
        schedule,
    ),
    "schedules.editing.update of one that applies": Row(
        "edit auto-apply schedules",
        Role.ADMIN,
        lambda w, a, one: update_schedule(w, a, one, READ_ONLY),
        auto_schedule,
    ),
    "schedules.changing.change": Row(
        "change some fields of a read-only schedule",
        Role.EDITOR,
        lambda w, a, one: schedules.change(w.database, a, one.id, ScheduleChange(cron="@monthly")),
        schedule,
    ),
    "schedules.changing.change to apply": Row(
        "change a schedule into one that applies",
        Role.ADMIN,
        lambda w, a, one: schedules.change(w.database, a, one.id, ScheduleChange(auto_apply=True)),
        schedule,
    ),
    "schedules.changing.change of one that applies": Row(
        "change some fields of an auto-apply schedule",
        Role.ADMIN,
        lambda w, a, one: schedules.change(w.database, a, one.id, ScheduleChange(enabled=False)),
        auto_schedule,
    ),
    "schedules.editing.duplicate": Row(
        "duplicate schedules (the copy is read-only)",
        Role.EDITOR,
        lambda w, a, one: schedules.duplicate(w.database, a, one.id),
        auto_schedule,
    ),
    "schedules.usecases.pause": Row(
        "pause read-only schedules",
        Role.EDITOR,
        lambda w, a, one: schedules.pause(w.database, a, one.id),
        schedule,
    ),
    "schedules.usecases.resume": Row(
        "resume read-only schedules",
        Role.EDITOR,
        lambda w, a, one: schedules.resume(w.database, a, one.id),
        paused,
    ),
    "schedules.usecases.run_now": Row(
        "run read-only schedules now",
        Role.EDITOR,
        lambda w, a, one: schedules.run_now(w.database, a, one.id),
        schedule,
    ),
    "schedules.usecases.run_now of one that applies": Row(
        "run auto-apply schedules now",
        Role.ADMIN,
        lambda w, a, one: schedules.run_now(w.database, a, one.id),
        auto_schedule,
    ),
    "schedules.usecases.delete": Row(
        "delete read-only schedules",
        Role.EDITOR,
        lambda w, a, one: schedules.delete(w.database, a, one.id),
        schedule,
    ),
    "schedules.usecases.delete of one that applies": Row(
        "delete auto-apply schedules",
        Role.ADMIN,
        lambda w, a, one: schedules.delete(w.database, a, one.id),
        auto_schedule,
    ),
    "signin.inviting.invite": Row("invite people", Role.ADMIN, lambda w, a, _: invite(w, a), tokens=False),
    "signin.links.reset_link": Row(
        "make a member a new link",
        Role.ADMIN,
        lambda w, a, one: signin.reset_link(w.database, a, one),
        member,
        tokens=False,
    ),
    "signin.managing.set_enabled": Row(
        "disable and enable accounts of members",
        Role.ADMIN,
        lambda w, a, one: signin.set_enabled(w.database, a, one, False),
        member,
        tokens=False,
    ),
    "signin.sessions.end_sessions": Row(
        "sign a member out everywhere",
        Role.ADMIN,
        lambda w, a, one: signin.end_sessions(w.database, a, one),
        member,
        tokens=False,
    ),
    "signin.sessions.sign_out_everywhere": Row(
        "sign oneself out everywhere",
        ANYBODY,
        lambda w, a, _: signin.sign_out_everywhere(w.database, a),
        tokens=False,
    ),
    "signin.by_password.change_password": Row(
        "change one's own password", ANYBODY, lambda w, a, _: change_password(w, a), tokens=False
    ),
    "signin.links.give_password": Row(
        "set somebody else's password",
        NOBODY,
        lambda w, a, one: signin.give_password(w.database, a, one, PASSWORD),
        member,
        tokens=False,
    ),
    "tokens.making.make_token": Row(
        "make API tokens",
        Role.ADMIN,
        lambda w, a, _: tokens.make_token(w.database, a, w.project_id, fresh("Mine"), Role.VIEWER),
        tokens=False,
    ),
    "tokens.making.revoke_token": Row(
        "revoke the API tokens of others",
        Role.ADMIN,
        lambda w, a, one: tokens.revoke_token(w.database, a, one),
        token,
        tokens=False,
    ),
    "endpoints.editing.set_endpoint": Row(
        "set the project's model endpoint", Role.ADMIN, lambda w, a, _: set_endpoint(w, a)
    ),
    "endpoints.editing.remove_endpoint": Row(
        "forget the project's model endpoint",
        Role.ADMIN,
        lambda w, a, _: endpoints.remove_endpoint(w.database, a, w.project_id),
        own_endpoint,
    ),
}
"""By use case; a second word sets apart two uses of one. The endpoint comes last: it changes who is asked."""

NO_ROWS = {
    "inbox.reading.mark_read": "marks the actor's own news and passes over everybody else's",
    "lab.importing.import_task": "the plan of an import, which is authorised step by step",
    "signin.by_password.set_password": "the part of two use cases that authorised before",
    "signin.sessions.sessions_of": "shows the actor's own, wherever they are a member",
}
"""What looks like a use case and is none that a role decides about."""

HEAD = """# Who may do what

Each role may do what those before it may. The rule stands in the use cases, so it holds on pages, on the
command line and over MCP alike; whoever is no member of a project sees nothing of it, and an id of another
project answers them as one that nobody has. This table is made by
`python -m tests.role_matrix` from the rows that `tests/integration/test_role_matrix.py` tries one by one, as
a person of each role, as somebody outside the project and with API tokens.

| to | viewer | labeller | editor | admin | API token |
|---|---|---|---|---|---|
"""
FOOT = """
A viewer reads everything in the project but who signed in when, which its admins see. An API token may do
what its role and its maker's role both allow, where the last column has a mark. Setting somebody else's
password is for whoever has a shell on the server (`python -m core user reset --password-stdin`).
"""


def table() -> str:
    return HEAD + "".join(_line(row) for row in ROWS.values()) + FOOT


def _line(row: Row) -> str:
    least = Role.VIEWER if row.needs == ANYBODY else row.needs
    marks = ["✓" if isinstance(least, Role) and role >= least else "" for role in Role]
    return f"| {row.words} | {' | '.join([*marks, '✓' if row.tokens else ''])} |\n"


if __name__ == "__main__":
    DOCS.write_text(table(), encoding="utf-8")
