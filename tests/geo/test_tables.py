"""The data dictionary: sound tables pass, and of unsound ones every fault is told at once."""

import numpy as np
import pandas as pd
import pytest
import shapely

from geo import errors, tables

SOUND = {
    "incidents": {"id": ["a", "b"], "time": ["2024-05-31T08:30:00Z", "2024-06-01"], "category": ["0501", "0203"],
                  "lat": ["26.4", 26.5], "lng": [111.6, 111.7]},
    "cameras": {"lat": [26.4], "lng": [111.6], "kind": ["dome"], "heading": [np.nan], "status": ["offline"]},
    "households": {"households": [0, 12.5], "geometry": [shapely.box(0, 0, 1, 1), shapely.Point(1, 2)]},
    "roads": {"class": ["trunk"], "oneway": [True], "geometry": [shapely.LineString([(0, 0), (1, 1)])]},
    "workers": {"id": [1, 2], "capacity": [1, "2"], "lat": [26.4, 26.4], "lng": [111.6, 111.6]},
}  # fmt: skip


@pytest.mark.parametrize("kind", SOUND)
def test_a_sound_table_has_no_faults(kind):
    assert tables.validate(kind, pd.DataFrame(SOUND[kind])) == []
    tables.check(kind, pd.DataFrame(SOUND[kind]))


@pytest.mark.parametrize(
    ("kind", "column", "value", "reason"),
    [
        ("incidents", "lat", 91, "-90 to 90"),
        ("incidents", "lat", "north", "finite number"),
        ("incidents", "lng", np.inf, "finite number"),
        ("incidents", "lng", None, "a value is needed"),
        ("incidents", "time", "31/31/2024", "a time"),
        ("incidents", "category", " ", "a value is needed"),
        ("incidents", "category", 5.5, "text is needed"),
        ("cameras", "kind", "drone", "fixed, dome, panning"),
        ("cameras", "heading", 361, "0 to 360"),
        ("cameras", "range", -5, "m"),
        ("households", "households", -1, "0 to"),
        ("households", "geometry", shapely.LineString([(0, 0), (1, 1)]), "area or point"),
        ("households", "geometry", "POINT (0 0)", "a geometry is needed"),
        ("households", "geometry", shapely.Polygon([(0, 0), (1, 1), (0, 1), (1, 0)]), "Self-intersection"),
        ("households", "geometry", shapely.Point(111, 95), "latitudes"),
        ("households", "geometry", shapely.Polygon(), "not empty"),
        ("roads", "geometry", shapely.box(0, 0, 1, 1), "line"),
        ("roads", "oneway", "perhaps", "one of"),
        ("workers", "capacity", 1.5, "whole number"),
        ("workers", "capacity", True, "finite number"),
    ],
)
def test_a_wrong_value_is_named_with_its_row_and_what_would_be_right(kind, column, value, reason):
    table = pd.DataFrame({name: list(values) for name, values in SOUND[kind].items()}, dtype=object)
    if column not in table:
        table[column] = None
    table.at[len(table) - 1, column] = value
    (fault,) = tables.validate(kind, table)
    assert (fault.column, fault.row) == (column, len(table) - 1)
    assert reason in fault.reason


def test_all_faults_are_told_at_once():
    table = pd.DataFrame({"id": ["a", "a"], "time": ["x", None], "lat": [100, 1], "lng": [0, "east"]})
    found = tables.validate("incidents", table)
    assert sorted((f.column, f.row) for f in found) == [
        ("category", -1), ("id", 1), ("lat", 0), ("lng", 1), ("time", 0), ("time", 1),
    ]  # fmt: skip
    with pytest.raises(errors.TableError, match="6 faults") as fault:
        tables.check("incidents", table)
    assert fault.value.values == found


def test_every_kind_of_import_is_declared():
    kinds = "grids households buildings roads barriers incidents cameras workers centres places regions"
    assert sorted(tables.TABLES) == sorted(kinds.split())
    with pytest.raises(errors.TableError, match="no kind"):
        tables.validate("people", pd.DataFrame())


def test_no_table_has_a_column_about_persons():
    words = {"phone", "person", "resident", "identity", "plate", "face", "gender", "birth"}
    assert not words & {column.name for columns in tables.TABLES.values() for column in columns}
