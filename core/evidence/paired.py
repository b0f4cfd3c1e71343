"""Is the candidate better on these rows, or was it luck? Two verdicts on each row, compared in pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.evidence.intervals import Interval, Numbers, bootstrap, wilson
from core.evidence.rows import JudgedRow, Rows, by_conversation


@dataclass(frozen=True, slots=True)
class Paired:
    """Two definitions on the same rows.

    `rows` counts them; `before` and `after` those that agree, each with its Wilson interval; `fixed`
    and `broken` those that came to agree or ceased to. `luck` is the probability that chance alone
    shows at least this much gain; `difference` the interval of the change in agreement, as a fraction.
    """

    rows: int
    before: int
    after: int
    fixed: int
    broken: int
    luck: float
    before_interval: Interval
    after_interval: Interval
    difference: Interval

    @property
    def gain(self) -> int:
        return self.fixed - self.broken

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "before": self.before,
            "after": self.after,
            "fixed": self.fixed,
            "broken": self.broken,
            "luck": self.luck,
            "before_interval": self.before_interval.as_json(),
            "after_interval": self.after_interval.as_json(),
            "difference": self.difference.as_json(),
        }

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> Paired:
        intervals = {
            name: Interval.of_json(data[name]) for name in ("before_interval", "after_interval", "difference")
        }
        return cls(**{**data, **intervals})


def compare_pairs(rows: Rows) -> Paired | None:
    """None where there is no row. A conversation counts once for `luck`, by the sum of its changes."""
    if not rows:
        return None
    changes = [row.change for row in rows]
    before = sum(row.before.agrees for row in rows)
    after = sum(row.after.agrees for row in rows)
    sums = [sum(row.change for row in conversation) for conversation in by_conversation(rows)]
    return Paired(
        rows=len(rows),
        before=before,
        after=after,
        fixed=changes.count(1),
        broken=changes.count(-1),
        luck=mcnemar(sum(each > 0 for each in sums), sum(each < 0 for each in sums)),
        before_interval=wilson(before, len(rows)),
        after_interval=wilson(after, len(rows)),
        difference=difference_interval(rows),
    )


@lru_cache(maxsize=4096)
def mcnemar(fixed: int, broken: int) -> float:
    """The exact one-sided p: how often chance alone fixes at least so many of the rows that changed.

    Were the candidate no better, a row that changed would be as likely broken as fixed, so the fixed
    ones follow a binomial distribution with share ½. McNemar (1947), “Note on the sampling error of the
    difference between correlated proportions or percentages”, Psychometrika 12:153–157; exact form in
    Fay (2010), “Two-sided exact tests and matching confidence intervals”, The R Journal 2:53–58.
    """
    from scipy.stats import binomtest  # type: ignore[import-untyped]  # a second, which no page needs

    if fixed + broken == 0:
        return 1.0
    return float(binomtest(fixed, fixed + broken, 0.5, alternative="greater").pvalue)


def difference_interval(rows: Rows) -> Interval:
    """The bootstrap interval of the change in agreement (after less before), drawn by conversation."""
    units = [_sums(conversation) for conversation in by_conversation(rows)]
    return bootstrap(units, lambda sums: sums, _share)


def _sums(conversation: Sequence[JudgedRow]) -> tuple[int, int]:
    return sum(row.change for row in conversation), len(conversation)


def _share(sums: Numbers) -> Numbers:
    return sums[:, 0] / sums[:, 1]
