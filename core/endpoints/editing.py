"""Give a project an endpoint of its own, change it, take it away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core import audit, vault
from core.accounts import authorise, find_project
from core.addresses import Lookup, addresses_of
from core.db import Database, database_now
from core.endpoints.checking import clean_address, clean_key, clean_model, clean_prices
from core.endpoints.serving import bound_to, stored_prices
from core.endpoints.values import Prices
from core.errors import NotFound, Refused
from core.llm.faults import shown_address
from core.models import ModelEndpoint, Project
from core.settings import Settings
from core.terms import Actor, Role

WHAT = "change the model endpoint"


@dataclass(frozen=True, slots=True)
class EndpointView:
    """A project's own endpoint, as its people see it. `set_at`: when address or key were last entered."""

    base_url: str
    model: str
    has_key: bool
    prices: Prices
    set_at: datetime


def endpoint_of(database: Database, actor: Actor, project_id: int) -> EndpointView | None:
    """The project's own endpoint without its key, None for the installation's. Raises NotAllowed."""
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see the model endpoint")
        return _stored(session, find_project(session, project_id))


def set_endpoint(
    database: Database,
    settings: Settings,
    actor: Actor,
    project_id: int,
    *,
    base_url: str,
    model: str,
    key: str = "",
    price_input: float | None = None,
    price_output: float | None = None,
    lookup: Lookup = addresses_of,
) -> EndpointView:
    """Give a project an endpoint of its own, or change it. An empty key keeps the one that is stored,
    unless the address changes: a key is for the address it was entered for.

    Raises NotFound, NotAllowed, AddressNotAllowed, and Refused for a model or key that cannot be one,
    a price below zero, or a vault that cannot be used.
    """
    with database.read() as session:
        authorise(session, actor, project_id, Role.ADMIN, WHAT)  # before anything is looked up for them
    base_url, key = clean_address(base_url, settings, lookup), clean_key(key)
    model = clean_model(model)
    if not model:
        raise Refused("Name the model that is asked there.")
    prices = clean_prices(price_input, price_output)
    sealed = vault.seal(settings, key, bound_to(project_id, base_url)) if key else None
    with database.write() as session:
        authorise(session, actor, project_id, Role.ADMIN, WHAT)
        project = find_project(session, project_id)
        session.refresh(project, with_for_update={"key_share": True})  # two at once take turns
        before = _stored(session, project)
        _store(session, project_id, base_url, sealed, prices)
        project.model = model
        after = _stored(session, project)
        assert after is not None  # it was stored two lines above
        _record(session, actor, project, before, after, new_key=sealed is not None)
        return after


def remove_endpoint(database: Database, actor: Actor, project_id: int) -> None:
    """Go back to the installation's endpoint and model; the key is forgotten. Raises NotFound, NotAllowed."""
    with database.write() as session:
        authorise(session, actor, project_id, Role.ADMIN, WHAT)
        project = find_project(session, project_id)
        stored = session.get(ModelEndpoint, project_id, with_for_update=True)
        if stored is None:
            raise NotFound("model endpoint of project", project.name)
        details = {"address": shown_address(stored.base_url), "model": project.model}
        session.delete(stored)
        project.model = None
        audit.record(
            session,
            actor,
            "endpoint.remove",
            f"project {project.name}",
            project_id=project_id,
            details=details,
        )


def _stored(session: Session, project: Project) -> EndpointView | None:
    stored = session.get(ModelEndpoint, project.id)
    if stored is None:
        return None
    return EndpointView(
        base_url=stored.base_url,
        model=project.model or "",
        has_key=stored.sealed_key is not None,
        prices=stored_prices(stored),
        set_at=stored.updated_at,
    )


def _store(session: Session, project_id: int, base_url: str, sealed: str | None, prices: Prices) -> None:
    now, stored = database_now(session), session.get(ModelEndpoint, project_id)
    if stored is None:
        stored = ModelEndpoint(project_id=project_id, base_url="")
        session.add(stored)
    if stored.base_url != base_url or sealed is not None:
        stored.base_url, stored.sealed_key, stored.updated_at = base_url, sealed, now
    stored.price_input, stored.price_output = prices.input, prices.output
    session.flush()


def _record(
    session: Session,
    actor: Actor,
    project: Project,
    before: EndpointView | None,
    after: EndpointView,
    *,
    new_key: bool,
) -> None:
    """What changed, without the key: only what became of it."""
    was = {} if before is None else _told(before)
    changed = {name: [was.get(name), value] for name, value in _told(after).items() if was.get(name) != value}
    if new_key:
        changed["key"] = ["set" if before and before.has_key else "none", "set anew"]
    if changed:
        audit.record(
            session,
            actor,
            "endpoint.set",
            f"project {project.name}",
            project_id=project.id,
            details=changed,
        )


def _told(view: EndpointView) -> dict[str, object]:
    return {
        "address": shown_address(view.base_url),
        "model": view.model,
        "key": "set" if view.has_key else "none",
        "price_input": view.prices.input,
        "price_output": view.prices.output,
    }
