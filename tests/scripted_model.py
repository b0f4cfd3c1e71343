"""A model for whole runs: a judge that follows its prompt to the letter, and a writer with one idea.

A conversation is good when it ends in “thank you”. The prompt POLITE lets everything pass; BETTER asks
for the closing line and is always right; WORSE is always wrong; SAME passes everything, in other words.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass

from tests.model_endpoint import Received, Sent, answers, fails

POLITE = "Did the agent stay polite?"
BETTER = "Did the agent stay polite? Judge by the closing line."
WORSE = "Did the agent stay polite? Say the opposite."
SAME = "Was the agent polite?"

GOOD, BAD = "thank you", "never again"


@dataclass
class ScriptedModel:
    """The script of a `ModelEndpoint`. `proposes` is what the writer makes of every prompt.

    `instead` is asked first and may answer, or fail, in the model's place.
    """

    proposes: str = BETTER
    delay: float = 0.0
    instead: Callable[[Received], Sent | None] = lambda received: None

    def __call__(self, received: Received) -> Sent:
        return self.instead(received) or answers(self._answer(received), delay=self.delay)

    def _answer(self, received: Received) -> object:
        if kind(received) == "distilled_rules":
            cases = json.loads(received.texts[1])["disagreements"]
            rule = {"text": "The closing line decides.", "label_ids": [case["label_id"] for case in cases]}
            return {"rules": [rule]}
        if kind(received) == "proposed_definition":
            return {"description": self.proposes, "trigger": "", "summary": "Look at the closing line."}
        if kind(received) == "proposed_script":
            return {"script": "", "trigger_script": "", "summary": "No script can tell."}
        return {"explanation": "The closing line says so.", "value": verdict(*received.texts[:2])}


def verdict(prompt: str, conversation: str) -> bool:
    good = GOOD in conversation
    if BETTER in prompt:
        return good
    return not good if WORSE in prompt else True


def kind(received: Received) -> str:
    """verdict, distilled_rules, proposed_definition or proposed_script."""
    name: str = received.body["response_format"]["json_schema"]["name"]
    return name


def by_writer(received: Received) -> bool:
    return kind(received) != "verdict"


def once(condition: Callable[[Received], bool], act: Callable[[], object]) -> Callable[[Received], None]:
    """An `instead` that does something at the first request of a kind, and then answers nothing itself."""
    lock = threading.Lock()
    done = False

    def instead(received: Received) -> None:
        nonlocal done
        with lock:
            if done or not condition(received):
                return
            done = True
            act()

    return instead


def refusing(*said: str) -> Callable[[Received], Sent | None]:
    """An `instead` that fails for good about the calls whose only turn begins with one of these."""

    def instead(received: Received) -> Sent | None:
        about = received.texts[1]
        return fails(400, "not this one") if any(f": {text}" in about for text in said) else None

    return instead
