"""A page of people's texts in every kind of place that they stand in; run by `streamlit run`."""

import streamlit as st

from dashboard.components import plain
from tests.as_typed import AS_TYPED

for number, text in enumerate(AS_TYPED):
    with st.container(key=f"typed-{number}"):
        st.title(plain.label(text), anchor=False)
        st.caption(plain.label(text))
        st.markdown(plain.label(text))
        st.markdown(f"**{plain.label(text)}**")
        st.markdown(f":red[{plain.label(text)}]")
        st.warning(plain.label(text))
        st.button(plain.short(text), key=f"button-{number}")
        st.page_link("https://example.com/", label=f"**{plain.short(text)}**")
        plain.badge(text, "gray")
        st.expander(plain.short(text), key=f"expander-{number}").text("inside")
    st.markdown(f"at 12:30:05 :material/bolt: {plain.label(text)}")
