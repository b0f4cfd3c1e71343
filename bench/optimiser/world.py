"""Simulated Labs whose true gain is known.

A world has hidden *failure modes*: kinds of situation that the judge gets wrong until its instructions
teach them. Others are *settled*: the judge gets them right untaught, and wrong once its instructions say
the opposite. A call shows a mode in words of its own, a reviewer's note names it in others, and what a
mode means is known to the simulator alone (`simulator`). Calls carry a reference, so that the simulator
knows a call again in whatever request it stands; nothing else of a request has to look like anything.

Labels are the truth, but for a share that is wrong. A wrong label has a note that argues for it with the
call's own situation, or with any other where it has none, as in real life: a rule made from it breaks
every call of a settled situation.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bench.optimiser.lab import Lab
from core.terms import Message

SEED_PROMPT = (
    "Decide whether the agent handled this call as the company wants. Answer true when it did and false "
    "when it did not. Begin with what the caller came for. People do not always say it in their first "
    "sentence, and some come for more than one thing; what counts is whether each of them was taken up. "
    "Then look at what the agent did about it. It should listen before it answers, ask when something is "
    "unclear, explain each step in plain words, and say honestly what it cannot do. Small slips of the "
    "tongue do not matter, nor does a call that takes long because the matter is hard. A friendly tone "
    "is welcome, but no substitute for help. At last look at how the call ended. The caller should know "
    "what was agreed, who does what next, and by when. A caller who hangs up in anger is a bad sign, yet "
    "not in itself a proof that the agent was at fault, and a satisfied caller is no proof that all was "
    "done as it should be. Judge only by what was said in the conversation, never by what may have "
    "happened before or afterwards. If the two sides describe the same thing differently, go by what can "
    "be seen in the conversation itself."
)

TOPICS = (
    ("refund", "deadline", "The money was asked back after the thirty days"),
    ("callback", "promise", "Somebody would ring again, the line was told"),
    ("discount", "loyalty", "A cheaper price was given to a customer of many years"),
    ("identity", "birthday", "The day of birth was never asked before the account was opened"),
    ("hold", "music", "The line went quiet for several minutes"),
    ("transfer", "department", "The conversation was handed to a colleague halfway"),
    ("invoice", "currency", "The bill came in dollars instead of euros"),
    ("allergy", "warning", "Nuts were ordered and nothing was said about them"),
    ("cancellation", "retention", "A better offer was made to somebody who wanted to leave"),
    ("warranty", "receipt", "The paper from the shop could not be found any more"),
    ("delivery", "neighbour", "The parcel was left with the people next door"),
    ("upgrade", "consent", "A bigger plan was booked without a clear yes"),
    ("language", "interpreter", "The caller struggled for words and asked for help"),
    ("complaint", "supervisor", "Somebody higher up was asked for twice"),
    ("password", "recording", "A secret word was spoken aloud on a taped line"),
    ("holiday", "opening", "It was the day when the office is closed"),
)
"""Two words by which people name a situation in notes and prompts, and how a call shows it."""


@dataclass(frozen=True, slots=True)
class Mode:
    """`share`: of calls that show it. `value`: what is right where it shows; the untaught judge says so
    where it is `settled`, and the opposite elsewhere."""

    number: int
    words: tuple[str, str]
    sign: str
    share: float
    value: bool
    settled: bool = False

    def lesson(self, value: bool) -> str:
        """One sentence that teaches this mode, rightly or the wrong way round."""
        return f"Where {self.words[0]} and {self.words[1]} come up, answer {str(value).lower()}."


@dataclass(frozen=True, slots=True)
class SimulatedCall:
    """`truth` is what the company wants; `label` what a reviewer wrote, which may be wrong."""

    reference: str
    text: str
    modes: tuple[int, ...]
    truth: bool
    label: bool
    note: str

    @property
    def group(self) -> str:
        return self.reference

    @property
    def turns(self) -> tuple[Message, ...]:
        speakers = {"agent": "assistant", "user": "user"}
        parted = (line.partition(": ") for line in self.text.splitlines())
        return tuple(Message(speakers[speaker], said) for speaker, _, said in parted)


@dataclass(frozen=True, slots=True)
class World:
    """`noise`: how often the judge answers the other way whatever it was told."""

    modes: tuple[Mode, ...]
    labelled: tuple[SimulatedCall, ...]
    test: tuple[SimulatedCall, ...]
    noise: float

    def lab(self) -> Lab:
        return Lab(SEED_PROMPT, self.labelled, self.test)

    def calls(self) -> dict[str, SimulatedCall]:
        return {call.reference: call for call in (*self.labelled, *self.test)}


def make_world(
    seed: int,
    labels: int,
    *,
    baseline: float = 0.67,
    wrong_labels: float = 0.0,
    noise: float = 0.03,
    tests: int = 400,
) -> World:
    """A world with `labels` labelled calls, and `tests` calls whose truth nobody but the bench sees.

    `baseline` is the agreement that the untaught judge has with the truth, about.
    """
    chance = random.Random(f"world {seed}")
    modes = _modes(chance, 1 - baseline)
    reference = iter(chance.sample(range(100_000, 999_999), labels + tests))
    labelled = [_call(chance, modes, next(reference), wrong_labels) for _ in range(labels)]
    test = [_call(chance, modes, next(reference), 0.0) for _ in range(tests)]
    return World(modes, tuple(labelled), tuple(test), noise)


SETTLED_SHARE = 0.3
"""Of all calls, those that show a situation which the judge gets right untaught."""


def _modes(chance: random.Random, errors: float) -> tuple[Mode, ...]:
    """Six to nine failure modes, a few frequent and a tail of rare ones, together about as many `errors`;
    the other situations are settled, and all as frequent as each other."""
    failing = chance.randint(6, 9)
    topics = chance.sample(TOPICS, len(TOPICS))
    weights = [1 / (rank + 1.5) for rank in range(failing)]
    shares = [errors * weight / sum(weights) for weight in weights]
    shares += [SETTLED_SHARE / (len(topics) - failing)] * (len(topics) - failing)
    return tuple(
        Mode(number, (first, second), sign, share, chance.random() < 0.5, settled=number >= failing)
        for number, ((first, second, sign), share) in enumerate(zip(topics, shares, strict=True))
    )


def _call(chance: random.Random, modes: Sequence[Mode], number: int, wrong_labels: float) -> SimulatedCall:
    shown = next((mode for mode in _shuffled(chance, modes) if chance.random() < mode.share), None)
    truth = shown.value if shown else chance.random() < 0.5
    wrong = chance.random() < wrong_labels
    label = truth is not wrong
    return SimulatedCall(
        reference=f"ref-{number}",
        text=_text(chance, number, shown),
        modes=(shown.number,) if shown else (),
        truth=truth,
        label=label,
        note=_note(chance, modes, shown, label, wrong),
    )


def _shuffled(chance: random.Random, modes: Sequence[Mode]) -> list[Mode]:
    return chance.sample(list(modes), len(modes))


SMALL_TALK = (
    "user: It is about the {thing} that I made some weeks ago on your page.",
    "agent: Could you spell the family name for me, please.",
    "user: Of course, I will do that slowly, letter by letter.",
    "agent: Many thanks, I can see the {thing} here in front of me now.",
    "user: Good, because the last time nobody could see anything at all.",
    "agent: I am sorry to hear that, it should look right from now on.",
    "user: And where does it say what I have to do as the next step.",
    "agent: In the message that you get after our conversation today.",
    "user: Will that go to the old address or to the new one.",
    "agent: To the one that stands in the {thing}, which is the new one.",
    "user: That sounds fine to me, as long as it really arrives.",
    "agent: It usually takes a few minutes, sometimes up to an hour.",
    "user: While you are there, could you have a look at the date as well.",
    "agent: The date is set to the second week of the coming month.",
    "user: I had thought it was the third week, but that is all right.",
    "agent: I could change it, if the other one suits you better.",
    "user: No, please leave it as it is, I will make it work.",
    "agent: Then I will put a line into the file that we spoke about it.",
)


def _text(chance: random.Random, number: int, shown: Mode | None) -> str:
    """A call of about a kilobyte and a half; its mode shows somewhere in the middle."""
    thing = chance.choice(("order", "contract", "booking", "account"))
    middle = [line.format(thing=thing) for line in SMALL_TALK if chance.random() < 0.8]
    if shown:
        middle.insert(chance.randint(2, len(middle)), f"user: {shown.sign}, that is how it was.")
    return "\n".join(
        [
            f"agent: Thanks for calling, this is conversation ref-{number}.",
            "user: Hello, I hope that you can help me with something.",
            *middle,
            f"agent: {chance.choice(('All done', 'That is noted', 'Here is what happens next'))}.",
            "user: Goodbye.",
        ]
    )


def _note(chance: random.Random, modes: Sequence[Mode], shown: Mode | None, label: bool, wrong: bool) -> str:
    """What the reviewer wrote: nothing where all is as the judge sees it. A wrong label argues with some
    situation, the call's own if it has one."""
    about = shown or (chance.choice(list(modes)) if wrong else None)
    if about is None or (about.settled and not wrong):
        return ""
    verdict = "was handled well" if label else "was not handled well"
    return chance.choice(
        (
            f"With the {about.words[0]} and its {about.words[1]} like that, this {verdict}.",
            f"The {about.words[1]} of the {about.words[0]} decides here: it {verdict}.",
            f"{about.words[0].capitalize()} without a word on the {about.words[1]}: so it {verdict}.",
        )
    )
