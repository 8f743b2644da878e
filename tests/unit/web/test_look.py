"""Colour pairs of app.css reach the contrast of WCAG AA; templates need no inline code, no CDN."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
CSS = (ROOT / "trial/static/css/app.css").read_text(encoding="utf-8")
TOKEN = re.compile(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\);")
TOKENS = {name: (light, dark) for name, light, dark in TOKEN.findall(CSS)}
PAIRS = [
    *((f"{tone}-ink", f"{tone}-tint") for tone in ("grey", "blue", "amber", "green", "red")),
    *(
        (ink, ground)
        for ink in ("ink", "ink-soft", "grey-ink", "red-ink")
        for ground in ("surface", "ground")
    ),
    ("ink-soft", "surface-2"),
    ("grey-ink", "surface-2"),
    ("tblr-link-color", "surface"),
]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "trial/static/js").glob("*.js"))


def name_of(file):
    return str(file.relative_to(ROOT))


def luminance(colour):
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS, ids=lambda token: token)
def test_text_is_readable_on_its_ground(ink, ground, theme):
    assert contrast(TOKENS[ink][theme], TOKENS[ground][theme]) >= 4.5


def test_the_reckoning_of_contrast_knows_black_on_white():
    assert round(contrast("#000", "#ffffff"), 1) == 21


@pytest.mark.parametrize("file", TEMPLATES, ids=name_of)
@pytest.mark.parametrize(
    "forbidden",
    [
        pytest.param(r"<style\b", id="style-element"),
        pytest.param(r"\sstyle=", id="style-attribute"),
        pytest.param(r"\son[a-z]+=", id="inline-handler"),
        pytest.param(r"<script(?![^>]*nonce=)", id="script-without-nonce"),
        pytest.param(r"(?:src|href|action)=[\"']?(?:https?:)?//", id="foreign-address"),
    ],
)
def test_templates_need_no_inline_code_and_no_other_host(file, forbidden):
    markup = re.sub(r"\{%.*?%\}|\{#.*?#\}", "", file.read_text(encoding="utf-8"))
    assert not re.search(forbidden, markup)


@pytest.mark.parametrize("file", SCRIPTS, ids=name_of)
def test_scripts_carry_no_text_for_people(file):
    sentences = re.findall(
        r"""["'`][A-Z][a-z]+ [a-z][^"'`]*["'`]""", file.read_text(encoding="utf-8")
    )
    assert sentences == []


@pytest.mark.parametrize("file", SCRIPTS, ids=name_of)
def test_scripts_reach_no_other_host(file):
    assert not re.search(r"https?://(?!www\.w3\.org/)", file.read_text(encoding="utf-8"))
