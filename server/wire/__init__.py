"""The wire: what requests may say and what answers look like, as pydantic models. OpenAPI comes from here.

Unknown fields are refused, ids of cells are 15 hexadecimal characters, times are ISO 8601 in UTC.
"""
