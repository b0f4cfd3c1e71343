"""Where the calls of a project go, for whoever makes them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import addresses, vault
from core.endpoints.values import FREE, PROJECT, Destination, Prices
from core.models import ModelEndpoint
from core.settings import Settings


def destination_of(session: Session, settings: Settings, project_id: int) -> Destination:
    """Where a project's calls go. The installation's key is for its own address alone, and so is a
    project's. Raises vault.CannotOpen and vault.KeyUnusable for a stored key that cannot be read."""
    stored = session.get(ModelEndpoint, project_id)
    if stored is None:
        return installed(settings)
    key = "" if stored.sealed_key is None else _opened(settings, stored.sealed_key, stored)
    return Destination(stored.base_url, stored_prices(stored), key, PROJECT, addresses.checker(settings))


def installed(settings: Settings) -> Destination:
    """Where the calls of projects without an endpoint of their own go."""
    key = settings.llm_api_key.get_secret_value().strip() if settings.llm_api_key else ""
    return Destination((settings.llm_base_url or "").strip(), _installed_prices(settings), key)


def prices_of(session: Session, settings: Settings, project_id: int) -> Prices:
    """What a project's calls cost."""
    stored = session.get(ModelEndpoint, project_id)
    return _installed_prices(settings) if stored is None else stored_prices(stored)


def own_address(session: Session, project_id: int) -> str | None:
    """The address of a project's own endpoint, None for the installation's."""
    return session.scalar(select(ModelEndpoint.base_url).where(ModelEndpoint.project_id == project_id))


def bound_to(project_id: int, base_url: str) -> str:
    """What a key is sealed for: it opens for no other project and no other address."""
    return f"model endpoint of project {project_id} at {base_url}"


def stored_prices(stored: ModelEndpoint) -> Prices:
    return Prices(stored.price_input, stored.price_output)


def _installed_prices(settings: Settings) -> Prices:
    """The demo model has no price."""
    return FREE if settings.demo_model else Prices(settings.llm_price_input, settings.llm_price_output)


def _opened(settings: Settings, sealed_key: str, stored: ModelEndpoint) -> str:
    about = bound_to(stored.project_id, stored.base_url)
    try:
        return vault.open_sealed(settings, sealed_key, about)
    except vault.CannotOpen:
        raise vault.CannotOpen(
            "The stored key of this project's model endpoint was encrypted with another SECRET_KEY: enter "
            "the key again under Project settings → Model endpoint, or bring the old SECRET_KEY back."
        ) from None
