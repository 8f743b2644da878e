"""Message catalogues are compiled without GNU gettext, and only when they are older."""

import gettext
import os

from trial.catalogues import compile_catalogues

SOURCE = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "Visit"
msgstr "访视"

#, fuzzy
msgid "Save"
msgstr "不准"
"""


def catalogue(folder):
    place = folder / "zh_Hans" / "LC_MESSAGES"
    place.mkdir(parents=True)
    (place / "django.po").write_text(SOURCE)
    return place


def test_compiled_catalogue_translates_and_leaves_out_what_is_uncertain(tmp_path):
    place = catalogue(tmp_path)
    assert compile_catalogues(tmp_path) == [place / "django.mo"]
    with (place / "django.mo").open("rb") as compiled:
        texts = gettext.GNUTranslations(compiled)
    assert texts.gettext("Visit") == "访视"
    assert texts.gettext("Save") == "Save"


def test_catalogue_is_compiled_again_only_when_it_changed(tmp_path):
    place = catalogue(tmp_path)
    compile_catalogues(tmp_path)
    assert compile_catalogues(tmp_path) == []
    later = (place / "django.mo").stat().st_mtime + 10
    os.utime(place / "django.po", (later, later))
    assert compile_catalogues(tmp_path) == [place / "django.mo"]


def test_no_catalogue_is_no_error(tmp_path):
    assert compile_catalogues(tmp_path / "none") == []
