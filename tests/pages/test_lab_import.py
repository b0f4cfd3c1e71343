"""The page's logic around a file that is too large to come in at once, and mappings that are remembered."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from core import imports
from core.terms import EvalSettings, Role
from dashboard import product
from tests.page_world import PageWorld, page_world
from tests.pages.lab_page import Lab, buttons, html, lab_of, texts

__all__ = ["page_world"]

LONG = f"User: {'so it goes. ' * 400}"


@pytest.fixture
def polite(page_world: PageWorld) -> Lab:
    return lab_of(page_world, EvalSettings())


def hand_in(page: AppTest, *rows: dict[str, str], name: str = "calls.jsonl") -> AppTest:
    content = "\n".join(json.dumps(row) for row in rows).encode()
    page.file_uploader[0].upload(name, content, "application/json")
    return page.run()


def large(polite: Lab) -> AppTest:
    """A file of three megabytes, handed in and agreed to."""
    rows = [{"id": f"long-{number}", "transcript": LONG} for number in range(600)]
    page = hand_in(polite.open(part="import"), *rows)
    return buttons(page)["Import 600 rows"].click().run()


def job_of(polite: Lab) -> imports.ImportView:
    found = imports.newest(polite.world.database, polite.world.actor, polite.world.project_id)
    assert found is not None
    return found


def test_a_large_file_waits_for_a_worker_and_can_be_called_off(polite: Lab) -> None:
    page = large(polite)
    assert not page.exception
    assert "calls.jsonl** is on its way in" in texts(page.markdown).replace("\\", "")
    assert "Redis does not answer" in texts(page.error)
    buttons(page)["Cancel"].click().run()
    assert job_of(polite).job.status == "cancelled"
    page.run()
    assert "It was cancelled" in texts(page.warning)
    assert page.file_uploader


def test_what_a_worker_did_with_it_is_there_for_everybody(polite: Lab) -> None:
    large(polite)
    imports.bring_in_here(polite.world.database, product.settings(), job_of(polite).job.id)
    polite.world.sign_in_as("labeller@clinic.test", Role.LABELLER)
    page = polite.open(part="import")
    assert "The last file: calls.jsonl" in "\n".join(each.label for each in page.expander).replace("\\", "")
    assert "Imported 600 of 600 rows" in texts(page.success)


def test_a_mapping_is_remembered_for_the_next_file_alike(polite: Lab) -> None:
    page = hand_in(polite.open(part="import"), {"ref": "r1", "dialogue": "User: hi", "words": "User: other"})
    {select.label: select for select in page.selectbox}["Transcript (needed)"].set_value("words").run()
    buttons(page)["Import 1 row"].click().run()
    page = hand_in(polite.open(part="import"), {"ref": "r2", "dialogue": "User: ho", "words": "User: again"})
    assert {select.label: select for select in page.selectbox}["Transcript (needed)"].value == "words"
    assert "As chosen for the last such file" in texts(page.caption)


def test_what_was_recognised_is_said_before_anything_is_written(polite: Lab) -> None:
    page = hand_in(polite.open(part="import"), {"id": "one", "transcript": "User: <script>hi</script>"})
    assert "Recognised JSON Lines with 1 call of text with speakers" in texts(page.caption)
    assert "<script>" not in html(page)
    assert imports.newest(polite.world.database, polite.world.actor, polite.world.project_id) is None
