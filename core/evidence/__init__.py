"""How sure the labels make us that a rewrite is better: pure statistics, no database."""

from core.evidence.agreement import ClassRecall, Count, TriggerQuality
from core.evidence.evidence import BothSides, Evidence, weigh
from core.evidence.intervals import Interval, bootstrap, wilson
from core.evidence.measures import Estimate
from core.evidence.noise import Noise, rows_to_judge_again
from core.evidence.paired import Paired, compare_pairs, mcnemar
from core.evidence.rows import Answer, JudgedRow, Rows

__all__ = [
    "Answer",
    "BothSides",
    "ClassRecall",
    "Count",
    "Estimate",
    "Evidence",
    "Interval",
    "JudgedRow",
    "Noise",
    "Paired",
    "Rows",
    "TriggerQuality",
    "bootstrap",
    "compare_pairs",
    "mcnemar",
    "rows_to_judge_again",
    "weigh",
    "wilson",
]
