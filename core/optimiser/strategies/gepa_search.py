"""The search of the package gepa, as a second strategy: off by default, installed by whoever wants it.

gepa chooses parents, rows and when to accept; judge, writer, checks and limits are ours. Its own budget is
soft and it goes on when its writer fails, so every row it asks about is counted here, and whatever ends a
run ends its search too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from core.errors import PlumblineError, Refused
from core.optimiser.case import Found, Nothing
from core.optimiser.ceiling import gamble
from core.optimiser.copying import Shown
from core.optimiser.examples import MOST_CHARACTERS, examples
from core.optimiser.plan import expected_search_calls
from core.optimiser.propose import admissible, as_prompt, read_proposal
from core.optimiser.requests import Example
from core.optimiser.search import Search
from core.optimiser.strategies.reflecting import reflect_request
from core.optimiser.trials import Trial
from core.terms import Candidate, Definition, LabelledRow, Trigger, TriggerKind

T = TypeVar("T")

INSTALL = "pip install gepa==0.1.4"
DESCRIPTION, TRIGGER = "description", "trigger"
ROUNDS_WORTH = 4
"""So many times the calls of our own search: gepa finds little with fewer."""
MOST_ERRORS_IN_A_ROW = 3


class Batch(Protocol):
    """gepa's EvaluationBatch, as far as it is read here."""

    outputs: list[LabelledRow]
    scores: list[float]


def search_with_gepa(search: Search) -> Found | Nothing:
    """The best of gepa's candidates on the rows to choose on.

    Raises Refused where the package is not installed, and whatever ended the judge or the writer.
    """
    gepa = package()
    search.stage("Searching with gepa")
    adapter = Adapter(search, gepa.EvaluationBatch)
    gepa.optimize(
        seed_candidate=_texts(as_prompt(search.case.definition), search.may_change_trigger),
        trainset=search.learn,
        valset=search.choose or search.learn,
        adapter=adapter,
        max_metric_calls=adapter.limit,
        stop_callbacks=[lambda _state: adapter.ended],
        logger=Silent(),
        seed=search.trials.seed,
        raise_on_exception=False,
    )
    adapter.raise_what_ended_it()
    return _best(search, adapter)


class Silent:
    """gepa tells its steps to nobody: the run has its own log."""

    def log(self, message: str) -> None: ...


class Adapter:
    """What gepa asks for: scores of a candidate on rows, what went wrong, and a new text."""

    def __init__(self, search: Search, batch: type[Any]) -> None:
        self._search, self._batch = search, batch
        self._trials: dict[str, Trial | None] = {}
        self._rows: dict[str, list[LabelledRow]] = {}
        self._failure: PlumblineError | None = None
        self._unwritten = 0
        self._asked = 0
        wrong = len(search.rows) - search.trials.correct(search.trials.live, search.rows)
        self.limit = ROUNDS_WORTH * max(50, expected_search_calls(len(search.case.labelled), wrong))

    @property
    def ended(self) -> bool:
        """Whether gepa must stop: the run ended, its writer is dead, or its calls are used up."""
        return (
            self._failure is not None or self._unwritten >= MOST_ERRORS_IN_A_ROW or self._asked >= self.limit
        )

    @property
    def trials(self) -> list[Trial]:
        """Every candidate that passed the checks and was judged on something."""
        return [trial for trial in self._trials.values() if trial is not None]

    def raise_what_ended_it(self) -> None:
        if self._failure is not None:
            raise self._failure

    def evaluate(
        self, batch: list[LabelledRow], candidate: dict[str, str], capture_traces: bool = False
    ) -> Any:
        """Scores of 0 and 1. A candidate that fails the checks has 0 everywhere, without a call."""
        trial = self._trial(candidate)
        if trial is not None:
            self._guarded(lambda: self._judge(trial, batch))
        scores = [float(trial is not None and self._search.trials.right(trial, row)) for row in batch]
        return self._batch(
            outputs=list(batch), scores=scores, trajectories=list(batch) if capture_traces else None
        )

    def make_reflective_dataset(
        self, candidate: dict[str, str], eval_batch: Batch, components_to_update: list[str]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """The review ids of the rows that are wrong; the writer's request is made from the rows."""
        wrong = [row for row, right in zip(eval_batch.outputs, eval_batch.scores, strict=True) if not right]
        self._rows[_key(candidate)] = wrong
        return {name: [{"label": row.review_id} for row in wrong] for name in components_to_update}

    def propose_new_texts(
        self,
        candidate: dict[str, str],
        reflective_dataset: Mapping[str, Sequence[Mapping[str, Any]]],
        components_to_update: list[str],
    ) -> dict[str, str]:
        return self._guarded(lambda: self._rewritten(candidate, components_to_update))

    def _judge(self, trial: Trial, rows: Sequence[LabelledRow]) -> None:
        missing = [row for row in rows if row.review_id not in trial.verdicts]
        self._asked += len(missing)
        if self._asked > self.limit:
            raise _Enough("gepa has used up its calls.")
        self._search.trials.judge([trial], rows)

    def _guarded(self, act: Callable[[], T]) -> T:
        """gepa swallows errors and goes on; what ended the run is kept, and nothing is asked after it."""
        self.raise_what_ended_it()
        try:
            return act()
        except _Enough:
            raise
        except PlumblineError as error:
            self._failure = error
            raise

    def _rewritten(self, candidate: dict[str, str], names: Sequence[str]) -> dict[str, str]:
        definition = _definition(self._search.case.definition, candidate)
        shown = self._examples(candidate)
        self._search.shown = self._search.shown.and_also(
            Shown((each.text for each in shown), (each.note for each in shown))
        )
        request = reflect_request(
            definition, self._search.case, shown, may_change_trigger=self._search.may_change_trigger
        )
        [answer] = self._search.writer.ask_all([request], read_proposal)
        self._unwritten = self._unwritten + 1 if answer is None else 0
        if answer is None:
            return dict(candidate)
        texts = {DESCRIPTION: answer.description, TRIGGER: answer.trigger}
        return {name: texts[name] for name in names}

    def _examples(self, candidate: dict[str, str]) -> list[Example]:
        trial = self._trial(candidate)
        verdicts = trial.verdicts if trial else {}
        rows = self._rows.get(_key(candidate), [])
        return examples(self._search.case, rows, verdicts, self._search.transcripts, MOST_CHARACTERS)

    def _trial(self, candidate: dict[str, str]) -> Trial | None:
        key = _key(candidate)
        if key not in self._trials:
            self._trials[key] = self._entered(_definition(self._search.case.definition, candidate))
        return self._trials[key]

    def _entered(self, definition: Definition) -> Trial | None:
        if definition == self._search.case.definition:
            return self._search.trials.live
        passed, _ = admissible(self._search.case, [Candidate(definition)], self._search.shown)
        return self._search.trials.enter(passed[0], "gepa") if passed else None


class _Enough(Exception):
    """The calls set aside for this search are used up; what was found so far counts."""


def _best(search: Search, adapter: Adapter) -> Found | Nothing:
    rows = search.choose or search.learn
    whole = [
        trial
        for trial in adapter.trials
        if trial is not search.trials.live and all(row.review_id in trial.verdicts for row in rows)
    ]
    if not whole:
        return search.nothing("gepa found no rewrite that did better than the live one on what it tried.")
    champion = search.trials.best(whole, rows)
    search.trials.judge([champion], search.rows)
    search.say(
        f"gepa tried {len(adapter.trials)} definitions; the best reaches {search.score(champion, rows)}."
    )
    against = gamble(search, champion)
    return search.nothing(against) if against else search.found(champion)


def package() -> Any:
    """The module gepa. Raises Refused, with how to install it, where it is missing."""
    try:
        import gepa  # type: ignore[import-not-found,import-untyped,unused-ignore] # an optional extra
    except ImportError:
        raise Refused(
            f"The search “gepa” is not installed here: install it ({INSTALL}), or use the built-in search."
        ) from None
    return gepa


def _texts(definition: Definition, with_trigger: bool) -> dict[str, str]:
    texts = {DESCRIPTION: definition.description}
    return {**texts, TRIGGER: definition.trigger.text} if with_trigger else texts


def _definition(live: Definition, candidate: Mapping[str, str]) -> Definition:
    prompt = as_prompt(live)
    text = candidate.get(TRIGGER, live.trigger.text)
    trigger = (
        live.trigger
        if text == live.trigger.text
        else Trigger(TriggerKind.PROMPT, text)
        if text
        else Trigger()
    )
    return Definition(candidate[DESCRIPTION], trigger, prompt.type, prompt.custom_code)


def _key(candidate: Mapping[str, str]) -> str:
    return "\0".join(f"{name}={candidate[name]}" for name in sorted(candidate))
