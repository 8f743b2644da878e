"""What a comment or reason may hold: any language, any emoji, nothing that deceives or breaks.

Pure. The database cannot keep NUL or half a surrogate pair; control characters and bidirectional
overrides change what a reader sees without showing themselves (F-105).
"""

import unicodedata
from dataclasses import dataclass

MAX_LENGTH = 2_000
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_WHITE = frozenset("\t\n\r")


@dataclass(frozen=True, slots=True)
class TextFault:
    """Why a text is not kept: "text_too_long" (max) or "control_character" (character)."""

    code: str
    params: dict[str, str]


def fault_of(text: str) -> TextFault | None:
    """What is wrong with a comment or reason; None if nothing is."""
    if len(text) > MAX_LENGTH:
        return TextFault("text_too_long", {"max": str(MAX_LENGTH)})
    for character in text:
        hidden = unicodedata.category(character) in ("Cc", "Cs") and character not in _WHITE
        if hidden or character in _BIDI:
            return TextFault("control_character", {"character": f"U+{ord(character):04X}"})
    return None
