"""Text of unknown origin, made safe to show.

File names and page titles come from outside. They may hold bytes that are no text, control sequences that
repaint a terminal, or marks that turn the reading direction, so that a name reads as another one.
"""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Return ``text`` with every character that is not plainly visible as an escape such as ``\x1b``."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else escaped(char) for char in text)


def escaped(char: str) -> str:
    r"""Return one character as an escape, such as ``\u4e2d``."""
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is no text, as the file system gave it
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
