"""What every kind of job works with."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.db import Database
from core.endpoints import Destination, destination_of
from core.jobs.month import Allowance
from core.llm.budget import Budget
from core.llm.client import ModelClient
from core.settings import Settings
from core.terms import Usage

NOTHING = Usage()


@dataclass(frozen=True, slots=True)
class Workplace:
    """The parts of a worker process, handed to the jobs it performs."""

    database: Database
    settings: Settings

    def model(self, project_id: int) -> ProjectModel:
        """What a project's calls go to, as it is now.

        Raises vault.CannotOpen and vault.KeyUnusable (both Refused) for a stored key that cannot be read.
        """
        with self.database.read() as session:
            destination = destination_of(session, self.settings, project_id)
        return ProjectModel(self.database, self.settings, project_id, destination)


@dataclass(frozen=True, slots=True)
class ProjectModel:
    """A project's endpoint, with its own key and prices, or the installation's."""

    database: Database
    settings: Settings
    project_id: int
    destination: Destination

    def client(self, model: str) -> ModelClient:
        """A client for one of the endpoint's models."""
        return self.destination.client(model, self.settings.llm_timeout_seconds)

    def budget(
        self,
        job_id: int,
        max_calls: int | None = None,
        max_cost: float | None = None,
        already: Usage = NOTHING,
    ) -> Budget:
        """A budget for the rest of a job whose earlier attempts spent `already`, within the project's month.

        Raises Refused for a limit in money while no prices are set.
        """
        prices = self.destination.prices
        paid = prices.cost(already) or 0.0
        return Budget(
            max_calls=None if max_calls is None else max(0, max_calls - already.calls),
            max_cost=None if max_cost is None else max(0.0, max_cost - paid),
            price_input=prices.input,
            price_output=prices.output,
            cover=self._month(job_id, replace(already, cost=paid)).cover,
        )

    def _month(self, job_id: int, already: Usage) -> Allowance:
        priced = self.destination.prices.input is not None and self.destination.prices.output is not None
        return Allowance(self.database, self.project_id, job_id, priced, already)


def make_workplace(settings: Settings) -> Workplace:
    """The parts as the settings name them."""
    return Workplace(Database(settings.database), settings)
