"""What `make run` starts beside the product itself, and how the parts find each other. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.settings import DEMO_MODEL, Settings
from launch.ports import reachable

LOCAL = "127.0.0.1"
REDIS_PORT, DEMO_MODEL_PORT, MAIL_PORT = 6479, 8411, 2525

PORT_VARIABLES = {
    "web": "PORT",
    "mcp": "MCP_PORT",
    "redis": "REDIS_PORT",
    "demo-model": "DEMO_MODEL_PORT",
    "mail": "MAIL_PORT",
}
"""Which environment variable tells each command of the Procfiles its port."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`ports`: by part, for what is started here. `runtime`: what goes into runtime.json."""

    host: str
    ports: Mapping[str, int]
    runtime: Mapping[str, str | int]
    environment: Mapping[str, str]

    @property
    def web_address(self) -> str:
        return f"http://{self.host}:{self.ports['web']}"


def wanted_ports(settings: Settings) -> dict[str, int]:
    """The port each part would like; a server that the settings name elsewhere is not started here."""
    wanted = {"web": settings.web_port, "mcp": settings.mcp_port}
    if settings.redis_url is None:
        wanted["redis"] = REDIS_PORT
    if settings.llm_base_url is None:
        wanted["demo-model"] = DEMO_MODEL_PORT
    if settings.smtp_url is None:
        wanted["mail"] = MAIL_PORT
    return wanted


def make_plan(settings: Settings, ports: Mapping[str, int]) -> Plan:
    """Everything that follows from the settings and the ports that were free."""
    host = reachable(settings.plumbline_host)
    return Plan(host, ports, _runtime(settings, ports), _environment(settings, ports))


def commands(all_commands: Mapping[str, str], plan: Plan) -> dict[str, str]:
    """The commands to run, leaving out the servers that the settings name elsewhere."""
    left_out = set(PORT_VARIABLES) - set(plan.ports)
    return {name: command for name, command in all_commands.items() if name not in left_out}


def _runtime(settings: Settings, ports: Mapping[str, int]) -> dict[str, str | int]:
    runtime: dict[str, str | int] = {"web_port": ports["web"], "mcp_port": ports["mcp"]}
    if "public_url" not in settings.model_fields_set:
        runtime["public_url"] = f"http://{reachable(settings.plumbline_host)}:{ports['web']}"
    if "redis" in ports:
        runtime["redis_url"] = f"redis://{LOCAL}:{ports['redis']}/0"
    if "demo-model" in ports:
        runtime["llm_base_url"] = f"http://{LOCAL}:{ports['demo-model']}/v1"
        runtime["llm_model"] = DEMO_MODEL
    if "mail" in ports:
        runtime["smtp_url"] = f"smtp://{LOCAL}:{ports['mail']}"
    return runtime


def _environment(settings: Settings, ports: Mapping[str, int]) -> dict[str, str]:
    """What the commands of the Procfiles name, and what must win over a .env file."""
    environment = {PORT_VARIABLES[name]: str(port) for name, port in ports.items()}
    environment |= {
        "PLUMBLINE_HOME": str(settings.plumbline_home),
        "PLUMBLINE_HOST": settings.plumbline_host,
        "WEB_PORT": str(ports["web"]),
        "PYTHONUNBUFFERED": "1",
    }
    if "demo-model" in ports:
        # A model name without an address would be asked of the demo model, and hide that it is one.
        environment["LLM_MODEL"] = DEMO_MODEL
    return environment
