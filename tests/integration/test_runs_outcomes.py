from __future__ import annotations

from core.terms import Outcome
from tests.databases import on_both
from tests.scripted_model import BETTER
from tests.world import AUTO_APPLY, World


@on_both
def test_a_better_prompt_goes_live_where_the_run_may_apply(world: World) -> None:
    metric = world.metric()
    world.label(metric, right=3, wrong=6)

    result = world.improve(metric, AUTO_APPLY)

    assert result.outcome is Outcome.APPLIED
    assert (str(result.baseline), str(result.optimised)) == ("3 of 9", "9 of 9")
    assert world.live(metric) == BETTER
