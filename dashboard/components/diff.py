"""What changed between two definitions, word by word, in both themes.

The component compares and draws in the browser (`static/diff`), from files of ours: a script that came
inside the page would be refused by the security headers.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from diff_viewer import diff_viewer
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from core.notifications.wording import FIELD_NAMES

CLASSIC_HEIGHT = 500
SPLIT, INLINE, CLASSIC = VIEWS = ("Side by side", "Inline", "Classic view")
STATIC = Path(__file__).parents[1] / "static"
MANIFEST = ComponentManifest(name="plumbline", version="1", components=[ComponentConfig("diff", "diff")])
NAME = "plumbline.diff"


def show_diff(before: Mapping[str, str], after: Mapping[str, str], key: str) -> None:
    """Each changed field of a definition; the fields are those of `summary.definition_fields`."""
    changed = [name for name in FIELD_NAMES if before.get(name, "") != after.get(name, "")]
    if not changed:
        st.caption("The two definitions are the same.")
        return
    view = st.segmented_control(
        "How to show what changed",
        VIEWS,
        default=SPLIT,
        key=f"{key}-view",
        label_visibility="collapsed",
        required=True,
    )
    fields = [
        {
            "name": name,
            "title": FIELD_NAMES[name],
            "before": before.get(name, ""),
            "after": after.get(name, ""),
        }
        for name in changed
    ]
    if view == CLASSIC:
        _show_classic(fields, key)
    else:
        _component()(
            key=f"{key}-words", data={"fields": fields, "view": "split" if view == SPLIT else "inline"}
        )


def _show_classic(fields: list[dict[str, str]], key: str) -> None:
    """streamlit-diff-viewer: line numbers and letters as programmers know them."""
    for field in fields:
        st.markdown(f"**{field['title']}**")
        with st.container(height=CLASSIC_HEIGHT, key=f"{key}-{field['name']}-classic"):
            diff_viewer(field["before"], field["after"], lang="none", key=f"{key}-{field['name']}-viewer")


def _component() -> Any:
    """The component, its folder made known to whichever runtime this rerun belongs to."""
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(NAME) is None:
        manager.register_from_manifest(MANIFEST, STATIC)
    return _registered()


@cache
def _registered() -> Any:
    return st.components.v2.component(NAME, css="diff.css", js="diff.js")
