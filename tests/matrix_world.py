"""A project prepared once and copied for each row of the matrices of roles: with what takes long to make."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core import accounts, deliveries, metrics, queue, runs
from core.db import Database
from core.jobs.workplace import Workplace
from core.models import AuditEvent
from core.settings import Settings
from core.terms import Actor, Definition, Role, Scope
from tests.integration.smtp_servers import Inbox, running_smtp
from tests.model_endpoint import ModelEndpoint
from tests.scripted_model import BETTER, ScriptedModel
from tests.servers import RedisServer
from tests.world import World, founded, person, settings_for

EACH = 4
"""An editor's row is used up by the editor, the admin and a token of each."""
_numbers = count(1)


@dataclass
class Spare:
    """Waiting proposals with the mails of their runs, and proposals with a trial that scored an edit."""

    proposals: list[int] = field(default_factory=list)
    mails: list[int] = field(default_factory=list)
    edited: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class MatrixWorld(World):
    """`outsider` is somebody with a project of their own, `there` another project of the admin's."""

    outsider: Actor
    there: int
    spare: Spare

    def everybody(self) -> dict[str, Actor]:
        """People from the least to the most, then the admin by tokens: of another project, and of each role
        in this one."""
        people = {"stranger": self.outsider} | {role.name.lower(): self.people[role] for role in Role}
        elsewhere = {"token of another project": self._bearer(self.there, Role.ADMIN)}
        here = {f"{role.name.lower()}'s token": self._bearer(self.project_id, role) for role in Role}
        return people | elsewhere | here

    def deeds_of(self, actor: Actor) -> int:
        """How many audit rows bear the actor's name."""
        with self.database.read() as session:
            mine = select(func.count()).where(AuditEvent.user_id == actor.user_id)
            return session.scalar(mine) or 0

    def _bearer(self, project_id: int, role: Role) -> Actor:
        return replace(self.admin, scope=Scope(project_id, role, token_id=0))


@dataclass(frozen=True)
class Prepared:
    """The file of a database, and what is in it."""

    file: Path
    settings: Settings
    model: ScriptedModel
    endpoint: ModelEndpoint
    inbox: Inbox
    project_id: int
    people: dict[Role, Actor]
    outsider: Actor
    there: int
    spare: Spare

    def world(self, database: Database) -> MatrixWorld:
        settings = self.settings.model_copy(update={"database_url": None, "plumbline_home": self.file.parent})
        return MatrixWorld(
            Workplace(database, settings),
            queue.connect(settings.redis),
            self.endpoint,
            self.model,
            self.inbox,
            self.project_id,
            self.people,
            self.outsider,
            self.there,
            Spare(list(self.spare.proposals), list(self.spare.mails), list(self.spare.edited)),
        )


def fresh(name: str) -> str:
    return f"{name} {next(_numbers)}"


@pytest.fixture(scope="module")
def prepared(
    migrated_file: Path, _shared_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prepared]:
    home = tmp_path_factory.mktemp("matrix")
    file, inbox, model = home / "plumbline.db", Inbox(), ScriptedModel()
    shutil.copy(migrated_file, file)
    database = Database(f"sqlite:///{file}")
    with ModelEndpoint(model) as endpoint, running_smtp(inbox) as port:
        settings = settings_for(home, database, _shared_redis.url, endpoint, f"smtp://127.0.0.1:{port}")
        project_id, people = founded(database)
        outsider = person(database, "stranger@elsewhere.test")
        accounts.add_project(database, outsider, "Elsewhere")
        there = accounts.add_project(database, people[Role.ADMIN], "There").id
        bare = Prepared(file, settings, model, endpoint, inbox, project_id, people, outsider, there, Spare())
        spare = _spare(bare.world(database))
        database.dispose()
        yield replace(bare, spare=spare)


@pytest.fixture
def matrix(prepared: Prepared, tmp_path: Path) -> Iterator[MatrixWorld]:
    """A copy of its own."""
    file = tmp_path / "plumbline.db"
    shutil.copy(prepared.file, file)
    database = Database(f"sqlite:///{file}")
    yield replace(prepared, file=file).world(database)
    database.dispose()


def _spare(world: MatrixWorld) -> Spare:
    spare = Spare([waiting_proposal(world) for _ in range(EACH)])
    sent = deliveries.deliveries_of(world.database, world.admin, world.project_id).deliveries
    spare.mails = [one.id for one in sent]
    edit_of_it = Definition(f"{BETTER} A short goodbye is enough.")
    for waiting in spare.proposals:
        started = runs.score_edited(world.database, world.admin, waiting, edit_of_it)
        spare.edited.append((waiting, started.trial_id))
    world.work()
    return spare


def waiting_proposal(world: World) -> int:
    metric_id = world.labelled(fresh("Labelled"))
    world.improve(metric_id)
    return metrics.retrieve(world.database, world.admin, metric_id).waiting_proposal or 0
