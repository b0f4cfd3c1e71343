"""Users, projects and who may do what in them.

The command line acts for the local admin: whoever has a shell here has the database too. Their role is
a membership like any other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from core import audit
from core.cron import zone
from core.db import Database, insert_once
from core.errors import AlreadyExists, NotAllowed, NotFound, Refused
from core.models import Membership, Project, User
from core.storable import storable_text
from core.terms import Actor, Origin, Role

ADDRESS = re.compile(r"[^@\s<>,;:\"\x00-\x1f\x7f]+@[^@\s<>,;:\"\x00-\x1f\x7f]+")
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class ProjectView:
    id: int
    name: str
    timezone: str
    model: str | None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


def authorise(
    session: Session,
    actor: Actor,
    project_id: int,
    needed: Role,
    what: str,
    *,
    unseen: NotFound | None = None,
) -> None:
    """Raise NotAllowed unless the actor has at least the role `needed` in the project.

    `unseen` is what to raise for somebody outside the project: what would be said of an id that is nobody's,
    so that counting ids up tells nothing of other projects.
    """
    role = role_in(session, actor, project_id)
    if role is None and unseen is not None:
        raise unseen
    if role is None or role < needed:
        raise NotAllowed(actor.name, what, needed.name.lower())


def refuse_token(actor: Actor) -> None:
    """Raise Refused for an API token: a stolen one must not let people in, who would outlast it."""
    if actor.scope is not None:
        raise Refused("People and projects are managed by people who signed in, not by tokens.")


def role_in(session: Session, actor: Actor, project_id: int) -> Role | None:
    """The actor's role in the project: at most what their token allows; None where they are no member."""
    role = actor.role if actor.user_id is None else _role(session, actor.user_id, project_id)
    if role is None or actor.scope is None:
        return role
    return min(role, actor.scope.role) if actor.scope.project_id == project_id else None


def visible_projects(actor: Actor) -> Select[int]:
    """The ids of the projects an actor may look into, as a query to select within."""
    if actor.user_id is None:
        return select(Project.id)
    mine = (
        select(Membership.project_id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.user_id == actor.user_id, User.enabled.is_(True))
    )
    return mine if actor.scope is None else mine.where(Membership.project_id == actor.scope.project_id)


def local_admin(database: Database, email: str, origin: Origin) -> Actor:
    """The person at this machine, made on first use."""
    with database.read() as session:
        user = session.scalar(select(User).where(User.email == email))
    if user is None:
        with database.write() as session:
            insert_once(session, User, {"email": email, "name": "Local admin", "enabled": True}, User.id)
            user = session.scalars(select(User).where(User.email == email)).one()
    return Actor(user_id=user.id, name=user.email, origin=origin)


def product(origin: Origin = Origin.SYSTEM) -> Actor:
    """The product itself: a schedule that fires outlives the person who made it."""
    return Actor(user_id=None, name="Plumbline", origin=origin, role=Role.ADMIN)


def add_project(database: Database, actor: Actor, name: str, timezone: str = "UTC") -> ProjectView:
    """Make a project; who makes it is its first admin. Raises AlreadyExists, UnknownZone, Refused."""
    refuse_token(actor)
    name = clean_name(name, "project")
    zone(timezone)
    with database.write() as session:
        made = insert_once(session, Project, {"name": name, "timezone": timezone}, Project.id)
        if made is None:
            raise AlreadyExists("project", name)
        if actor.user_id is not None:
            session.add(Membership(project_id=made, user_id=actor.user_id, role=Role.ADMIN))
        details = audit.made({"timezone": timezone})
        audit.record(session, actor, "project.add", f"project {name}", project_id=made, details=details)
    return ProjectView(made, name, timezone, None)


def find_project(session: Session, project: int | str) -> Project:
    """A project by id or name. Raises NotFound."""
    clause = Project.id == project if isinstance(project, int) else Project.name == project
    found = session.scalar(select(Project).where(clause))
    if found is None:
        raise NotFound("project", project)
    return found


def project_view(database: Database, project: int | str) -> ProjectView:
    with database.read() as session:
        found = find_project(session, project)
        return ProjectView(found.id, found.name, found.timezone, found.model)


def projects_of(database: Database, actor: Actor) -> list[ProjectView]:
    """The projects the actor is a member of, by name; all of them for the product itself."""
    query = select(Project).where(Project.id.in_(visible_projects(actor))).order_by(Project.name)
    with database.read() as session:
        return [ProjectView(row.id, row.name, row.timezone, row.model) for row in session.scalars(query)]


def add_user(
    database: Database, actor: Actor, email: str, role: Role, project: int | str | None = None
) -> int:
    """Give a person a role in one project, or in every project there is. Returns the user's id.

    Raises Refused for an address that is none and for a last admin, NotAllowed unless the actor is
    admin there.
    """
    refuse_token(actor)
    with database.write() as session:
        user = account_of(session, email)
        projects = _projects(session, project)
        for project_id in projects:
            authorise(session, actor, project_id, Role.ADMIN, "add members")
            put_in(session, actor, project_id, user, role)
        if not projects:
            audit.record(session, actor, "user.add", f"user {user.email}")
        return user.id


def account_of(session: Session, email: str) -> User:
    """The account with this address, locked; made where there is none. Raises Refused for no address."""
    email = email.strip()
    if not ADDRESS.fullmatch(email) or len(email) > 320 or storable_text(email) != email:
        raise Refused(f"“{email[:80]}” is not an email address.")
    known = by_email(session, email)
    if known is None:
        insert_once(session, User, {"email": email, "name": "", "enabled": True}, User.id)
        known = session.scalars(select(User).where(User.email == email)).one()
    # Not its key: a row of the audit that names the account must not have to wait for this.
    return session.get_one(User, known.id, with_for_update={"key_share": True})


def put_in(session: Session, actor: Actor, project_id: int, user: User, role: Role) -> None:
    """Make somebody a member, or give a member this role. The caller authorised it."""
    membership = membership_of(session, project_id, user.id)
    if membership is None:
        session.add(Membership(project_id=project_id, user_id=user.id, role=role))
        action, details = "member.add", {"role": role.name.lower()}
    else:
        action, details = "member.role", change_role(session, membership, role)
    audit.record(session, actor, action, f"member {user.email}", project_id=project_id, details=details)


def membership_of(session: Session, project_id: int, user_id: int) -> Membership | None:
    """Somebody's membership, locked after those of the admins: two who change each other's would else each
    hold what the other waits for."""
    admins_of(session, project_id)
    return session.scalar(
        select(Membership)
        .where(Membership.project_id == project_id, Membership.user_id == user_id)
        .with_for_update()
    )


def change_role(session: Session, membership: Membership, role: Role) -> dict[str, str]:
    """Give a member another role; what it was and is, for the audit. Raises Refused for the last admin."""
    if role < Role.ADMIN:
        refuse_last_admin(session, membership)
    before, membership.role = Role(membership.role), role
    return {"from": before.name.lower(), "to": role.name.lower()}


def refuse_last_admin(session: Session, membership: Membership) -> None:
    """Raise Refused for the project's only admin."""
    if admins_of(session, membership.project_id) == [membership.user_id]:
        raise Refused("This is the project's only admin; make somebody else an admin first.")


def admins_of(session: Session, project_id: int) -> list[int]:
    """Who of the enabled people administers the project; locked, so that two cannot leave at one moment.

    Who is enabled is asked once the lock is there: PostgreSQL would answer both in one statement by what
    was true before it waited.
    """
    admins = (
        select(Membership.user_id)
        .where(Membership.project_id == project_id, Membership.role >= Role.ADMIN.value)
        .order_by(Membership.id)
        .with_for_update()
    )
    found = list(session.scalars(admins))
    enabled = set(session.scalars(select(User.id).where(User.id.in_(found), User.enabled.is_(True))))
    return [user_id for user_id in found if user_id in enabled]


def by_email(session: Session, email: str) -> User | None:
    """The user with this address, ASCII letters in whatever case; the oldest where there are two.

    Other letters count as they are written: folding them would make one of two different addresses
    (“ß” and “ss”, the Kelvin sign and “k”), and hand somebody's account to who owns the other.
    """
    wanted = email.strip()
    same = User.email == wanted
    if wanted.isascii():
        same |= func.lower(User.email) == wanted.lower()
    return session.scalar(select(User).where(same).order_by(User.email != wanted, User.id).limit(1))


def recipients(session: Session, project_id: int) -> list[str]:
    """Addresses of the enabled members whose notifications are on, in a stable order."""
    return list(
        session.scalars(
            select(User.email)
            .join(Membership, Membership.user_id == User.id)
            .where(
                Membership.project_id == project_id,
                Membership.email_notifications.is_(True),
                User.enabled.is_(True),
            )
            .order_by(User.id)
        )
    )


def clean_name(name: str, thing: str) -> str:
    """A trimmed name. Raises Refused when it is empty, too long or holds control characters."""
    name = name.strip()
    if not name:
        raise Refused(f"The {thing} needs a name.")
    if len(name) > MAX_NAME:
        raise Refused(f"The name of the {thing} is longer than {MAX_NAME} characters.")
    if any(ord(character) < 32 or ord(character) == 127 for character in name):
        raise Refused(f"The name of the {thing} holds a line break or another control character.")
    return name


ROLE = (
    select(Membership.role)
    .join(User, User.id == Membership.user_id)
    .where(
        Membership.user_id == bindparam("user_id"),
        Membership.project_id == bindparam("project_id"),
        User.enabled.is_(True),
    )
)
"""Built once: every use case asks it, and building it takes longer than the database does."""


def _role(session: Session, user_id: int, project_id: int) -> Role | None:
    found = session.scalar(ROLE, {"user_id": user_id, "project_id": project_id})
    return None if found is None else Role(found)


def _projects(session: Session, project: int | str | None) -> list[int]:
    if project is not None:
        return [find_project(session, project).id]
    return list(session.scalars(select(Project.id).order_by(Project.id)))
