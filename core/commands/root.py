"""The command `python -m core` and its groups."""

from __future__ import annotations

import click

from core.health import version


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version(), prog_name="plumbline")
def root() -> None:
    """Plumbline keeps LLM judges true to the labels of the people who own them."""


def group(name: str, help_text: str) -> click.Group:
    made = click.Group(name, help=help_text)
    root.add_command(made)
    return made
