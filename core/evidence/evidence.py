"""All that is known about whether a candidate is better, as it is stored with its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.evidence.agreement import ClassRecall, TriggerQuality, recalls, trigger_quality
from core.evidence.measures import Agrees, Estimate, balanced_accuracy, kappa
from core.evidence.noise import Noise
from core.evidence.paired import Paired, compare_pairs
from core.evidence.rows import Answer, JudgedRow, Rows


@dataclass(frozen=True, slots=True)
class BothSides:
    """A measure under the live definition and under the candidate; None where it has no value."""

    before: Estimate | None
    after: Estimate | None

    def as_json(self) -> dict[str, Any]:
        sides = {"before": self.before, "after": self.after}
        return {name: side.as_json() if side else None for name, side in sides.items()}

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> BothSides:
        return cls(Estimate.of_json(data["before"]), Estimate.of_json(data["after"]))


@dataclass(frozen=True, slots=True)
class Evidence:
    """A candidate beside the live definition, on the labelled rows that both were judged on.

    `everything` is over all of them; `held_out` over those the search never saw, None below 30 labels.
    `recalls` and `held_out_recalls` likewise, empty where values are no classes. `unreadable` counts
    answers nobody could read, live and candidate. `noise` is None where it was not measured.
    """

    everything: Paired
    held_out: Paired | None
    recalls: tuple[ClassRecall, ...]
    held_out_recalls: tuple[ClassRecall, ...]
    balanced_accuracy: BothSides
    kappa: BothSides
    trigger: tuple[TriggerQuality, TriggerQuality] | None
    unreadable: tuple[int, int]
    noise: Noise | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "everything": self.everything.as_json(),
            "held_out": self.held_out.as_json() if self.held_out else None,
            "recalls": [each.as_json() for each in self.recalls],
            "held_out_recalls": [each.as_json() for each in self.held_out_recalls],
            "balanced_accuracy": self.balanced_accuracy.as_json(),
            "kappa": self.kappa.as_json(),
            "trigger": [side.as_json() for side in self.trigger] if self.trigger else None,
            "unreadable": list(self.unreadable),
            "noise": self.noise.as_json() if self.noise else None,
        }

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> Evidence:
        trigger = data["trigger"] and [TriggerQuality.of_json(side) for side in data["trigger"]]
        return cls(
            everything=Paired.of_json(data["everything"]),
            held_out=Paired.of_json(data["held_out"]) if data["held_out"] else None,
            recalls=tuple(map(ClassRecall.of_json, data["recalls"])),
            held_out_recalls=tuple(map(ClassRecall.of_json, data["held_out_recalls"])),
            balanced_accuracy=BothSides.of_json(data["balanced_accuracy"]),
            kappa=BothSides.of_json(data["kappa"]),
            trigger=(trigger[0], trigger[1]) if trigger else None,
            unreadable=(data["unreadable"][0], data["unreadable"][1]),
            noise=Noise.of_json(data["noise"]),
        )


def weigh(rows: Rows, held_out: Rows, agrees: Agrees | None, noise: Noise | None = None) -> Evidence | None:
    """The evidence that these rows give; None where there are none.

    Args:
        held_out: those among `rows` that the search never saw.
        agrees: whether two classes agree, equal or within the metric's tolerance; None where the rows'
            classes are no values, and so have no kappa.
    """
    everything = compare_pairs(rows)
    if everything is None:
        return None
    before, after = trigger_quality(rows, _before), trigger_quality(rows, _after)
    return Evidence(
        everything=everything,
        held_out=compare_pairs(held_out),
        recalls=recalls(rows),
        held_out_recalls=recalls(held_out),
        balanced_accuracy=BothSides(balanced_accuracy(rows, _before), balanced_accuracy(rows, _after)),
        kappa=BothSides(*(agrees and kappa(rows, side, agrees) for side in (_before, _after))),
        trigger=(before, after) if before and after else None,
        unreadable=(_unreadable(rows, _before), _unreadable(rows, _after)),
        noise=noise,
    )


def _unreadable(rows: Rows, side: Any) -> int:
    return sum(side(row).value is None for row in rows)


def _before(row: JudgedRow) -> Answer:
    return row.before


def _after(row: JudgedRow) -> Answer:
    return row.after
