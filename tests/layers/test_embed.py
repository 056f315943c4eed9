"""The door by which data enters a page: nothing that goes through it can be read as code."""

from __future__ import annotations

import base64
import gzip
import json
import re

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers import embed

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)
NASTY = [
    "{{7*7}}",
    "{%raw%}",
    "{#c#}",
    "</script><img src=x onerror=alert(1)>",
    "${x}`",
    "a&b'c\"d\\",
    "<!--",
    "\u2028",
]


@given(json_values)
def test_script_json_reads_back_as_what_went_in(value: object) -> None:
    assert json.loads(embed.script_json(value)) == value


@given(json_values)
def test_script_json_is_inert_in_html_and_in_jinja(value: object) -> None:
    text = embed.script_json(value)
    assert not re.search(r"[%#<>&'`\u2028\u2029]|\{\{|[\ud800-\udfff]", text)
    assert jinja2.Template(text).render() == text


@pytest.mark.parametrize("text", NASTY)
def test_every_nasty_text_survives_as_a_key_and_as_a_value(text: str) -> None:
    made = embed.script_json({text: [text]})
    assert json.loads(made) == {text: [text]}
    assert "{" not in made[1:-1]
    assert "}" not in made[1:-1]


def test_a_lone_surrogate_is_written_so_that_a_file_can_hold_it() -> None:
    made = embed.script_json("a\ud800b")
    assert made.encode("utf-8") == b'"a\\ud800b"'
    assert json.loads(made) == "a\ud800b"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": -float("inf")}])
def test_numbers_that_json_has_no_form_for_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        embed.script_json(value)


@given(st.binary(max_size=300))
def test_a_binary_block_holds_its_bytes_and_is_the_same_each_time(data: bytes) -> None:
    block = embed.binary("cells", data)
    assert block == embed.binary("cells", data)
    inside = re.fullmatch(
        r'<script type="application/gzip" id="cells" class="gezhi-data">([A-Za-z0-9+/=]*)</script>', block
    )
    assert inside is not None
    assert gzip.decompress(base64.b64decode(inside.group(1))) == data


@pytest.mark.parametrize("block_id", ["", "A", "a b", 'a"', "1a", "a" * 65])
def test_a_block_id_is_plain(block_id: str) -> None:
    with pytest.raises(ValueError, match="block id"):
        embed.json_block(block_id, {})
