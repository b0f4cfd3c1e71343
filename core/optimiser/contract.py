"""What a text must not say to a judge: orders about its instructions, or another form of answer.

A definition says what is judged. Text that reaches for the instructions themselves, for the marks that
part them from the conversation or for the form of the answer came from somewhere it should not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.judging.prompt import variables
from core.judging.values import possible_values
from core.terms import Definition, EvalSettings

ANY_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
BLOCK_TAG = re.compile(r"</?\s*(metric|applies_when|conversation|metadata)\b", re.IGNORECASE)
SCALE = re.compile(r"\b(\d+)\s*(?:-|–|to)\s*(\d+)\b")

INSTRUCTIONS = (
    r"(?:(?:all|any|the|these|those|your|my|previous|prior|above|earlier|preceding|following|other|system|"
    r"former|original|judge's?|everything)\s+)*"
    r"(?:instructions?|prompts?|directions|guidelines|directives?|orders|system message|"
    r"(?:previous|prior|above|earlier|preceding) (?:rules?|text|messages?|criteria)|above|"
    r"(?:this|the|your) (?:metric|rubric)|everything (?:above|before|said))"
)
ORDERS = re.compile(
    r"(?<!not )(?<!never )(?<!to )\b(?:ignore|disregard|forget|override|overrule|bypass|discard|skip|"
    rf"don't follow|do not follow|stop following|pay no attention to)\s+{INSTRUCTIONS}\b"
    r"|\b(?:system|developer) (?:prompt|override|mode)\b"
    r"|\b(?:new|updated|real|actual|true|hidden|secret) instructions?\s*(?::|follow\b|are\b)"
    r"|\byou are (?:now|no longer) (?:a|an|the|in|bound|acting|allowed)\b"
    r"|\bfrom now on,? (?:you|answer|pass|fail)\b"
    r"|\b(?:reveal|repeat|print|leak) (?:(?:the|your|this) (?:system|whole) prompt|your instructions?)\b"
    r"|<\|[\w ]+\|>|\[/?INST\]|<</?SYS>>"
    r"|(?m:(?:^|[.!?\]}>\"”])\s*(?:#+\s*)?(?:system|assistant|developer|tool)\s*:)",
    re.IGNORECASE,
)
FORMAT = re.compile(
    r"```|\{\s*[\"']\w+[\"']\s*:|[\"']\w+[\"']\s*:\s*(?:true|false|null|[\"'\d\[{])"
    r"|\b(?:respond|reply|answer|output|return|print)\s+(?:only\s+)?(?:with|in|as|using)\s+"
    r"(?:a |an |valid |raw |plain |only )*(?:json|xml|yaml|csv|markdown|html|base64|code|prose|plain text)\b"
    r"|(?m:(?:^|[.!?;,]\s+)(?:omit|leave out|skip|drop|(?:don't|do not) (?:give|write))\s+"
    r"(?:the |an |any )?(?:explanation|reason(?:ing)?)\b)"
    r"|\b(?:field|key|property)\s+[\"'“]?(?:value|applies|explanation|score|verdict)\b",
    re.IGNORECASE,
)
UNCONDITIONAL = re.compile(
    r"\b(?:always|in (?:all|every) cases?|for (?:all|every|any) (?:calls?|conversations?)|no matter what|"
    r"regardless(?: of [^.;,]*)?|whatever (?:happens|is said|the [^.;,]*)|unconditionally|every time|"
    r"under (?:all|any) circumstances)\b",
    re.IGNORECASE,
)
CONDITION = re.compile(
    r"\b(?:when|whenever|if|where|unless|who|which|that|whose|while|after|before|until|once|"
    r"except|only|so long as|as long as|in case|provided|otherwise|or|either|one of)\b",
    re.IGNORECASE,
)
ANSWERS = re.compile(
    r"\b(?:answer|return|output|give|say|respond|reply|mark|score|rate|pass|fail|choose|select|correct)\b",
    re.IGNORECASE,
)
SOMEBODY = re.compile(
    r"\b(?:agents?|callers?|users?|customers?|patients?|assistants?|clients?|representatives?|staff|they|"
    r"she|he)\b",
    re.IGNORECASE,
)
"""Who must always do something; a demand on the judge names nobody."""
SENTENCE = re.compile(r"[^.!?\n]+")


def forbidden(text: str, known: str = "") -> str:
    """Why this text may stand in no definition, in one clause; empty when it may.

    What stands in `known`, the definition as people wrote it, is allowed.
    """
    if BLOCK_TAG.search(text):
        return "it holds one of the marks that part the prompt from the conversation"
    if _new(ORDERS, text, known):
        return "it speaks about the judge's instructions instead of the call"
    if _new(FORMAT, text, known):
        return "it changes the form of the answer"
    if any(_unconditional(sentence) for sentence in _new_sentences(text, known)):
        return "it demands one answer for every call"
    if set(ANY_VARIABLE.findall(text)) - set(ANY_VARIABLE.findall(known)):
        return "it invented a placeholder"
    return ""


def broken(before: Definition, after: Definition, settings: EvalSettings) -> str:
    """What the rewrite lost or made up of what every definition of this metric needs; empty when nothing."""
    if not after.description.strip():
        return "it is empty"
    old, new = _text(before), _text(after)
    lost = set(variables(old)) - set(variables(new))
    if lost:
        return f"it lost the placeholder {sorted(lost)[0]}"
    return _lost_value(before, after, settings) or forbidden(new, old)


def _lost_value(before: Definition, after: Definition, settings: EvalSettings) -> str:
    for value in possible_values(settings):
        if _mentions(before.description, value) and not _mentions(after.description, value):
            return f"it no longer names the value {value}"
    if not possible_values(settings):
        for low, high in set(SCALE.findall(before.description)) - set(SCALE.findall(after.description)):
            return f"it no longer names the scale {low} to {high}"
    return ""


def _new(pattern: re.Pattern[str], text: str, known: str) -> bool:
    standing = {found[0].casefold() for found in pattern.finditer(known)}
    return any(found[0].casefold() not in standing for found in pattern.finditer(text))


def _new_sentences(text: str, known: str) -> Iterable[str]:
    standing = " ".join(known.casefold().split())
    sentences = (found[0].strip() for found in SENTENCE.finditer(text))
    return (each for each in sentences if each and " ".join(each.casefold().split()) not in standing)


def _unconditional(sentence: str) -> bool:
    if not UNCONDITIONAL.search(sentence):
        return False
    rest = UNCONDITIONAL.sub(" ", sentence)
    of_nobody = SOMEBODY.search(rest) is None and CONDITION.search(rest) is None
    return of_nobody and ANSWERS.search(rest) is not None


def _text(definition: Definition) -> str:
    return f"{definition.description}\n{definition.trigger.text}"


def _mentions(text: str, value: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text, re.IGNORECASE) is not None
