"""Personal data is not read: columns named after or filled with identity numbers, telephone numbers, number plates,
e-mail addresses or persons' names are recognised, named in the report and left in the file.

Identity numbers are proved by date and check digit (GB 11643-1999, ISO 7064 MOD 11-2), so that a long code is not
mistaken for one. A worker's display name is the one name of a person that may come in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from server.intake import mapping

#: What a header says: (what it is, words that may stand anywhere in the normalised header, whole headers).
_HEADERS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "identity number",
        (
            "身份证",
            "证件号",
            "公民身份",
            "护照",
            "社保号",
            "idcard",
            "identitycard",
            "identitynumber",
            "socialsecurity",
            "passport",
            "nationalid",
        ),
        ("idno", "idnumber", "ssn", "sfz", "sfzh"),
    ),
    (
        "telephone number",
        (
            "电话",
            "手机",
            "联系方式",
            "联系号码",
            "telephone",
            "mobilephone",
            "cellphone",
            "phonenumber",
            "contactnumber",
            "微信",
        ),
        ("phone", "tel", "mobile", "dh", "sjh", "lxdh"),
    ),
    (
        "number plate",
        ("车牌", "号牌", "licenseplate", "licenceplate", "platenumber", "plateno", "vehicleplate"),
        ("plate", "cph"),
    ),
    (
        "name of a person",
        (
            "姓名",
            "报警人",
            "举报人",
            "上报人",
            "当事人",
            "受害人",
            "嫌疑人",
            "户主",
            "联系人",
            "反映人",
            "来电人",
            "报案人",
            "投诉人",
            "victimname",
            "suspectname",
            "complainantname",
            "reportername",
            "residentname",
            "firstname",
            "lastname",
            "surname",
            "contactperson",
            "contactname",
            "ownername",
        ),
        ("victim", "suspect", "reporter", "complainant", "caller", "xm", "personname"),
    ),
    ("e-mail address", ("email", "邮箱", "电子邮件"), ()),
    ("face or biometric data", ("人脸", "指纹", "facevector", "faceid", "biometric", "虹膜"), ()),
)
_WORKER_NAMES = ("姓名",)
_DATED = r"[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"
_ID = f"^{_DATED}$"
_MOBILE = r"^(?:\+?0{0,2}86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}$"
_US_PHONE = r"^(?:\+?1[- .]?)?\(?[2-9][0-9]{2}\)?[- .][2-9][0-9]{2}[- .][0-9]{4}$"
_SSN = r"^[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}$"
_PLATE = (
    r"^[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·• ]?"
    r"[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳]$"
)
_EMAIL = r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}$"
#: Value patterns and the share of a column's non-empty values that makes the whole column personal.
_VALUES: tuple[tuple[str, str, float], ...] = (
    ("identity number", _ID, 0.02),
    ("identity number", _SSN, 0.3),
    ("telephone number", _MOBILE, 0.5),
    ("telephone number", _US_PHONE, 0.5),
    ("number plate", _PLATE, 0.1),
    ("e-mail address", _EMAIL, 0.1),
)
#: The same inside a longer text: one such value is dropped from a column that is otherwise fine.
_INSIDE = re.compile(f"(?<![0-9]){_DATED}(?![0-9])")
_INSIDE_TEXT = f"(?:^|[^0-9]){_DATED}(?:$|[^0-9])"
_MOBILE_INSIDE = r"(?:^|[^0-9.])1[3-9][0-9]{9}(?:$|[^0-9])"
_CODES = ("id", "编号", "编码", "代码", "序号", "code", "number", "key", "fid", "complaint", "no")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def valid_identity_number(text: str) -> bool:
    """Whether ``text`` is an 18-character identity number with a real date and the right check digit."""
    if not re.match(_ID, text):
        return False
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], _WEIGHTS))
    return "10X98765432"[total % 11] == text[17].upper()


def by_header(column: str, *, kind: str) -> str | None:
    """What personal data the header announces, or None. A worker's name is allowed for ``workers``."""
    name = mapping.normal(column)
    if kind == "workers" and name in _WORKER_NAMES:
        return None
    for what, parts, wholes in _HEADERS:
        if name in wholes or any(part in name for part in parts):
            return what
    return None


def by_values(column: str, texts: pa.Array) -> str | None:
    """What personal data a column's values are, or None. ``texts`` is a sample as strings."""
    filled = texts.drop_null()
    filled = pc.utf8_trim_whitespace(filled)
    filled = filled.filter(pc.not_equal(filled, ""))
    n = len(filled)
    if n == 0:
        return None
    code_like = any(mapping.normal(column).endswith(part) for part in _CODES)
    for what, pattern, share in _VALUES:
        if pattern == _MOBILE and code_like:
            continue
        hit = filled.filter(pc.match_substring_regex(filled, pattern))
        hits = len(hit)
        if pattern == _ID:
            hits = sum(valid_identity_number(text) for text in hit.to_pylist())
        if hits and hits >= share * n:
            return what
    return None


def columns(kind: str, names: Sequence[str], sample: dict[str, pa.Array]) -> list[dict[str, str]]:
    """Every column that may not be read: ``{"column", "what", "by"}`` with *by* header or values."""
    refused: list[dict[str, str]] = []
    for name in names:
        what, by = by_header(name, kind=kind), "header"
        if what is None and name in sample:
            what, by = by_values(name, sample[name]), "values"
        if what is not None:
            refused.append({"column": name, "what": what, "by": by})
    return refused


def hidden(texts: pa.Array, *, codes: bool) -> pa.Array:
    """Boolean per value: it contains an identity number, or, outside code columns, a mobile number."""
    maybe = pc.match_substring_regex(texts, _INSIDE_TEXT)
    if pc.any(maybe).as_py():
        proved = [
            bool(flag) and any(valid_identity_number(part) for part in _INSIDE.findall(text))
            for text, flag in zip(texts.to_pylist(), maybe.to_pylist())
        ]
        maybe = pa.array(proved, pa.bool_())
    if not codes:
        maybe = pc.or_kleene(maybe, pc.match_substring_regex(texts, _MOBILE_INSIDE))
    return pc.fill_null(maybe, False)
