import re
from datetime import date
from typing import ClassVar

import pytest
from django import forms
from django.utils.translation import override

from trial.web.forms import DateInput, FieldDisplay, TimeInput


class Sample(forms.Form):
    displays: ClassVar[dict[str, FieldDisplay]] = {
        "alt": FieldDisplay(unit="U/L", reference="9–50", note="Previous: 48")
    }
    alt = forms.CharField(label="ALT", help_text="As on the report")
    day = forms.DateField(widget=DateInput(visit_date="2026-03-03"))
    at = forms.TimeField(widget=TimeInput(), required=False)
    sex = forms.ChoiceField(choices=[("f", "Female"), ("m", "Male")], widget=forms.RadioSelect)
    sure = forms.BooleanField(label="I am sure")
    kind = forms.ChoiceField(choices=[("a", "A")])
    token = forms.CharField(widget=forms.HiddenInput)


def test_a_field_is_drawn_with_label_unit_range_help_and_note():
    html = Sample()["alt"].as_field_group()
    assert '<label class="form-label" for="id_alt">ALT' in html
    for part, text in {
        "unit": "U/L",
        "reference": "9–50",
        "helptext": "As on the report",
        "note": "Previous: 48",
    }.items():
        assert re.search(rf'id="id_alt_{part}">.*?{text}', html, re.DOTALL)


def test_everything_about_a_field_is_said_with_it():
    html = Sample({"alt": ""})["alt"].as_field_group()
    described = re.search(r'aria-describedby="([^"]+)"', html).group(1).split()
    assert described == [
        "id_alt_helptext",
        "id_alt_error",
        "id_alt_unit",
        "id_alt_reference",
        "id_alt_note",
    ]
    assert all(f'id="{part}"' in html for part in described)


def test_a_wrong_field_keeps_what_was_typed_and_says_what_is_wrong():
    html = Sample({"day": "5 March <b>"})["day"].as_field_group()
    assert 'value="5 March &lt;b&gt;"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_day_error"' in html
    assert "is-invalid" in html


def test_a_right_field_is_not_marked():
    html = Sample({"alt": "62"})["alt"].as_field_group()
    assert "is-invalid" not in html
    assert "aria-invalid" not in html


def test_required_fields_carry_a_mark_and_optional_ones_none():
    assert "required-mark" in Sample()["alt"].as_field_group()
    assert "required-mark" not in Sample()["at"].as_field_group()


@pytest.mark.parametrize(
    ("name", "css"),
    [
        ("alt", "form-control"),
        ("kind", "form-select"),
        ("sure", "form-check-input"),
        ("sex", "form-check-input"),
    ],
)
def test_each_kind_of_control_has_its_look(name, css):
    assert f'class="{css}' in Sample()[name].as_field_group()


def test_choices_are_a_group_with_a_legend_and_a_label_each():
    html = Sample()["sex"].as_field_group()
    assert "<fieldset" in html
    assert "<legend" in html
    assert '<label class="form-check-label" for="id_sex_0">Female</label>' in html


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_date_is_iso_in_every_language_and_offers_its_buttons(language):
    with override(language):
        form = Sample(initial={"day": date(2026, 3, 5)})
        html = form["day"].as_field_group()
    assert 'value="2026-03-05"' in html
    assert 'data-visit-date="2026-03-03"' in html
    for button in (
        'data-date-days="0"',
        'data-date-days="-1"',
        "data-date-visit",
        "data-date-open",
    ):
        assert button in html


def test_a_whole_form_starts_with_links_to_what_is_wrong_and_keeps_hidden_fields():
    html = str(Sample({"alt": "1", "token": "x", "sure": "on", "kind": "a", "day": "2026-02-30"}))
    assert html.index("error-summary") < html.index("form-label")
    assert 'href="#id_day"' in html
    assert 'href="#id_sex_0"' in html
    assert 'href="#id_alt"' not in html
    assert '<input type="hidden" name="token" value="x"' in html


def test_a_form_that_has_not_been_sent_shows_no_summary():
    assert "error-summary" not in str(Sample())
