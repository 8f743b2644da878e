"""A text of the study itself, kept in both languages of the study."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """One study text (analyte, visit, criterion) in English and Simplified Chinese.

    Interface texts go through gettext; these belong to the protocol and change only with it.
    """

    en: str
    zh: str

    def text(self, language: str) -> str:
        """Return the text for a language code; every Chinese code reads ``zh``, all else ``en``."""
        return self.zh if language.lower().startswith("zh") else self.en
