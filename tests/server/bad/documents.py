"""Text documents that are not what they say, or that say too much."""

from __future__ import annotations

import json
from typing import Any

SECRET = "TOP-SECRET-4711"


def vrt(source: str) -> str:
    """A GDAL virtual layer that reads another file or address."""
    return (
        f'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{source}</SrcDataSource>'
        "<SrcSQL>SELECT * FROM secret</SrcSQL></OGRVRTLayer></OGRVRTDataSource>"
    )


def pipeline(command: str) -> str:
    """A GDAL algorithm to run, dressed as JSON."""
    return json.dumps({"type": "gdal_streamed_alg", "command_line": command})


def web_service(url: str) -> str:
    """A web feature service description."""
    return f"<OGRWFSDataSource><URL>{url}</URL></OGRWFSDataSource>"


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    """A GeoJSON feature."""
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def point(lng: Any, lat: Any) -> dict[str, Any]:
    """A GeoJSON point."""
    return {"type": "Point", "coordinates": [lng, lat]}


def collection(*features: Any) -> str:
    """A feature collection; features may be objects or raw JSON text."""
    parts = [part if isinstance(part, str) else json.dumps(part, ensure_ascii=False) for part in features]
    return '{"type":"FeatureCollection","features":[' + ",".join(parts) + "]}"


def kml(body: str, *, head: str = "") -> str:
    """A KML document around placemarks."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}'
        "</Document></kml>"
    )


BILLION_LAUGHS = (
    '<!DOCTYPE kml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
EXTERNAL_ENTITY = '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
EXTERNAL_DTD = '<!DOCTYPE kml SYSTEM "http://127.0.0.1:9/evil.dtd">'
