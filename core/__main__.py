"""`python -m core …`: everything the pages do, for scripts and people who prefer a terminal."""

from __future__ import annotations

from core.commands import demo, installation, labs, people, projects, running, scheduling, tokens
from core.commands.root import root

__all__ = ["demo", "installation", "labs", "people", "projects", "running", "scheduling", "tokens"]

if __name__ == "__main__":
    root(prog_name="python -m core")
