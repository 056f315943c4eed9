"""What Open311 requests may say. What of the standard names persons or addresses is taken and dropped."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from server.wire.requests import Asked, Latitude, Longitude, Text, Time

Short = Annotated[str, StringConstraints(max_length=200)]
Long = Annotated[str, StringConstraints(max_length=4_000)]
Ids = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]


def _plus(value: Any) -> Any:
    """A + of an offset that a client did not encode arrives as a space."""
    return value.replace(" ", "+") if isinstance(value, str) and value[-6:-5] == " " else value


Moment = Annotated[Time, BeforeValidator(_plus)]


class Jurisdiction(Asked):
    """What every Open311 request may say: whose endpoint it means, which has one jurisdiction, the city."""

    jurisdiction_id: Short | None = None


class Requests(Jurisdiction):
    """GET requests: ids override everything else."""

    service_request_id: Ids | None = None
    service_code: Ids | None = None
    start_date: Moment | None = None
    end_date: Moment | None = None
    status: Annotated[str, StringConstraints(pattern=r"^(open|closed)(,(open|closed))?$")] | None = None
    extensions: Short | None = None


class Submission(Jurisdiction):
    """POST requests, as a form. Kept are the service, the place and the time of arrival, nothing else."""

    service_code: Text
    lat: Latitude
    long: Longitude
    api_key: Short | None = Field(default=None, description="not used: sign in by session or bearer token")
    address_string: Long | None = Field(default=None, description="not kept")
    address_id: Short | None = Field(default=None, description="not kept")
    email: Short | None = Field(default=None, description="not kept")
    device_id: Short | None = Field(default=None, description="not kept")
    account_id: Short | None = Field(default=None, description="not kept")
    first_name: Short | None = Field(default=None, description="not kept")
    last_name: Short | None = Field(default=None, description="not kept")
    phone: Short | None = Field(default=None, description="not kept")
    description: Long | None = Field(default=None, description="not kept")
    media_url: Long | None = Field(default=None, description="not kept")
