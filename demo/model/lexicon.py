"""The words of a condition. Many ways of writing become one of a few kinds of token."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from demo.model.masking import MARK

NUMBERS = {
    "zero": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "a few": 3,
    "few": 3,
    "a couple of": 2,
    "couple of": 2,
}
REGULAR_VERBS = (
    "add admit answer ask claim complain contain explain greet include mention occur offer appear promise "
    "remind repeat reply request respond state thank type use utter"
)
OTHER_VERB_FORMS = (
    "say says said saying tell tells told telling write writes wrote written writing admitted admitting "
    "occurred occurring replies replied"
)


def _either(words: Iterable[str]) -> str:
    """A pattern of these words, longer ones first."""
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


def _forms(verb: str) -> Iterator[str]:
    """say → says, saying; state → stated, stating."""
    base = verb.removesuffix("e")
    yield from (verb, verb + "s", base + "ed", base + "ing")


NUMBER = rf"(?:\d{{1,4}}|{_either(NUMBERS)})"
COMPARISON = "(?:at least|at most|exactly|only|more than|fewer than|less than|no more than|over|under)"
CALL = "(?:call|conversation|transcript|chat|dialogue|exchange)"
TURN = "(?:turn|message|reply|replies|line|utterance|response|answer)s?"
AGENT_WORDS = (
    "(?:(?:ai|voice|virtual|human|call|support|service) )?"
    "(?:agent|assistant|bot|chatbot|voicebot|ai|representative|rep|advis[eo]r|operator|receptionist|clerk)"
)
USER_WORDS = "(?:user|caller|customer|client|patient|guest|member|buyer|person)"
SOMEBODY = f"(?:the )?(?:{AGENT_WORDS}|{USER_WORDS}|them|him|her|anyone|someone)"
SPEECH = _either(
    [*OTHER_VERB_FORMS.split(), *(form for verb in REGULAR_VERBS.split() for form in _forms(verb))]
)

QUOTE = MARK
COMMA = r"[,;–—]|--?(?= )"
TURNS = (
    f"(?:the {CALL} (?:has|had|lasts|lasted|is|takes|took|contains) |there (?:are|is|were) )"
    f"(?:{COMPARISON} )?{NUMBER} {TURN}(?: long)?(?: in the {CALL})?"
)
WINDOW = (
    "(?:(?:in|within|during|on|by) )?(?:(?:the|its|his|her|their) )?(?:very )?"
    f"(?:first|last|final|opening|closing)(?: {NUMBER})? {TURN}(?: of the {CALL})?"
    f"|(?:right )?at the (?:very )?(?:beginning|start|end|close)(?: of the {CALL})?"
)
TIMES = f"(?:{COMPARISON} )?(?:{NUMBER} times|once(?! (?:the|a|an|they|he|she) )|twice)|repeatedly"
NOT = (
    "(?:do|does|did|has|have|had|is|was|are|were|will|would|can|could|should) (?:not|never)(?: ever)?"
    "|not once|never|not|without|neither|no(?= mention)|fail(?:s|ed|ing)? to|nowhere"
)
LIKE = (
    "(?:(?:a )?(?:words?|phrases?|things?|something|anything|expressions?),? )?"
    "(?:such as|like|eg|for example|for instance)"
)
SAYS = (
    f"{SPEECH}(?: to)?(?: {SOMEBODY})?(?: (?:that|for|about|of|whether|with))?"
    "|talk(?:s|ed|ing)? about|refer(?:s|red|ring)? to|speaks? of|brings? up|brought up|comes? up|came up"
)
FILLER = (
    "(?:any|one|at least one)(?: one)? of(?: (?:the|these))?|at (?:any|some) (?:point|time)|at all"
    "|the|an|a|also|ever|even|clearly|explicitly|actually|literally|simply|exact|exactly|just|either|any|some"
    "|words?|phrases?|expressions?|sentences?|terms?|there|to|anywhere|somewhere|out loud|aloud"
    f"|(?:during|in|within|throughout) the (?:whole |entire )?{CALL}"
    "|has|have|had|is|was|are|were|be|been|being|will|would|does|do|did|:"
)
LEXICON = (
    ("quote", QUOTE),
    ("comma", COMMA),
    ("turns", TURNS),
    ("window", WINDOW),
    ("times", TIMES),
    ("right after", "(?:right|immediately|directly|just) after|in (?:reply|response|answer) to"),
    ("after", "after|following|once"),
    ("before", "before|prior to"),
    ("unless", "unless|except (?:when|if|where)|but not (?:when|if|where)"),
    ("when", "when|if|whenever|where|that"),
    ("not", NOT),
    ("every", "(?:all|each|every one|both)(?: of)?(?: (?:the|these))?(?: (?:words|phrases))?"),
    ("like", LIKE),
    ("says", SAYS),
    ("by", "by|from"),
    ("nobody", "nobody|no one|no-one|neither (?:side|party|speaker|of them)"),
    ("anyone", f"anyone|someone|anybody|somebody|either (?:side|party|speaker|of them)|the {CALL}"),
    ("tool result", "(?:a |the |any )?tool(?: result| call| output)?s?"),
    ("agent", f"(?:the |an |our )?{AGENT_WORDS}(?:'s)?"),
    ("user", f"(?:the |a |an )?{USER_WORDS}(?:'s)?"),
    ("pronoun", "they|he|she|it"),
    ("or", "and/or|or(?: else)?|nor"),
    ("and", "and(?: also)?|but|while|yet"),
    ("filler", FILLER),
)
"""The first kind that fits where the reader stands is the one that is meant, so order matters."""
TOKEN = re.compile(
    " *(?:" + "|".join(f"(?P<k{n}>{pattern})" for n, (_, pattern) in enumerate(LEXICON)) + r")(?![\w'])"
)
DETAIL = re.compile(rf"(?P<comparison>{COMPARISON} )?(?P<number>{NUMBER}) (?:{TURN}|times)")


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str


def tokens(text: str) -> list[Token] | None:
    """The tokens of a condition without its filler, or None where a word has no meaning here."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            return None
        kind = LEXICON[int(match.lastgroup[1:])][0]
        if kind != "filler":
            found.append(Token(kind, match[match.lastgroup]))
        at = match.end()
        while at < len(text) and text[at] == " ":
            at += 1
    return found


def amount(text: str) -> tuple[str, int] | None:
    """The comparison (`at least`, `at most`, `exactly`) and the number in a token, if it has any."""
    if text == "repeatedly":
        return "at least", 2
    text = text.replace("once", "one times").replace("twice", "two times")
    found = DETAIL.search(text)
    if found is None:
        return None
    written = found["number"]
    number = NUMBERS[written] if written in NUMBERS else int(written)
    return _compared((found["comparison"] or "").strip(), number)


def _compared(words: str, number: int) -> tuple[str, int]:
    match words:
        case "more than" | "over":
            return "at least", number + 1
        case "fewer than" | "less than" | "under":
            return "at most", number - 1
        case "at most" | "no more than":
            return "at most", number
        case "exactly" | "only":
            return "exactly", number
    return "at least", number
