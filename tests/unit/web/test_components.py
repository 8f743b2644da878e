from datetime import UTC, datetime

import pytest
from django.core.paginator import Paginator
from django.template import TemplateSyntaxError, engines
from django.test import RequestFactory
from django.utils.translation import override

from trial.web.charts import Chart, Kind, Point, Series
from trial.web.parts import Entry, Tab
from trial.web.status import Status


def draw(source, path="/list/", **context):
    request = RequestFactory().get(path)
    template = engines["django"].from_string(source)
    return template.render({"request": request, **context})


def test_a_button_submits_and_a_button_with_an_address_is_a_link():
    assert '<button type="submit"' in draw('{% button "Save" %}')
    assert '<button type="button"' in draw('{% button "Open" submit=False %}')
    assert '<a href="/x/"' in draw('{% button "Go" url="/x/" %}')


def test_further_parameters_of_a_button_become_attributes():
    html = draw(
        '{% button "Go" hx_post="/x/" data_confirm="Sure?" disabled=no autofocus=yes %}',
        yes=True,
        no=False,
    )
    assert 'hx-post="/x/"' in html
    assert 'data-confirm="Sure?"' in html
    assert " autofocus" in html
    assert "disabled" not in html


def test_a_refused_button_is_disabled_and_says_why():
    html = draw(
        '{% button "Enter" url="/x/" refused=reason %}', reason="Your role does not include this."
    )
    assert "disabled" in html
    assert "/x/" not in html
    assert html.count("Your role does not include this.") == 2  # on hover and for screen readers


def test_a_button_without_visible_label_still_has_a_name():
    assert '<span class="visually-hidden">Edit</span>' in draw(
        '{% button "Edit" icon="pencil" hide_label=True %}'
    )


def test_a_mistyped_parameter_fails():
    with pytest.raises(TemplateSyntaxError, match="titel"):
        draw('{% card titel="x" %}{% endcard %}')


def test_a_card_has_its_header_only_with_a_title():
    assert "card-header" not in draw("{% card %}body{% endcard %}")
    html = draw('{% card title="T" url="/all/" url_label="All" %}body{% endcard %}')
    assert '<h2 class="card-title">T</h2>' in html
    assert 'href="/all/"' in html


def test_what_a_component_is_given_is_escaped():
    html = draw(
        "{% card title=bad subtitle=bad %}{{ bad }}{% endcard %}{% stat bad bad %}", bad="<script>"
    )
    assert "<script>" not in html


def test_a_table_that_scrolls_can_be_reached_by_keyboard():
    assert 'tabindex="0"' in draw('{% table caption="C" cards=False %}{% endtable %}')
    assert "<caption" in draw('{% table caption="C" %}{% endtable %}')


@pytest.mark.parametrize("status", Status)
def test_a_status_always_has_a_shape_and_a_word(status):
    html = draw("{% status_badge s %}{% status_badge s compact=True %}", s=status.value)
    assert html.count("status-shape") == 2
    assert "visually-hidden" in html
    assert "title=" in html


def test_a_status_shows_its_count_and_says_locked_and_signed():
    html = draw('{% status_badge "needs-you" count=3 locked=True signed=True %}')
    assert '<span class="status-count">3</span>' in html
    assert ", locked" in html
    assert ", signed" in html


def test_an_unknown_status_fails():
    with pytest.raises(ValueError, match="half-done"):
        draw('{% status_badge "half-done" %}')


def test_pages_keep_the_filters():
    page = Paginator(range(100), 10).page(5)
    html = draw("{% pagination page %}", path="/list/?site=01&page=5", page=page)
    assert 'href="?site=01&amp;page=4" rel="prev"' in html
    assert 'href="?site=01&amp;page=6" rel="next"' in html
    assert 'aria-current="page"' in html
    assert "41–50 of 100" in html


def test_a_single_page_says_how_many_and_offers_no_links():
    html = draw("{% pagination page %}", page=Paginator(range(3), 10).page(1))
    assert "1–3 of 3" in html
    assert "page-link" not in html


@pytest.mark.parametrize(
    ("query", "direction", "following"),
    [
        ("", "none", "?sort=code"),
        ("?sort=code", "ascending", "?sort=-code"),
        ("?sort=-code", "descending", "?sort=code"),
        ("?site=01&page=4", "none", "?site=01&amp;sort=code"),
    ],
)
def test_a_column_sorts_up_then_down_and_starts_at_the_first_page(query, direction, following):
    html = draw('{% sort_header "Code" "code" %}', path=f"/list/{query}")
    assert f'aria-sort="{direction}"' in html
    assert f'href="{following}"' in html


def test_tabs_mark_the_open_one_and_show_a_zero():
    html = draw(
        "{% tabs items 'Views' %}", items=[Tab("A", "/a/", active=True), Tab("B", "/b/", count=0)]
    )
    assert html.count('aria-current="page"') == 1
    assert ">0</span>" in html


def test_definitions_show_nothing_as_a_dash():
    assert "<dd>–</dd>" in draw("{% definitions items %}", items=[("Day 0", None)])


def test_a_timeline_gives_each_moment_with_its_zone():
    entry = Entry(datetime(2026, 3, 5, 6, 2, tzinfo=UTC), "Saved", "Li", zone="Asia/Shanghai")
    html = draw("{% timeline entries %}", entries=[entry])
    assert "2026-03-05 14:02 (UTC+08:00)" in html
    assert "Li" in html


def test_an_empty_filter_bar_is_closed_and_offers_nothing_to_clear():
    assert "Clear" not in draw("{% filter_bar %}{% endfilter_bar %}")
    html = draw("{% filter_bar active=2 %}{% endfilter_bar %}", path="/list/?site=01")
    assert " open>" in html
    assert 'href="/list/"' in html


def test_a_chart_carries_its_options_and_the_same_numbers_as_a_table():
    chart = Chart("t", "T </script>", Kind.LINE, [Series("ALT", [Point(0, 5)])], x_name="Week")
    html = draw("{% chart figure %}", figure=chart)
    assert 'data-chart="chart-t-options"' in html
    assert 'id="chart-t-options" type="application/json"' in html
    assert '<td class="num">5</td>' in html
    assert "T </script>" not in html


def test_an_empty_chart_says_so_instead_of_drawing_axes():
    html = draw("{% chart figure %}", figure=Chart("t", "T", Kind.LINE, [], x_name="Week"))
    assert "data-chart-canvas" not in html
    assert "empty-title" in html


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_legend_names_every_state(language):
    with override(language):
        assert draw("{% status_legend %}").count("<li>") == len(Status) + 2
