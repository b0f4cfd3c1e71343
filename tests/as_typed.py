"""Texts in which Streamlit's markdown reads something although everything in them is escaped."""

from __future__ import annotations

AS_TYPED = (
    "a -> b <- c <-> d -- e >= f <= g ~= h -> -> i --",
    "-> all of it",
    ":smile: :+1: :material/skull: :material_skull: :streamlit: 12:30:05 :material/open",
    "https://evil.example/a www.evil.example ann@evil.example :red[x] :small[] [y] (z) <-",
    "yes -> no",
)
