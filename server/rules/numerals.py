"""Numbers in words, where a name is read aloud."""

from __future__ import annotations

DIGITS = "零一二三四五六七八九"
MOST = 999


def chinese(number: int) -> str:
    """A number from 1 to ``MOST`` as it is read: 十二, 二十, 一百零五, 一百一十; a larger one in digits."""
    if not 0 < number <= MOST:
        return str(number)
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    text = f"{DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += "十" if tens == 1 and not hundreds else f"{DIGITS[tens]}十"
    elif hundreds and ones:
        text += DIGITS[0]
    return text + (DIGITS[ones] if ones else "")
