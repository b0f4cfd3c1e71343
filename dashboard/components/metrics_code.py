"""A field for code, and what code may do."""

from __future__ import annotations

import streamlit as st

STYLE = """<style>
[class*="st-key-"][class*="code"] textarea{font-family:"Source Code Pro",ui-monospace,monospace;
 font-size:.86rem;line-height:1.5;tab-size:4;white-space:pre;overflow-x:auto}
</style>"""
EXAMPLE = """# The call is in `data`. Set _result; None means that the metric does not apply.
agent = [turn["content"] for turn in data["messages"] if turn["role"] == "assistant"]
_result = any("anything else" in text.lower() for text in agent)
_explanation = "The agent offers further help." if _result else "No further help is offered."
"""
GUIDE = """
`data` holds the call:

| | |
|---|---|
| `data["transcript"]` | the text that a judge reads |
| `data["messages"]` | the turns: `role` (`assistant` or `user`), `content`, `start` and `end` in seconds |
| `data["duration"]` | seconds, or None |
| `data["end_reason"]` | a text, or None |
| `data["metadata"]` | the facts that came with the call |
| `data["verdicts"]` | what the other metrics say: `data["verdicts"]["Name"]["result"]`, and `"explanation"` |

Set `_result` to True or False, a number, one of the values, or None for N/A, and `_explanation` to a
sentence. `re`, `json`, `math` and `datetime` can be imported. There is no file, network, clock or chance; a
script has one second and 100 MB.

`evaluate_llm_judge_metric("Was the agent rude?")["result"]` asks the judge a question of your own, up to ten
times a call, paid from this metric's budget. Code that raises counts as a disagreement.
"""


def ask_code(key: str, label: str = "Code") -> str:
    """`key` holds the first text already."""
    st.html(STYLE)
    code = st.text_area(label, key=key, height=260, placeholder=EXAMPLE, persist_state="session")
    if code and code.strip():
        with st.expander("With line numbers", icon=":material/format_list_numbered:", key=f"{key}-numbered"):
            st.code(code, language="python", line_numbers=True, height=260)
    with st.expander("What the code finds and may do", icon=":material/help:", key=f"{key}-guide"):
        st.markdown(GUIDE)
        st.caption("An example:")
        st.code(EXAMPLE, language="python")
    return code or ""
