"""The blank casebook: every question of a protocol on paper, in both languages."""

from io import BytesIO

import pypdf
import pytest
from django.utils import translation

from reports.paper import blank
from tests.integration.paper.reading import bookmarks, plain, text_of
from trial.protocol import registry
from trial.protocol.crf import Form, Section, number
from trial.protocol.label import Label

LANGUAGES = ("en", "zh-hans")
PROTOCOL = registry.latest()


def drawn(language: str = "en", protocol=PROTOCOL) -> bytes:
    file = BytesIO()
    with translation.override(language):
        blank.write(file, protocol)
    return file.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_and_every_code_of_every_form_is_there(language):
    text = text_of(drawn(language))
    labels = [
        label
        for form in PROTOCOL.forms
        for question in form.questions
        for label in (question.label, *(code.label for code in question.codes))
    ]
    assert [one for one in labels if plain(one.text(language)) not in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_visits_criteria_and_the_tests_of_the_panels_are_there(language):
    data = drawn(language)
    text = text_of(data)
    tests = {code for one in PROTOCOL.visits for code in one.panel}
    names = [*(one.text for one in PROTOCOL.criteria), *(PROTOCOL.analyte(c).name for c in tests)]
    assert [one for one in names if plain(one.text(language)) not in text] == []
    assert {one.name.text(language) for one in PROTOCOL.visits} <= set(bookmarks(data))


def test_every_page_asks_whose_it_is_and_tells_its_number_and_the_protocol():
    reader = pypdf.PdfReader(BytesIO(drawn()))
    total = len(reader.pages)
    for place, page in enumerate(reader.pages, 1):
        text = page.extract_text()
        for words in ("Participant", "Date", "Filled in by (initials)", "Protocol 1.0",
                      f"page {place} of {total}"):  # fmt: skip
            assert words in text, (place, words)


def test_numbers_have_units_and_ranges_and_conditions_are_said():
    text = text_of(drawn())
    assert plain("usually 35 to 150") in text
    assert plain("only if Treated before entry = yes") in text


def test_a_new_question_prints_by_itself():
    asked = number("shoe", Label("Size of the shoe", "鞋码"), low=20, high=60, unit="EU")
    form = Form("feet", "visits", Label("Feet", "脚"), "participant",
                (Section("feet", Label("Feet", "脚"), (asked,)),), "FT")  # fmt: skip
    changed = PROTOCOL.amended(number="1.1", issued_on=PROTOCOL.issued_on,
                               forms=(*PROTOCOL.forms, form))  # fmt: skip
    assert plain("Size of the shoe") in text_of(drawn(protocol=changed))
    assert plain("鞋码") in text_of(drawn("zh-hans", changed))
    assert plain("Protocol 1.1") in text_of(drawn(protocol=changed))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_protocol_gives_the_same_bytes(language):
    assert drawn(language) == drawn(language)


def test_chinese_is_drawn_in_an_embedded_font():
    fonts = {
        font["/BaseFont"]
        for page in pypdf.PdfReader(BytesIO(drawn("zh-hans"))).pages
        for font in (one.get_object() for one in page["/Resources"]["/Font"].values())
        if font["/Subtype"] == "/TrueType" and "/FontFile2" in font["/FontDescriptor"]
    }
    assert any("WenQuanYi" in name for name in fonts)


@pytest.mark.django_db
def test_the_page_offers_versions_and_languages_and_gives_the_file(cast, sign_in):
    client = sign_in(cast.coordinator)
    assert b"1.0" in client.get("/casebook/blank/").content
    answer = client.get("/casebook/blank/", {"version": "1.0", "language": "zh-hans"})
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    assert client.get("/casebook/blank/", {"version": "9.9", "language": "en"}).status_code == 422
    assert sign_in(cast.outsider).get("/casebook/blank/").status_code == 403
