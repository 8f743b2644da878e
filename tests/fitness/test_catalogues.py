"""Both languages are complete: every message is in the Chinese catalogue, translated."""

import re

import pytest

from trial.catalogues import LOCALE, messages, read

CHINESE = LOCALE / "zh_Hans" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]")


def forms(message) -> list[str]:
    return list(message.string) if isinstance(message.string, tuple) else [message.string]


@pytest.fixture(scope="module")
def translated():
    return {(m.id, m.context): m for m in read(CHINESE) if m.id}


def test_the_catalogue_holds_every_message_and_no_other(translated):
    asked = {(m.id, m.context) for m in messages() if m.id}
    assert {"missing": asked - set(translated), "left over": set(translated) - asked} == {
        "missing": set(),
        "left over": set(),
    }


def test_every_message_is_translated_and_none_is_a_guess(translated):
    open_ones = [m.id for m in translated.values() if m.fuzzy or not all(forms(m))]
    assert open_ones == []


def test_translations_keep_the_placeholders(translated):
    for message in translated.values():
        source = message.id[-1] if isinstance(message.id, tuple) else message.id
        for text in forms(message):
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(source)), source


def test_the_extraction_finds_all_kinds_of_messages():
    found = {m.id for m in messages()}
    assert "Say why a recorded value is changed." in found  # gettext in a service
    assert "Site coordinator" in found  # gettext_lazy in a table
    assert len(found) > 300
