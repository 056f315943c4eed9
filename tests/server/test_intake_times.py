"""Times are read as people wrote them, decided from the whole column, or refused with a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.intake import times, values, zones
from tests.server.bad import reading

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _read(
    texts: list[str | None], *, tz: str | None = "UTC", time_format: str | None = None, now: str | None = None
) -> tuple[list[str | None], times.Decision]:
    """Each text as an ISO instant, or the code of its fault."""
    column = pa.array(texts, pa.string())
    decision = times.decide(times.survey([column]), column="t", time_format=time_format, tz=tz, now=now)
    read = times.read(column, decision)
    made: list[str | None] = []
    for i, us in enumerate(read.utc_us.tolist()):
        codes = [code for code, mask in read.faults.items() if mask[i]]
        assert len(codes) <= 1
        made.append(codes[0] if codes else (EPOCH + timedelta(microseconds=us)).isoformat().replace("+00:00", "Z"))
    return made, decision


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2023-05-03T10:20:30Z", "2023-05-03T10:20:30Z"),
        ("2023-05-03 10:20:30.25+08:00", "2023-05-03T02:20:30.250000Z"),
        ("2023-05-03T10:20:30+1400", "2023-05-02T20:20:30Z"),
        ("2023-05-03T10:20:30-05", "2023-05-03T15:20:30Z"),
        ("2023/5/3 9:05", "2023-05-03T09:05:00Z"),
        ("2023.05.03", "2023-05-03T00:00:00Z"),
        ("2023年5月3日 14时05分", "2023-05-03T14:05:00Z"),
        ("2023年5月3日14时5分6秒", "2023-05-03T14:05:06Z"),
        ("2023年5月3日", "2023-05-03T00:00:00Z"),
        ("2023-05-03 下午 2:05", "2023-05-03T14:05:00Z"),
        ("3 May 2023 10:20", "2023-05-03T10:20:00Z"),
        ("Wed, 3 May 2023 10:20:30 GMT", "2023-05-03T10:20:30Z"),
        ("May 3, 2023 12:05 AM", "2023-05-03T00:05:00Z"),
        ("sept 3 2023", "2023-09-03T00:00:00Z"),
        ("2024-02-29", "2024-02-29T00:00:00Z"),
        ("2023-02-29", "time.impossible"),
        ("2026-02-30", "time.impossible"),
        ("2023-13-01", "time.impossible"),
        ("2023-05-03 24:00", "time.impossible"),
        ("2023-05-03 10:61", "time.impossible"),
        ("2023-05-03 13:00 pm", "time.impossible"),
        ("2023-05-03T10:20:30+15:00", "time.impossible"),
        ("0001-01-01", "time.placeholder"),
        ("1900-01-01 00:00", "time.placeholder"),
        ("9999-12-31", "time.placeholder"),
        ("1899-12-30", "time.placeholder"),
        ("0001-02-03", "time.early"),
        ("9998-01-01", "time.future"),
        ("yesterday", "time.unreadable"),
        ("", "time.missing"),
    ],
)
def test_one_written_time(text: str, instant: str) -> None:
    assert _read([text, "2020-01-01T00:00:00Z"])[0][0] == instant


@pytest.mark.parametrize(
    ("texts", "unit", "instant"),
    [
        (["1577836800", "1577836801.5"], "epoch_s", "2020-01-01T00:00:00Z"),
        (["1577836800000", "1577836800001"], "epoch_ms", "2020-01-01T00:00:00Z"),
        (["1577836800000000"], "epoch_us", "2020-01-01T00:00:00Z"),
        (["43831.5", "43832"], "excel", "2020-01-01T12:00:00Z"),
        (["20200101", "20201231"], "yyyymmdd", "2020-01-01T00:00:00Z"),
        (["20200101123000"], "yyyymmddhhmmss", "2020-01-01T12:30:00Z"),
        (["202001011230"], "yyyymmddhhmm", "2020-01-01T12:30:00Z"),
    ],
)
def test_bare_numbers_are_told_apart_by_their_range(texts: list[str], unit: str, instant: str) -> None:
    read, decision = _read(texts)
    assert (decision.unit, read[0]) == (unit, instant)


def test_numbers_that_fit_nothing_or_two_things_are_refused() -> None:
    for texts in (["12", "13"], ["1577836800", "1577836800000"]):
        with pytest.raises(values.IntakeError) as refused:
            _read(list(texts))
        assert refused.value.code == "E_TIME_UNIT"


def test_excel_serial_60_is_a_day_that_never_was() -> None:
    serials: list[str | None] = [*["43831"] * 200, "60"]
    assert _read(serials)[0][-1] == "time.impossible"


@pytest.mark.parametrize(
    ("texts", "order", "first"),
    [
        (["05/03/2023", "13/03/2023"], "dmy", "2023-03-05T00:00:00Z"),
        (["05/03/2023", "03/13/2023"], "mdy", "2023-05-03T00:00:00Z"),
        (["5.3.2023 7:05", "31.12.2023 23:59:59"], "dmy", "2023-03-05T07:05:00Z"),
    ],
)
def test_day_or_month_first_is_decided_by_the_column(texts: list[str], order: str, first: str) -> None:
    read, decision = _read(list(texts))
    assert (decision.order, read[0]) == (order, first)
    assert "above 12" in decision.told["by"]


def test_an_undecidable_or_contradictory_order_is_refused_with_advice() -> None:
    for texts in (["05/03/2023", "01/02/2023"], ["13/03/2023", "03/13/2023"]):
        with pytest.raises(values.IntakeError, match="format") as refused:
            _read(list(texts))
        assert refused.value.code == "E_TIME_ORDER"
    assert _read(["05/03/2023"], time_format="dmy")[0] == ["2023-03-05T00:00:00Z"]
    assert _read(["05/03/2023"], time_format="mdy")[0] == ["2023-05-03T00:00:00Z"]


def test_a_rare_contradiction_is_a_fault_of_its_row() -> None:
    texts: list[str | None] = [*["01/31/2023"] * 300, "31/01/2023"]
    assert _read(texts)[0][-1] == "time.impossible"


def test_several_layouts_in_one_column_are_read_together() -> None:
    read, decision = _read(["1/9/2011 0:01", "10/13/2010 3:05", "2011-01-09T00:01", "Jan 9, 2011"])
    assert read[0] == read[2] == "2011-01-09T00:01:00Z"
    assert decision.told["seen"] == {"year first": 1, "month name": 1, "day or month first": 2}


@pytest.mark.parametrize(
    ("time_format", "text", "instant"),
    [
        ("%d.%m.%y %H:%M", "03.05.23 10:20", "2023-05-03T10:20:00Z"),
        ("%Y%m%d-%H%M%S", "20230503-102030", "2023-05-03T10:20:30Z"),
        ("%b %d %Y %I:%M %p", "May 03 2023 02:05 PM", "2023-05-03T14:05:00Z"),
        ("%Y-%m-%dT%H:%M:%S%z", "2023-05-03T10:20:30+0800", "2023-05-03T02:20:30Z"),
    ],
)
def test_a_given_format(time_format: str, text: str, instant: str) -> None:
    assert _read([text, "nonsense"], time_format=time_format)[0] == [instant, "time.unreadable"]


@pytest.mark.parametrize("time_format", ["%Q", "%Y-%m", "%Y-%m-%d %m", "%H:%M"])
def test_an_unusable_format_is_refused(time_format: str) -> None:
    with pytest.raises(values.IntakeError) as refused:
        _read(["2023-01-01"], time_format=time_format)
    assert refused.value.code == "E_TIME_FORMAT"


def test_unknown_ways_of_writing_and_unknown_zones_are_refused() -> None:
    with pytest.raises(values.IntakeError) as refused:
        _read(["昨天上午", "today"])
    assert (refused.value.code, refused.value.detail["examples"]) == ("E_TIME", ["昨天上午", "today"])
    for tz, text in ((None, "2023-01-01 10:00"), ("Mars/Olympus", "2023-01-01 10:00"), ("../etc/passwd", "2023-01-01")):
        with pytest.raises(values.IntakeError) as refused:
            _read([text], tz=tz)
        assert refused.value.code == "E_TZ"
    assert _read(["2023-01-01T10:00Z"], tz=None)[0] == ["2023-01-01T10:00:00Z"]


def test_the_future_begins_five_minutes_from_now() -> None:
    read, _ = _read(["2026-01-01T00:04:59Z", "2026-01-01T00:05:01Z"], now="2026-01-01T00:00:00Z")
    assert read == ["2026-01-01T00:04:59Z", "time.future"]


def test_a_gap_is_rejected_and_a_fold_is_its_first_time() -> None:
    read, _ = _read(["2018-03-11 02:30", "2018-11-04 01:30", "2018-11-04 02:30"], tz="America/Chicago")
    assert read == ["time.gap", "2018-11-04T06:30:00Z", "2018-11-04T08:30:00Z"]


ZONES = ["Asia/Shanghai", "America/Chicago", "Europe/Helsinki", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]


@settings(max_examples=300, deadline=None)
@given(st.datetimes(datetime(1901, 1, 1), datetime(2099, 1, 1)), st.sampled_from(ZONES))
def test_local_times_agree_with_zoneinfo(local: datetime, name: str) -> None:
    info = ZoneInfo(name)
    us = np.array([(local - datetime(1970, 1, 1)) // timedelta(microseconds=1)], np.int64)
    utc, gap, fold = zones.to_utc(us, _loaded(name))
    there = local.replace(tzinfo=info, fold=0)
    back = there.astimezone(UTC).astimezone(info).replace(tzinfo=None)
    assert bool(gap[0]) == (back != local)
    if not gap[0]:
        assert EPOCH + timedelta(microseconds=int(utc[0])) == there.astimezone(UTC)
        assert bool(fold[0]) == (there.utcoffset() != local.replace(tzinfo=info, fold=1).utcoffset())


_LOADED: dict[str, zones.Zone] = {}


def _loaded(name: str) -> zones.Zone:
    return _LOADED.setdefault(name, zones.load(name))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.datetimes(datetime(1950, 1, 1), datetime(2050, 1, 1)), min_size=1, max_size=20),
    st.sampled_from(["%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%d %B %Y %H:%M:%S",
                     "%B %d, %Y %I:%M:%S %p", "%Y年%m月%d日 %H时%M分%S秒"]),
)  # fmt: skip
def test_what_strftime_writes_is_read_back(moments: list[datetime], written: str) -> None:
    whole = [moment.replace(microsecond=0) for moment in moments]
    order = {"%d": "dmy", "%m": "mdy"}.get(written[:2]) if "/" in written else None
    read, _ = _read([moment.strftime(written) for moment in whole], time_format=order)
    assert read == [moment.isoformat() + "Z" for moment in whole]


def test_the_report_tells_the_decision_and_the_rows_that_failed(tmp_path: Path) -> None:
    path = tmp_path / "i.csv"
    path.write_text("time,lat,lng\n13/01/2023 10:00,31,112\n1/1/1900,31,112\n,31,112\n31/02/2023,31,112\n")
    report, rows, faults = reading.read("incidents", path)
    assert report.time is not None
    assert (report.time["format"], report.time["tz"]) == ("dmy", "Asia/Shanghai")
    assert [row["time"].isoformat() for row in rows] == ["2023-01-13T02:00:00+00:00"]
    assert [(fault["row"], fault["code"]) for fault in sorted(faults, key=lambda fault: fault["row"])] == [
        (2, "time.placeholder"), (3, "time.missing"), (4, "time.impossible")]  # fmt: skip
