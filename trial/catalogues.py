"""Compile the message catalogues (locale/*/LC_MESSAGES/django.po) without GNU gettext.

python -m trial.catalogues
"""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def compile_catalogues(folder: Path = LOCALE) -> list[Path]:
    """Write a .mo beside each .po that is newer than it; the files written."""
    written = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as text:
            catalogue = read_po(text, locale=source.parts[-3])
        new = target.with_suffix(".mo.new")
        with new.open("wb") as binary:
            write_mo(binary, catalogue)
        new.replace(target)
        written.append(target)
    return written


if __name__ == "__main__":
    compile_catalogues()
