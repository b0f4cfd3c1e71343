"""Rules that a rewrite lost are stated again, and notes that were overlooked are shown again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.optimiser.case import Found
from tests.unit.pupil import FINE, LATE, LIVE, REFUNDS, Pupil, follows, rows, searched

ONE_LATE = ("late", 1, "false", "late means false.")
TOO_FEW_FOR_A_ROUND = rows(REFUNDS, ONE_LATE, FINE)
LOST_ONE = "late means false."


@dataclass
class Forgetful(Pupil):
    """A writer that loses a rule among others, and takes it in where it is told of it alone."""

    alone: tuple[str, ...] = (LOST_ONE,)

    def _proposal(self, data: dict[str, Any]) -> Mapping[str, Any]:
        texts = [rule["text"] for rule in data["rules"] if rule["text"] != LOST_ONE]
        wanted = texts or self.alone
        return super()._proposal({**data, "rules": [{"text": text} for text in wanted]})


def test_a_rule_that_the_rewrite_lost_is_stated_again() -> None:
    found, _, stages = searched(TOO_FEW_FOR_A_ROUND, Forgetful())
    assert isinstance(found, Found)
    assert LOST_ONE in found.candidate.definition.description
    assert {rule.text for rule in found.candidate.rules} == {"refund means false.", LOST_ONE}
    assert "Stating rules again" in stages.names
    assert "Stated a rule without effect once more: 21 of 21." in found.log


def test_one_that_comes_to_nothing_again_is_judged_on_its_own_rows_alone() -> None:
    found, judge, stages = searched(TOO_FEW_FOR_A_ROUND, Forgetful(alone=("Mind the time.",)))
    assert isinstance(found, Found)
    assert "Mind the time." not in found.candidate.definition.description
    assert "Stating rules again" in stages.names
    [late] = [row for row in TOO_FEW_FOR_A_ROUND if row.group.startswith("late")]
    assert [ids for asked, ids in judge.asked if "Mind the time." in asked.description] == [(late.review_id,)]


def test_where_every_rule_has_an_effect_none_is_stated_again() -> None:
    _, _, stages = searched(TOO_FEW_FOR_A_ROUND, Pupil())
    assert "Stating rules again" not in stages.names


def test_a_rewrite_that_lost_to_the_live_definition_is_not_mended_so() -> None:
    """Whatever the rules say there, it is the wording that is at fault."""
    turned = tuple(row for row in rows(("refund", 4, "false", "fine means false."), FINE))
    found, _, stages = searched(turned, Forgetful())
    assert isinstance(found, Found)
    assert follows(found.candidate.definition, turned[-1]) == "false" != follows(LIVE, turned[-1])
    assert "Stating rules again" not in stages.names


def test_notes_are_shown_a_third_time_where_the_second_look_found_some_of_them() -> None:
    class Slow(Pupil):
        """Hears one kind a reading."""

        def _rules(self, data: dict[str, Any]) -> list[dict[str, Any]]:
            return super()._rules(data)[:1]

    writer = Slow()
    found, _, _ = searched(rows(REFUNDS, LATE, ("rude", 6, "false", "rude means false."), FINE), writer)
    assert isinstance(found, Found)
    assert len(found.candidate.rules) == 3
    assert [name for name, _ in writer.asked].count("distilled_rules") == 3


def test_a_second_look_that_found_nothing_is_the_last() -> None:
    writer = Pupil(overlooks=("late",), misses=9)
    searched(
        rows(("refund", 8, "false", "refund means false."), ("late", 1, "false", LOST_ONE), FINE), writer
    )
    assert [name for name, _ in writer.asked].count("distilled_rules") == 2
