"""What the launcher says. The last line of a good start is the web address and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from core.llm.faults import shown_address
from core.settings import Settings
from launch.plan import Plan


def say(line: str) -> None:
    """Flushed, because whoever reads a pipe waits for the line."""
    print(line, flush=True)  # noqa: T201


def aside(line: str) -> None:
    """On stderr: refusals, and what comes after the web address."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def stopping() -> None:
    aside("Stopping; a job in hand gets up to 30 seconds and goes on at the next start.")


def stepped_over(wanted: Mapping[str, int], chosen: Mapping[str, int]) -> None:
    for name, port in wanted.items():
        if chosen[name] != port:
            say(f"Port {port} is taken; {name} uses {chosen[name]}.")


def absent(names: list[str], home: Path) -> None:
    for name in names:
        say(f"{name} does not come up; it is tried again and again. Its log: {home / 'logs' / name}*.log")


def started(settings: Settings, plan: Plan, first_way_in: str) -> None:
    """`first_way_in`: the path of the local admin's one-time link, empty when they need none."""
    home = settings.plumbline_home
    for title, text in (
        ("Dashboard", plan.web_address),
        ("Sign in", _sign_in(settings, plan, first_way_in)),
        ("MCP", f"http://127.0.0.1:{plan.ports['mcp']}/mcp"),
        ("Model", _model(settings, plan)),
        (
            "Mail",
            f"kept in {home / 'mail'}, not sent. Set SMTP_URL to send it."
            if "mail" in plan.ports
            else "sent through SMTP_URL.",
        ),
        ("Redis", f"127.0.0.1:{plan.ports['redis']}" if "redis" in plan.ports else "at REDIS_URL."),
        ("Data and logs", str(home)),
    ):
        say(f"  {title:<14}{text}")
    say("Stop with Ctrl-C.")
    say(plan.web_address)


def bad_settings(error: ValidationError) -> str:
    """One sentence for every setting that cannot be read."""
    return " ".join(
        f"{'.'.join(str(part) for part in fault['loc']).upper()} cannot be read: {fault['msg']}."
        for fault in error.errors()
    )


def _sign_in(settings: Settings, plan: Plan, first_way_in: str) -> str:
    if first_way_in:
        return (
            f"{plan.web_address}{first_way_in}\n{'':<16}(lets {settings.admin_email} in, once, within a day)"
        )
    ways = {"accounts": "with your password.", "oidc": f"through {settings.oidc_name}."}
    return ways.get(settings.sign_in, "through your proxy.")


def _model(settings: Settings, plan: Plan) -> str:
    if "demo-model" not in plan.ports and settings.demo_model:
        return f"at {shown_address(settings.llm_base_url)}, but which one is not set: set LLM_MODEL."
    if "demo-model" not in plan.ports:
        return f"{settings.llm_model} at {shown_address(settings.llm_base_url)}"
    key = "LLM_API_KEY is set, but not used without an address. " if settings.llm_api_key else ""
    return f"the demo model, which follows written rules. {key}Set LLM_BASE_URL to use a language model."
