"""The store of paid answers: what was saved is found again, by the job that paid for it."""

from __future__ import annotations

import pytest

from core import jobs
from core.judging.judge import VerdictKey
from core.terms import Usage, Verdict, VerdictStatus
from core.verdicts import BATCH, SQLAnswers, SQLVerdicts, spent
from tests.databases import on_both
from tests.world import World

YES = Verdict(VerdictStatus.ANSWERED, "true", "Because.")
MUMBLED = Verdict(VerdictStatus.UNREADABLE, None, "Hm.", "The answer was not valid JSON.")


@pytest.fixture
def two_jobs(world: World) -> tuple[int, int]:
    with world.database.write() as session:
        first, second = (jobs.add(session, "evaluate", number) for number in (1, 2))
    assert first is not None
    assert second is not None
    return first, second


@pytest.fixture
def calls(world: World) -> list[int]:
    """More calls than one query names."""
    metric = world.metric()
    for number in range(3):
        world.row(metric, str(number))
    return [1, 2, 3, *range(4, BATCH + 50)]


@on_both
def test_what_was_saved_is_found_by_its_whole_key(
    world: World, two_jobs: tuple[int, int], calls: list[int]
) -> None:
    store = SQLVerdicts(world.database, world.project_id, two_jobs[0])
    first, second = VerdictKey(calls[0], "a"), VerdictKey(calls[1], "a")
    store.save([(first, YES, Usage(1, 100, 10)), (second, MUMBLED, Usage(2, 200, 20))])

    asked = [VerdictKey(call, "a") for call in calls]
    assert store.find(asked) == {first: YES, second: MUMBLED}
    assert store.find([VerdictKey(calls[0], "b"), VerdictKey(calls[0], "a", sample=1)]) == {}
    assert store.find([]) == {}


@on_both
def test_an_answer_that_is_there_stays_as_it_is(
    world: World, two_jobs: tuple[int, int], calls: list[int]
) -> None:
    store = SQLVerdicts(world.database, world.project_id, two_jobs[0])
    key = VerdictKey(calls[0], "a")
    store.save([(key, YES, Usage(1, 100, 10))])
    store.save([(key, MUMBLED, Usage(1, 100, 10)), (VerdictKey(calls[1], "a"), YES, Usage(1, 100, 10))])
    assert store.find([key]) == {key: YES}
    with world.database.read() as session:
        assert spent(session, two_jobs[0]) == Usage(2, 200, 20)


@on_both
def test_another_job_pays_for_its_own_answers(
    world: World, two_jobs: tuple[int, int], calls: list[int]
) -> None:
    mine, theirs = (SQLVerdicts(world.database, world.project_id, job) for job in two_jobs)
    key = VerdictKey(calls[0], "a")
    mine.save([(key, YES, Usage(1, 100, 10))])
    assert theirs.find([key]) == {}
    theirs.save([(key, MUMBLED, Usage(1, 100, 10))])
    assert (mine.find([key]), theirs.find([key])) == ({key: YES}, {key: MUMBLED})


@on_both
def test_the_writers_answers_are_kept_and_counted_too(
    world: World, two_jobs: tuple[int, int], calls: list[int]
) -> None:
    answers = SQLAnswers(world.database, two_jobs[0])
    assert answers.find("a") is None
    answers.save("a", {"rules": [{"text": "ü", "label_ids": [1]}]}, Usage(2, 300, 30))
    answers.save("a", {"rules": []}, Usage(1, 100, 10))
    assert answers.find("a") == {"rules": [{"text": "ü", "label_ids": [1]}]}
    assert SQLAnswers(world.database, two_jobs[1]).find("a") is None

    verdicts = SQLVerdicts(world.database, world.project_id, two_jobs[0])
    verdicts.save([(VerdictKey(calls[0], "a"), YES, Usage(1, 100, 10))])
    with world.database.read() as session:
        assert spent(session, two_jobs[0]) == Usage(3, 400, 40)
        assert spent(session, two_jobs[1]) == Usage()
