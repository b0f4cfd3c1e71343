"""The only reader of the environment.

Sources, strongest first: environment variables, `.env`, then `runtime.json` in `PLUMBLINE_HOME`, in
which `make run` leaves the addresses of the parts it started, so that the command line finds them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

RUNTIME_FILE = "runtime.json"
DEMO_MODEL = "plumbline-demo"


class Settings(BaseSettings):
    """Everything that can be set from outside; `.env.example` says what each one does."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    plumbline_home: Path = Path(".plumbline")
    database_url: SecretStr | None = None
    redis_url: SecretStr | None = None

    llm_base_url: str | None = None
    llm_api_key: SecretStr | None = None
    llm_model: str = DEMO_MODEL
    llm_concurrency: int = Field(8, ge=1, le=256)
    llm_timeout_seconds: float = Field(60.0, gt=0)
    llm_max_output_tokens: int = Field(1024, ge=16)
    llm_price_input: float | None = Field(None, ge=0, description="money per million input tokens")
    llm_price_output: float | None = Field(None, ge=0, description="money per million output tokens")

    smtp_url: SecretStr | None = None
    mail_from: str = "Plumbline <plumbline@localhost>"
    mail_per_minute: int = Field(600, ge=1, le=100_000)
    public_url: str = "http://127.0.0.1:8501"
    admin_email: str = "admin@localhost"

    sign_in: Literal["accounts", "oidc", "proxy"] = "accounts"
    cookie_secret: SecretStr | None = Field(None, min_length=32)
    secret_key: SecretStr | None = None
    session_idle_hours: float = Field(24.0, gt=0)
    session_days: float = Field(14.0, gt=0)
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_name: str = "single sign-on"
    oidc_trust_email: bool = False
    proxy_header: str = "X-Forwarded-Email"
    proxy_addresses: str | None = None
    allowed_private_addresses: str | None = None

    plumbline_host: str = "127.0.0.1"
    allowed_hosts: str | None = None
    web_port: int = 8501
    mcp_port: int = 8765
    mcp_public_url: str | None = Field(None, pattern=r"^https?://[^/?#\s]+(/[^?#\s]*)?$")
    plumbline_token: SecretStr | None = None

    grace_seconds: int = Field(6 * 3600, ge=0, description="how late a missed fire may still catch up")
    lease_seconds: float = Field(20.0, gt=0)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, level: object) -> object:
        return level.upper() if isinstance(level, str) else level

    @field_validator("plumbline_home")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().resolve()

    @property
    def demo_model(self) -> bool:
        """Whether the judge is the bundled rule follower and no language model."""
        return self.llm_model == DEMO_MODEL and not self.model_missing

    @property
    def model_missing(self) -> bool:
        """Whether an endpoint is set, and not which of its models to ask."""
        return self.llm_base_url is not None and "llm_model" not in self.model_fields_set

    @property
    def database(self) -> str:
        """The SQLAlchemy address; may hold a password, so it is never logged."""
        if self.database_url is None:
            return f"sqlite:///{self.plumbline_home / 'plumbline.db'}"
        url = self.database_url.get_secret_value()
        for prefix in ("postgres://", "postgresql://"):
            if url.startswith(prefix):
                return "postgresql+psycopg://" + url.removeprefix(prefix)
        return url

    @property
    def redis(self) -> str:
        return self.redis_url.get_secret_value() if self.redis_url else "redis://127.0.0.1:6379/0"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings, env_settings, dotenv_settings, RuntimeFile(settings_cls))


class RuntimeFile(PydanticBaseSettingsSource):
    """Addresses of the parts that `make run` started, read from `runtime.json`."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        home = Path(str(self.current_state.get("plumbline_home", ".plumbline"))).expanduser()
        try:
            found = json.loads((home / RUNTIME_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process; `overrides` win over every other source."""
    return Settings(**overrides)
