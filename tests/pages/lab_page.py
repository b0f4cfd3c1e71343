"""A Lab on its page: what stands in it, and what is seen of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from core import lab, metrics
from core.models import Call, Job, MetricReview
from core.terms import Definition, EvalSettings
from tests.page_world import PageWorld, page_world

__all__ = ["page_world"]

HOSTILE = "<script>alert(1)</script> **bold** :red[red]"


@dataclass(frozen=True)
class Lab:
    world: PageWorld
    metric_id: int

    def bring_in(self, *rows: dict[str, Any]) -> None:
        source = BytesIO("\n".join(json.dumps(row) for row in rows).encode())
        lab.import_file(self.world.database, self.world.actor, self.world.project_id, self.metric_id, source)

    def judged(self, **values: str) -> None:
        """What the judge answered, by external id."""
        with self.world.database.write() as session:
            rows = session.execute(select(Call.external_id, MetricReview).join(Call))
            for name, review in rows:
                if name in values:
                    review.judged, review.actual_value = "answered", values[name]

    def row(self, external_id: str) -> MetricReview:
        with self.world.database.read() as session:
            return session.scalars(
                select(MetricReview).join(Call).where(Call.external_id == external_id)
            ).one()

    def jobs(self) -> list[Job]:
        with self.world.database.read() as session:
            return list(session.scalars(select(Job)))

    def open(self, row: str | None = None, **parameters: object) -> AppTest:
        if row is not None:
            parameters["review"] = self.row(row).id
        return self.world.open("lab", metric=self.metric_id, **parameters)


def lab_of(world: PageWorld, settings: EvalSettings) -> Lab:
    made = metrics.add(
        world.database, world.actor, world.project_id, "Polite", Definition("Was it polite?"), settings
    )
    return Lab(world, made.id)


@pytest.fixture
def polite(page_world: PageWorld) -> Lab:
    return lab_of(page_world, EvalSettings())


def calls(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [{"id": name, "transcript": f"User: this is {name}", **more} for name in names]


def html(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


def buttons(page: AppTest) -> dict[str, Any]:
    """By their words; what is a user's in them is escaped for Streamlit."""
    return {button.label.replace("\\", ""): button for button in page.button}


def opened_rows(page: AppTest) -> list[str]:
    """The calls of a list of rows, in order."""
    return [
        button.label.replace("\\", "") for button in page.button if str(button.key).startswith("lab-open-")
    ]


def texts(elements: Any) -> str:
    return "\n".join(str(element.value) for element in elements)
