import re
from pathlib import Path

import pytest
from django.conf import settings

from trial.web import icons
from trial.web.gallery import samples
from trial.web.navigation import MENU
from trial.web.status import LOOKS

ROOT = Path(settings.BASE_DIR)
IN_TAG = re.compile(r"""\{%\s*icon\s+["']([^"']+)["']""")
AS_PARAMETER = re.compile(r"""\b\w*icon=["']([a-z0-9-]+)["']""")


def names_in_templates():
    for file in sorted((ROOT / "templates").rglob("*.html")):
        text = file.read_text(encoding="utf-8")
        for name in sorted({*IN_TAG.findall(text), *AS_PARAMETER.findall(text)}):
            yield pytest.param(name, id=f"{file.relative_to(ROOT)}:{name}")


@pytest.mark.parametrize("name", list(names_in_templates()))
def test_every_icon_named_in_a_template_exists(name):
    assert icons.paths(name)


@pytest.mark.parametrize("name", sorted({item.icon for section in MENU for item in section.items}))
def test_every_icon_of_the_menu_exists(name):
    assert icons.paths(name)


@pytest.mark.parametrize("name", sorted(look.icon for look in LOOKS.values()))
def test_every_status_has_a_shape_that_exists(name):
    assert icons.paths(name)


def test_every_status_differs_in_shape_and_word_not_only_in_colour():
    assert len({look.icon for look in LOOKS.values()}) == len(LOOKS)
    assert len({str(look.word) for look in LOOKS.values()}) == len(LOOKS)


@pytest.mark.parametrize("entry", samples()["entries"], ids=lambda entry: entry.icon)
def test_icons_of_the_gallery_exist(entry):
    assert icons.paths(entry.icon)


def test_an_icon_is_hidden_from_screen_readers_and_takes_the_colour_of_the_text():
    svg = icons.svg("plus", "big")
    assert 'aria-hidden="true"' in svg
    assert 'stroke="currentColor"' in svg
    assert 'class="icon big"' in svg
    assert "<path" in svg


@pytest.mark.parametrize("name", ["no-such-icon", "../outline/plus", "", "Plus"])
def test_an_unknown_icon_fails_with_its_name(name):
    with pytest.raises(icons.UnknownIconError, match=re.escape(repr(name))):
        icons.paths(name)
