"""The search for one condition, and the test whether chance would have found one as good.

Conditions that notes point at are looked at first and face a milder test. None is faced by a phrase that
a note quotes literally, nor by one that is said in several cases whose own notes name it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations

from demo.model.aims import Aim, aims
from demo.model.cases import Case
from demo.model.chance import SHUFFLES, shuffles
from demo.model.signs import Sign, same_stem

MOST_PHRASES = 5
FEWEST_DIGITS = 1.3
"""-log10 of 5 %: what a finding must reach before shuffles are asked."""
SHUFFLES_BEATEN = {"hinted": 16, "any": SHUFFLES}
CASES_NAMED = 3
PAIRED = 40


@dataclass(frozen=True, slots=True)
class Finding:
    """Signs that all show, for an aim."""

    aim: Aim
    signs: tuple[Sign, ...]
    shows: int
    worth: float

    @property
    def fixed(self) -> int:
        return self.shows & self.aim.wanted

    def preference(self) -> tuple[float, int, int, int, str]:
        """Larger is better: worth, then notes that point here, then fewer and shorter phrases."""
        hints = sum((sign.hinted & self.aim.wanted).bit_count() for sign in self.signs)
        words = sum(len(text.split()) for sign in self.signs for text in sign.phrases)
        return (round(self.worth, 6), hints, -len(self.signs), -words, str(self.signs))


def find(cases: Sequence[Case], signs: Sequence[Sign], among: int) -> Finding | None:
    """The most telling condition on the cases `among`, or None where nothing beats chance."""
    expected = [case.expected for case in cases]
    wanted = aims(cases, expected, among)
    anywhere = 0
    for aim in wanted:
        anywhere |= aim.wanted
    quoted = [sign for sign in signs if sign.quoted & anywhere]
    if found := _best(_quoted(quoted, wanted)) or _best(_pointed_at(signs, wanted)):
        return _grown(found, signs)
    hinted = [sign for sign in signs if sign.hinted & anywhere]
    for name, family, paired in (("hinted", hinted, True), ("any", signs, False)):
        found = _best(_conditions(family, wanted, paired=paired))
        if found and _beats_chance(found, family, cases, among, SHUFFLES_BEATEN[name], paired=paired):
            return _grown(found, signs)
    return None


def _best(findings: Iterator[Finding]) -> Finding | None:
    return max(findings, key=Finding.preference, default=None)


def _quoted(signs: Sequence[Sign], wanted: Sequence[Aim]) -> Iterator[Finding]:
    for aim in wanted:
        for sign in signs:
            if sign.quoted & aim.wanted and aim.allows(sign.shows, fewest=1):
                yield Finding(aim, (sign,), sign.shows, aim.worth(sign.shows))


def _pointed_at(signs: Sequence[Sign], wanted: Sequence[Aim]) -> Iterator[Finding]:
    """What is said in several cases whose own notes name it, and in none that it would break."""
    for aim in wanted:
        for sign in signs:
            named = (sign.hinted & aim.wanted).bit_count()
            if not sign.absent and named >= CASES_NAMED and not aim.breaks(sign.shows):
                yield Finding(aim, (sign,), sign.shows, aim.worth(sign.shows))


def _conditions(signs: Sequence[Sign], wanted: Sequence[Aim], *, paired: bool) -> Iterator[Finding]:
    for aim in wanted:
        allowed = (sign for sign in signs if aim.allows(sign.shows))
        yield from (Finding(aim, (sign,), sign.shows, aim.worth(sign.shows)) for sign in allowed)
        if paired:
            yield from _pairs(signs, aim)


def _pairs(signs: Sequence[Sign], aim: Aim) -> Iterator[Finding]:
    likely = sorted(signs, key=lambda sign: aim.breaks(sign.shows) - aim.fixes(sign.shows))[:PAIRED]
    for one, other in combinations(likely, 2):
        shows = one.shows & other.shows
        worth = aim.worth(shows) if aim.allows(shows) else 0.0
        if worth and worth > max(aim.worth(one.shows), aim.worth(other.shows)):
            yield Finding(aim, _both(one, other), shows, worth)


def _both(one: Sign, other: Sign) -> tuple[Sign, ...]:
    """As one sign where that says the same; else what is said before what is not."""
    if one.absent and one.akin(other):
        return (one.joined(other),)
    return (other, one) if one.absent and not other.absent else (one, other)


def _beats_chance(
    found: Finding, family: Sequence[Sign], cases: Sequence[Case], among: int, beaten: int, *, paired: bool
) -> bool:
    """Whether the finding is worth more than the best ones on `beaten` of the shuffled labels."""
    if found.worth < FEWEST_DIGITS:
        return False
    lost = 0
    for expected in shuffles([case.expected for case in cases], [case.judge for case in cases]):
        wanted = aims(cases, expected, among)
        best = max((one.worth for one in _conditions(family, wanted, paired=paired)), default=0.0)
        lost += best >= found.worth
        if lost > SHUFFLES - beaten:
            return False
    return True


def _grown(found: Finding, signs: Sequence[Sign]) -> Finding:
    """The finding with further phrases that notes point at, or that differ in an ending only."""
    if len(found.signs) > 1:
        return found
    sign, aim = found.signs[0], found.aim
    akin = sorted((other for other in signs if other.akin(sign)), key=partial(_likeliest, aim))
    for other in akin:
        more = sign.joined(other)
        if len(more.phrases) > MOST_PHRASES:
            break
        if _belongs(sign, other, aim) and _improves(sign.shows, more.shows, aim):
            sign = more
    return replace(found, signs=(sign,), shows=sign.shows)


def _likeliest(aim: Aim, sign: Sign) -> tuple[int, int, int]:
    """Sorts what fixes most first; of what fixes as much, the shortest."""
    return (-aim.fixes(sign.shows), aim.breaks(sign.shows), len(sign.phrases[0]))


def _belongs(sign: Sign, other: Sign, aim: Aim) -> bool:
    if other.phrases[0] in sign.phrases:
        return False
    return bool(other.hinted & aim.wanted) or same_stem(sign.phrases[0], other.phrases[0])


def _improves(before: int, after: int, aim: Aim) -> bool:
    gained = aim.fixes(after) - aim.fixes(before)
    spared = aim.breaks(before) - aim.breaks(after)
    return gained >= 0 and spared >= 0 and gained + spared > 0
