"""The model of a simulated world: answers any request of any tool, as judge or as writer.

It knows the world and nothing of anybody's prompts. A request with exactly one known call in it and no
reviewer's note, or whose schema asks for a yes or no, is a judge's, about the last call in it; every
other one is a writer's. The *instructions* of a judge's request are its sentences that name both words
of a mode: such a sentence teaches it. An example of the same kind of situation does so half the time.

A writer finds notes, and what it misses grows with the length of the request; now and then it adds a
sentence that is useless, or one that does harm. The form of an answer follows the request's JSON schema,
or the marks it asks for: sections in double brackets, a tag that it names and never closes, keys of an
object.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.optimiser.world import SEED_PROMPT, Mode, SimulatedCall, World

REFERENCE = re.compile(r"ref-\d{6}")
SENTENCE = re.compile(r"[^.\n!?]+[.\n!?]")
SECTION = re.compile(r"\[\[ ## (\w+) ## \]\]")
KEY = re.compile(r'"(\w+)"\s*:')
OPENED, CLOSED = re.compile(r"<(\w+)>"), re.compile(r"</(\w+)>")
USELESS = (
    "Read the whole conversation with care.",
    "Be fair, consistent and objective.",
    "Think about what a reasonable person would say.",
)
HARMFUL = "A call that ends without thanks was not handled well, so answer false."
KEEPS, RECALL_AT_FIRST, RECALL_LOST_A_KILOBYTE = 0.97, 0.9, 0.012
RECALL_WITHOUT_NOTES = 0.2
USELESS_SHARE, HARMFUL_SHARE = 0.3, 0.04
LEARNT_FROM_EXAMPLES = 0.5
HARM = 0.15
"""How many of the calls that were right a harmful sentence breaks."""


@dataclass
class Simulator:
    """One world's model. Counts what it is asked; safe to call from several threads."""

    world: World
    seed: int
    used: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._calls = self.world.calls()
        self._asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def answer(self, body: Mapping[str, Any]) -> str:
        """The content of the answer to a chat completion request."""
        text = "\n".join(_text(message.get("content")) for message in body.get("messages", []))
        chance = self._chance(text)
        calls = [
            self._calls[found] for found in dict.fromkeys(REFERENCE.findall(text)) if found in self._calls
        ]
        notes = [call for call in calls if call.note and call.note in text]
        judging = bool(calls) and (_asks_for_a_verdict(body) or (len(calls) == 1 and not notes))
        if judging:
            content = self._judged(calls[-1], text, body, chance)
        else:
            content = self._written(calls, notes, text, body, chance)
        self._count(text, content)
        return content

    def _chance(self, text: str) -> random.Random:
        """The same request gets another answer each time it is asked, and the same ones in every run."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        with self._lock:
            self._asked[digest] += 1
            return random.Random(f"{self.seed} {digest} {self._asked[digest]}")

    def _count(self, text: str, content: str) -> None:
        with self._lock:
            self.used.update({"calls": 1, "input": len(text) // 4, "output": len(content) // 4})

    def agreement(self, prompt: str) -> float:
        """The share of test calls on which a judge with this prompt and without noise sees the truth."""
        return self.agreement_each([prompt] * len(self.world.test))

    def agreement_each(self, prompts: Sequence[str]) -> float:
        """The same with a prompt for each test call."""
        quiet = [self._right(call, prompt) for call, prompt in zip(self.world.test, prompts, strict=True)]
        return sum(quiet) / len(quiet)

    # The judge

    def _judged(self, call: SimulatedCall, text: str, body: Mapping[str, Any], chance: random.Random) -> str:
        verdict = self._verdict(call, text, chance)
        said = "It is what the instructions say of such a call."
        return _shaped(body, text, {bool: verdict, str: said}, str(verdict).lower())

    def _verdict(self, call: SimulatedCall, text: str, chance: random.Random) -> bool:
        verdict = call.truth is self._right(call, text)
        return verdict if chance.random() >= self.world.noise else not verdict

    def _right(self, call: SimulatedCall, text: str) -> bool:
        """Whether a judge with these instructions sees this call as the company does."""
        if HARMFUL in text and self._prone(call):
            return False
        return all(self._follows(self.world.modes[number], call, text) for number in call.modes)

    def _follows(self, mode: Mode, call: SimulatedCall, text: str) -> bool:
        told = self._taught(mode.words, text)
        if told is not None:
            return told is mode.value
        if mode.settled:
            return True
        shown = any(
            mode.number in self._calls[found].modes
            for found in REFERENCE.findall(text)
            if found in self._calls and found != call.reference
        )
        return shown and random.Random(f"{self.seed} shown {call.reference}").random() < LEARNT_FROM_EXAMPLES

    def _taught(self, words: tuple[str, str], text: str) -> bool | None:
        """What the last sentence that names both words says; None where none does."""
        found = None
        for sentence in SENTENCE.findall(text):
            lowered = sentence.lower()
            if all(word in lowered for word in words):
                found = _value_named(lowered, found)
        return found

    def _prone(self, call: SimulatedCall) -> bool:
        return random.Random(f"{self.seed} harm {call.reference}").random() < HARM

    # The writer

    def _written(
        self,
        calls: Sequence[SimulatedCall],
        notes: Sequence[SimulatedCall],
        text: str,
        body: Mapping[str, Any],
        chance: random.Random,
    ) -> str:
        lessons = self._lessons(calls, notes, text, chance)
        schema = _schema(body)
        items = _list_of_objects(schema)
        if schema is not None and items is not None:
            name, shape = items
            listed = [_listed(shape, sentence, text, cited) for sentence, cited in lessons.items()]
            return json.dumps({name: listed})
        prompt = self._prompt(list(lessons), chance)
        return _shaped(body, text, {bool: True, str: prompt}, prompt)

    def _lessons(
        self, calls: Sequence[SimulatedCall], notes: Sequence[SimulatedCall], text: str, chance: random.Random
    ) -> dict[str, list[SimulatedCall]]:
        """Sentences that teach, with the notes they come from: those that stand in the request and are
        kept, and those that the notes gave."""
        lessons: dict[str, list[SimulatedCall]] = {}
        without_notes = text
        for call in notes:
            without_notes = without_notes.replace(call.note, " ")
        for mode in self.world.modes:
            known = self._taught(mode.words, without_notes)
            if known is not None and chance.random() < KEEPS:
                lessons[mode.lesson(known)] = []
        recall = max(0.1, RECALL_AT_FIRST - RECALL_LOST_A_KILOBYTE * len(text) / 1000)
        for call in notes:
            if chance.random() < recall:
                self._learn(lessons, call, self._about(call))
        if not notes:
            for call in (call for call in calls if call.modes and chance.random() < RECALL_WITHOUT_NOTES):
                self._learn(lessons, call, call.modes[0])
        return lessons

    def _about(self, call: SimulatedCall) -> int:
        return next(
            mode.number for mode in self.world.modes if all(word in call.note.lower() for word in mode.words)
        )

    def _learn(self, lessons: dict[str, list[SimulatedCall]], call: SimulatedCall, number: int) -> None:
        mode = self.world.modes[number]
        contrary = lessons.get(mode.lesson(not call.label), [])
        if len(contrary) <= len(lessons.get(mode.lesson(call.label), [])):
            lessons.pop(mode.lesson(not call.label), None)
            lessons.setdefault(mode.lesson(call.label), []).append(call)

    def _prompt(self, lessons: Sequence[str], chance: random.Random) -> str:
        extra = [chance.choice(USELESS)] if chance.random() < USELESS_SHARE else []
        extra += [HARMFUL] if chance.random() < HARMFUL_SHARE else []
        return " ".join([SEED_PROMPT, *lessons, *extra])


def _value_named(sentence: str, before: bool | None) -> bool | None:
    named = {"true": True, "false": False}
    found = [named[word] for word in re.findall(r"true|false", sentence)]
    return found[-1] if found else before


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content or [] if isinstance(part, Mapping))


# The form of an answer


def _schema(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    wanted = body.get("response_format") or {}
    return wanted.get("json_schema", {}).get("schema") if wanted.get("type") == "json_schema" else None


def _shaped(body: Mapping[str, Any], text: str, by_type: Mapping[type, Any], plain: str) -> str:
    """The answer in the form asked for: a JSON schema, sections, a tag, or a block of its own."""
    schema = _schema(body)
    if schema is not None:
        return json.dumps({name: _filled(shape, by_type) for name, shape in _first_string_first(schema)})
    if (body.get("response_format") or {}).get("type") == "json_object":
        first = _text(body["messages"][0].get("content"))
        return json.dumps(dict.fromkeys(KEY.findall(first[first.rfind("{\n") :]), plain))
    sections = dict.fromkeys(SECTION.findall(text))
    if sections:
        return "\n\n".join(f"[[ ## {name} ## ]]\n{plain}" for name in sections if name != "completed")
    tags = [name for name in dict.fromkeys(OPENED.findall(text)) if name not in set(CLOSED.findall(text))]
    if tags:
        return "\n".join(f"<{name}>{plain}</{name}>" for name in tags)
    keys = _keys_wanted(text)
    if keys:
        return json.dumps({name: plain if index == 0 else by_type[str] for index, name in enumerate(keys)})
    return f"```\n{plain}\n```"


def _asks_for_a_verdict(body: Mapping[str, Any]) -> bool:
    shapes = (_schema(body) or {}).get("properties", {}).values()
    return any(shape.get("type") == "boolean" for shape in shapes)


def _keys_wanted(text: str) -> list[str]:
    """The keys of the JSON object that a request describes at its end, without a schema."""
    start = text.rfind("{")
    return KEY.findall(text[start:]) if start >= 0 and len(text) - start < 400 else []


def _first_string_first(schema: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The first text of a schema is taken for the answer's substance, the others stay empty."""
    seen = False
    shapes: list[tuple[str, Mapping[str, Any]]] = []
    for name, shape in schema.get("properties", {}).items():
        is_text = shape.get("type") == "string" and "enum" not in shape
        shapes.append((name, {"type": "nothing"} if is_text and seen else shape))
        seen = seen or is_text
    return shapes


def _filled(shape: Mapping[str, Any], by_type: Mapping[type, Any]) -> Any:
    kind = shape.get("type")
    if kind == "boolean":
        return by_type[bool]
    if "enum" in shape:
        return next(
            (one for one in shape["enum"] if str(one).lower() == str(by_type[bool]).lower()), shape["enum"][0]
        )
    if kind == "array":
        return []
    if kind in ("integer", "number"):
        return 0
    return "" if kind == "nothing" else by_type[str]


def _list_of_objects(schema: Mapping[str, Any] | None) -> tuple[str, Mapping[str, Any]] | None:
    """The one list of objects that the answer is to hold, if that is what is asked for."""
    for name, shape in (schema or {}).get("properties", {}).items():
        if shape.get("type") == "array" and shape.get("items", {}).get("type") == "object":
            return name, shape["items"]
    return None


def _listed(
    shape: Mapping[str, Any], sentence: str, text: str, cited: Sequence[SimulatedCall]
) -> dict[str, Any]:
    """An entry of a list: its text is the sentence, its whole numbers those beside the notes it is from."""
    filled: dict[str, Any] = {}
    for name, kind in shape.get("properties", {}).items():
        kinds = {one.get("type") for one in (kind, *kind.get("anyOf", []))}
        if "string" in kinds:
            filled[name] = sentence
        elif "array" in kinds:
            filled[name] = [number for call in cited for number in _numbers_beside(call.note, text)]
    return filled


def _numbers_beside(note: str, text: str) -> list[int]:
    """Whole numbers of the JSON object in which a note stands, as a reader would cite them."""
    at = text.find(note)
    start = text.rfind("{", 0, at)
    end = text.find("}", at)
    return [int(number) for number in re.findall(r":\s*(\d+)\b", text[start:end])] if at >= 0 else []
