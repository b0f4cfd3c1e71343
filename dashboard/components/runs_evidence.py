"""How sure the labels make us, in words first: luck, the judge's own noise, classes, the trigger."""

from __future__ import annotations

import streamlit as st

from core.evidence import BothSides, Estimate, Evidence, TriggerQuality
from core.evidence.words import (
    count_words,
    difference_words,
    evidence_words,
    noise_words,
    range_words,
)
from core.runs.result_detail import ResultDetail
from dashboard.components import plain

RANGES = "The range in brackets holds the true share in 95 of 100 such samples."
KAPPA = "Agreement beyond what guessing with the same habits would give: 0 is none, 1 is perfect."
BALANCED = "The mean of the classes' shares, so that a rare class counts as much as a frequent one."


def show_evidence(result: ResultDetail) -> None:
    """Nothing where no candidate was scored."""
    evidence = result.evidence
    if evidence is None:
        return
    st.subheader("How sure is that?", anchor=False)
    with st.container(border=True, key=f"runs-evidence-{result.id}", gap="small"):
        st.markdown(f"**{plain.label(evidence_words(evidence))}**")
        for sentence in _sentences(evidence):
            st.markdown(sentence)
    if evidence.recalls:
        _show_classes(result.id, evidence)


def _sentences(evidence: Evidence) -> list[str]:
    everything, held_out = evidence.everything, evidence.held_out
    found = [
        f":material/straighten: On all {everything.rows} labels the change lies "
        f"{difference_words(everything.difference)}"
        + (
            f"; on the {held_out.rows} it never saw, {difference_words(held_out.difference)}."
            if held_out
            else "."
        )
    ]
    if evidence.noise is not None:
        found.append(f":material/casino: {noise_words(evidence.noise)}")
    if evidence.trigger is not None:
        live, proposed = (_trigger_words(side) for side in evidence.trigger)
        found.append(
            f":material/filter_alt: N/A under the live trigger: {live}. Under the proposed: {proposed}."
        )
    before, after = evidence.unreadable
    if before or after:
        found.append(f":material/visibility_off: Unreadable answers: {before} before, {after} after.")
    return found


def _trigger_words(quality: TriggerQuality) -> str:
    given, labelled = quality.precision, quality.recall
    answered = (
        f"{given.right} of {given.total} N/A answers were labelled so" if given.total else "never answered"
    )
    return f"{answered}, {labelled.right} of {labelled.total} N/A labels were found"


def _show_classes(result_id: int, evidence: Evidence) -> None:
    with st.expander("Label by label", key=f"runs-classes-{result_id}", icon=":material/table_rows:"):
        st.dataframe(
            {
                "Label": [plain.option(each.name) for each in evidence.recalls],
                "Live prompt gets right": [count_words(each.before) for each in evidence.recalls],
                "Proposed prompt": [count_words(each.after) for each in evidence.recalls],
            },
            hide_index=True,
            height="content",
            key=f"runs-recalls-{result_id}",
        )
        st.caption(RANGES)
        for name, both, about in (
            ("Balanced agreement", evidence.balanced_accuracy, BALANCED),
            ("Cohen's kappa", evidence.kappa, KAPPA),
        ):
            _show_measure(name, both, about)


def _show_measure(name: str, both: BothSides, about: str) -> None:
    if both.before is None and both.after is None:
        return
    as_share = name.startswith("Balanced")
    before, after = (_estimate(each, as_share) for each in (both.before, both.after))
    st.markdown(f"**{name}:** {before} → {after}  \n:gray[{about}]")


def _estimate(estimate: Estimate | None, as_share: bool) -> str:
    if estimate is None:
        return "no value"
    if as_share:
        return f"{100 * estimate.value:.0f} % ({range_words(estimate.interval)})"
    return f"{estimate.value:.2f} ({estimate.interval.low:.2f} to {estimate.interval.high:.2f})"
