"""Accounts, audit, jobs, settings."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index

from server.store.schema import parts
from server.store.types import Integer, Json, Real, String

users = parts.table(
    "users",
    parts.key(),
    parts.must("name", String, unique=True),
    parts.must("role", String),
    Column("city", String, ForeignKey("cities.code")),
    Column("region_id", Integer, ForeignKey("regions.id")),
    parts.must("password_hash", String),
    parts.must("created_at", String),
    Column("disabled_at", String),
)
sessions = parts.table(
    "sessions",
    Column("token_hash", String, primary_key=True),
    Column("user_id", Integer, ForeignKey("users.id"), nullable=False, index=True),
    parts.must("created_at", String),
    parts.must("seen_at", String),
    parts.must("expires_at", String),
)
audit = parts.table(
    "audit",
    Column("seq", Integer, primary_key=True, autoincrement=False),
    parts.must("at", String),
    parts.must("actor", String),
    parts.must("action", String),
    Column("city", String),
    parts.must("detail", Json),
    parts.must("previous", String),
    parts.must("hash", String),
)
jobs = parts.table(
    "jobs",
    Column("id", String, primary_key=True),
    parts.must("kind", String),
    Column("city", String, ForeignKey("cities.code")),
    parts.must("payload", Json),
    parts.must("actor", Json),
    parts.must("status", String),
    parts.must("progress", Real),
    parts.must("message", String),
    Column("result", Json),
    Column("error", Json),
    parts.must("attempts", Integer),
    parts.must("fence", Integer),
    Column("lease_until", String),
    parts.must("cancel", Integer),
    parts.must("created_at", String),
    parts.must("created_by", String),
    Column("started_at", String),
    Column("finished_at", String),
    Index(None, "status", "created_at"),
    CheckConstraint("status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="status"),
)
idempotency = parts.table(
    "idempotency",
    Column("owner", String, primary_key=True),
    Column("key", String, primary_key=True),
    parts.must("request_hash", String),
    parts.must("status", Integer),
    parts.must("body", Json),
    parts.must("at", String),
)
settings = parts.table(
    "settings",
    Column("name", String, primary_key=True),
    parts.must("value", Json),
    parts.must("updated_at", String),
)
