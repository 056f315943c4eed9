"""Settings as data: every setting's name, default, unit and help in one place; nothing else reads the environment.

A setting ``port`` is the environment variable ``GEZHI_PORT``; ``DATABASE_URL`` is accepted as it is usually spelled.
Times are seconds, sizes are bytes unless the name says otherwise.
"""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

from pydantic import AliasChoices, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Config(BaseSettings):
    """All settings of the service. Frozen: a process keeps the settings that it started with."""

    model_config = SettingsConfigDict(env_prefix="GEZHI_", frozen=True, extra="ignore", populate_by_name=True)

    home: Path = Field(default=Path("var"), description="directory of everything the service stores")
    database_url: str = Field(
        default="",
        validation_alias=AliasChoices("GEZHI_DATABASE_URL", "DATABASE_URL"),
        description="SQLAlchemy address of the database; empty: SQLite in the home directory",
    )
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8000, ge=0, le=65535, description="port to listen on")
    workers: int = Field(default=1, ge=1, le=64, description="server processes")
    threads: int = Field(default=4, ge=1, le=64, description="threads of each server process")
    tls_certificate: Path | None = Field(default=None, description="PEM file of the TLS certificate")
    tls_key: Path | None = Field(default=None, description="PEM file of the TLS key")
    insecure_http: bool = Field(default=False, description="serve plain HTTP on an address other than loopback")
    trusted_hosts: tuple[str, ...] = Field(
        default=(),
        description="names this service is reached by (JSON list); empty: loopback names and the bind address",
    )
    proxies: int = Field(default=0, ge=0, le=5, description="how many proxies in front are trusted for X-Forwarded-*")
    demo: bool = Field(
        default=True, description="sign the demonstration planner in on loopback while no account exists"
    )
    default_language: str = Field(default="zh", pattern="^(zh|en)$", description="language when the reader states none")
    max_upload_bytes: int = Field(default=512 * 1024**2, ge=1024, description="largest upload")
    max_json_bytes: int = Field(default=1024**2, ge=1024, description="largest JSON body")
    session_idle_s: int = Field(
        default=12 * 3600, ge=60, description="a session ends after this long without a request"
    )
    session_life_s: int = Field(default=7 * 24 * 3600, ge=60, description="a session ends this long after sign-in")
    login_failures: int = Field(default=10, ge=1, description="failed sign-ins of one name before it has to wait")
    login_failures_all: int = Field(
        default=100, ge=1, description="failed sign-ins of all names together before all wait"
    )
    login_window_s: int = Field(default=300, ge=1, description="the time over which failed sign-ins are counted")
    log_level: str = Field(
        default="warning", pattern="^(debug|info|warning|error)$", description="what is logged; info: every request"
    )
    run_jobs: bool = Field(default=True, description="start the job runner with the server")
    open311_token: str = Field(default="", description="bearer token for Open311 endpoints that want one")
    response_cache_bytes: int = Field(
        default=64 * 1024**2, ge=0, description="memory for compressed answers, per process"
    )

    @field_validator("host")
    @classmethod
    def _host_is_an_address(cls, value: str) -> str:
        if value == "localhost":
            return "127.0.0.1"
        try:
            return str(ipaddress.ip_address(value))
        except ValueError:
            raise ValueError(f"host must be an IP address to listen on, got {value!r}; for example 127.0.0.1") from None

    @field_validator("home")
    @classmethod
    def _home_is_the_callers(cls, value: Path) -> Path:
        return value.expanduser().absolute()  # children and other threads may stand in another directory

    @property
    def address(self) -> str:
        """The database's address: as set, else SQLite in the home directory."""
        return self.database_url or f"sqlite:///{self.home / 'gezhi.sqlite'}"

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        return ipaddress.ip_address(self.host).is_loopback

    @property
    def tls(self) -> bool:
        """Whether the service itself speaks TLS."""
        return self.tls_certificate is not None and self.tls_key is not None

    def environment(self) -> dict[str, str]:
        """These settings as environment variables, so that a child process starts with the same ones."""
        values = self.model_dump(mode="json", exclude_none=True)
        return {
            f"GEZHI_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
            for name, value in values.items()
        }
