"""The message catalogues (locale/*/LC_MESSAGES/django.po), without GNU gettext.

python -m trial.catalogues           # compile: a .mo beside each .po that is newer
python -m trial.catalogues update    # take up new messages from code and templates, drop old ones
"""

import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
CODE = ("trial", "patients", "visits", "labs", "randomization", "safety", "reports")
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}
_LITERAL = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
# What Django's templatize makes of {% translate %}, {% blocktranslate %} and _("...").
_CALL = re.compile(
    rf"(?<!\w)(gettext|ngettext|pgettext|npgettext|_)\(\s*u?({_LITERAL}(?:\s*,\s*u?{_LITERAL})*)"
)
# Header lines that name nobody real or change with every run.
_NO_HEADER = re.compile(
    rb'^"(?:Project-Id-Version|Report-Msgid-Bugs-To|Last-Translator|Language-Team'
    rb"|POT-Creation-Date|PO-Revision-Date|Generated-By):.*\n",
    re.MULTILINE,
)
_PLURAL = ("ngettext", "npgettext")
_CONTEXT = ("pgettext", "npgettext")


def compile_catalogues(folder: Path = LOCALE) -> list[Path]:
    """Write a .mo beside each .po that is newer than it; the files written."""
    written = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        new = target.with_suffix(".mo.new")
        with new.open("wb") as binary:
            write_mo(binary, read(source))
        new.replace(target)
        written.append(target)
    return written


def read(source: Path) -> Catalog:
    """A catalogue as it stands in a file."""
    with source.open("rb") as text:
        return read_po(text, locale=source.parts[-3])


def messages() -> Catalog:
    """Every message that code and templates ask for."""
    found = Catalog(fuzzy=False)
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            with path.open("rb") as code:
                for _line, message, _comments, context in extract("python", code, KEYWORDS):
                    found.add(message, context=context)
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for message, context in _of_template(path.read_text()):
            found.add(message, context=context)
    return found


def _of_template(source: str) -> Iterator[tuple[str | tuple[str, str], str | None]]:
    for call in _CALL.finditer(templatize(source)):
        kind, literals = call.groups()
        texts = [str(ast.literal_eval(text)) for text in re.findall(_LITERAL, literals)]
        context = texts.pop(0) if kind in _CONTEXT else None
        yield ((texts[0], texts[1]) if kind in _PLURAL else texts[0]), context


def update(folder: Path = LOCALE) -> None:
    """Take new messages into each catalogue, untranslated, and drop those no longer asked for."""
    template = messages()
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        catalogue = read(source)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        write(catalogue, source)


def write(catalogue: Catalog, target: Path) -> None:
    """Write a catalogue, sorted, with a header that holds only what is true."""
    text = BytesIO()
    write_po(text, catalogue, width=100, sort_output=True, omit_header=False)
    target.write_bytes(_NO_HEADER.sub(b"", text.getvalue()).lstrip(b"\n"))


if __name__ == "__main__":
    if sys.argv[1:] == ["update"]:
        update()
    compile_catalogues()
