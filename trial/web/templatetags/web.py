"""The tags and filters every template has at hand, without {% load %}.

Components are tags, so that a mistyped parameter fails and each has its defaults. Those with a
body are block tags: {% card title=... %} ... {% endcard %}. Their markup is in
templates/_components/, their parameters are named at the top of each file there.
"""

from collections.abc import Sequence
from typing import Any

from django import forms, template
from django.core.paginator import Page
from django.forms.boundfield import BoundField
from django.forms.utils import flatatt
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from trial.web import formats, icons, spark
from trial.web.charts import Chart
from trial.web.parts import Entry, Tab
from trial.web.status import LOOKS, Status

register = template.Library()
Text = str | Promise

register.filter("localized", formats.localized)
register.filter("isodate", formats.isodate)
register.filter("clock", formats.clock)
register.filter("dash", formats.or_dash)
register.simple_tag(icons.svg, name="icon")
register.simple_tag(spark.sparkline, name="sparkline")
register.simple_tag(spark.range_bar, name="range_bar")

BUTTONS = {
    "primary": "btn-primary",
    "secondary": "",
    "quiet": "btn-ghost-secondary",
    "danger": "btn-outline-danger",
}
ALERTS = {
    "info": "info-circle",
    "success": "circle-check",
    "warning": "alert-triangle",
    "danger": "alert-circle",
}


def _attributes(named: dict[str, Any]) -> SafeString:
    """hx_get="..." -> ` hx-get="..."`; True is a bare attribute, False and None are left out."""
    given = {name: value for name, value in named.items() if value is not None}
    return flatatt({name.replace("_", "-"): value for name, value in given.items()})


def _draw(component: str, **parameters: Any) -> SafeString:
    return render_to_string(f"_components/{component}.html", parameters)


@register.inclusion_tag("_components/button.html")
def button(
    label: Text,
    url: str = "",
    icon: str = "",
    kind: str = "secondary",
    small: bool = False,
    submit: bool = True,
    refused: Text = "",
    hide_label: bool = False,
    **attributes: Any,
) -> dict[str, Any]:
    """A button, or with `url` a link that looks like one. See _components/button.html."""
    return {
        "label": label,
        "url": url,
        "icon": icon,
        "css": BUTTONS[kind],
        "small": small,
        "submit": submit,
        "refused": refused,
        "hide_label": hide_label,
        "attributes": _attributes(attributes),
    }


@register.simple_block_tag
def card(
    content: str,
    title: Text = "",
    subtitle: Text = "",
    icon: str = "",
    url: str = "",
    url_label: Text = "",
    flush: bool = False,
    anchor: str = "",
    tone: str = "",
) -> SafeString:
    """A box with an optional header. See _components/card.html."""
    return _draw(
        "card",
        content=content,
        title=title,
        subtitle=subtitle,
        icon=icon,
        url=url,
        url_label=url_label,
        flush=flush,
        anchor=anchor,
        tone=tone,
    )


@register.simple_block_tag
def table(
    content: str,
    caption: Text,
    show_caption: bool = False,
    cards: bool = True,
    sticky: bool = False,
    anchor: str = "",
) -> SafeString:
    """A table; on a phone each row becomes a card. See _components/table.html."""
    return _draw(
        "table",
        content=content,
        caption=caption,
        show_caption=show_caption,
        cards=cards,
        sticky=sticky,
        anchor=anchor,
    )


@register.simple_block_tag
def alert(content: str, kind: str = "info", title: Text = "") -> SafeString:
    """A message in the page. See _components/alert.html."""
    return _draw("alert", content=content, kind=kind, title=title, icon=ALERTS[kind])


@register.simple_block_tag
def field_group(content: str, legend: Text = "", hint: Text = "", columns: int = 2) -> SafeString:
    """Fields that belong together. See _components/field_group.html."""
    return _draw("field_group", content=content, legend=legend, hint=hint, columns=columns)


@register.simple_block_tag(takes_context=True)
def filter_bar(context: Context, content: str, active: int = 0) -> SafeString:
    """A GET form above a list. See _components/filter_bar.html."""
    return _draw("filter_bar", content=content, active=active, path=context["request"].path)


@register.simple_block_tag
def modal(content: str, anchor: str, title: Text) -> SafeString:
    """A dialog opened by data-open-modal="<anchor>". See _components/modal.html."""
    return _draw("modal", content=content, anchor=anchor, title=title)


@register.inclusion_tag("_components/empty.html")
def empty_state(
    title: Text, text: Text = "", icon: str = "mood-empty", url: str = "", url_label: Text = ""
) -> dict[str, Any]:
    """What stands where a list would be. See _components/empty.html."""
    return {"title": title, "text": text, "icon": icon, "url": url, "url_label": url_label}


@register.inclusion_tag("_components/status_badge.html")
def status_badge(
    status: str,
    count: int | None = None,
    label: Text = "",
    locked: bool = False,
    signed: bool | str = False,
    compact: bool = False,
) -> dict[str, Any]:
    """A state by colour, shape and word. See _components/status_badge.html."""
    look = LOOKS[Status(status)]
    return {
        "tone": look.tone,
        "icon": look.icon,
        "word": label or look.word,
        "count": count,
        "locked": locked,
        "signed": signed,
        "compact": compact,
    }


@register.inclusion_tag("_components/status_legend.html")
def status_legend() -> dict[str, Any]:
    """All states with their shapes and words, for beside a matrix."""
    return {"states": [status.value for status in Status]}


@register.inclusion_tag("_components/stat.html")
def stat(
    label: Text, value: object, hint: Text = "", url: str = "", icon: str = "", tone: str = "grey"
) -> dict[str, Any]:
    """A number with its meaning. See _components/stat.html."""
    return {"label": label, "value": value, "hint": hint, "url": url, "icon": icon, "tone": tone}


@register.inclusion_tag("_components/pagination.html", takes_context=True)
def pagination(context: Context, page: "Page[Any]", parameter: str = "page") -> dict[str, Any]:
    """Links to the pages of a list, keeping its filters. See _components/pagination.html."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    query = context["request"].GET
    links = [(n, _with(query, parameter, n) if isinstance(n, int) else "") for n in numbers]
    return {
        "page": page,
        "links": links,
        "previous": _with(query, parameter, page.number - 1),
        "next": _with(query, parameter, page.number + 1),
    }


def _with(query: Any, parameter: str, value: object) -> str:
    """The query string with one parameter replaced."""
    changed = query.copy()
    changed[parameter] = str(value)
    return f"?{changed.urlencode()}"


@register.inclusion_tag("_components/sort_header.html", takes_context=True)
def sort_header(context: Context, label: Text, key: str, parameter: str = "sort") -> dict[str, Any]:
    """A column header that sorts by `key`, then by `-key`. See _components/sort_header.html."""
    query = context["request"].GET
    current = query.get(parameter, "")
    direction = {key: "ascending", f"-{key}": "descending"}.get(current, "none")
    following = f"-{key}" if current == key else key
    changed = query.copy()
    changed.pop("page", None)
    return {"label": label, "direction": direction, "url": _with(changed, parameter, following)}


@register.inclusion_tag("_components/tabs.html")
def tabs(items: Sequence[Tab], label: Text) -> dict[str, Any]:
    """Links between views of one thing. See _components/tabs.html."""
    return {"items": items, "label": label}


@register.inclusion_tag("_components/definitions.html")
def definitions(items: Sequence[tuple[Text, object]], columns: int = 1) -> dict[str, Any]:
    """Terms and their values. See _components/definitions.html."""
    return {"items": items, "columns": columns}


@register.inclusion_tag("_components/timeline.html")
def timeline(entries: Sequence[Entry]) -> dict[str, Any]:
    """What happened, newest first as given. See _components/timeline.html."""
    return {"entries": entries}


@register.inclusion_tag("_components/chart.html")
def chart(chart: Chart, headline: bool = True) -> dict[str, Any]:
    """A figure with its numbers as a table. See _components/chart.html."""
    return {"chart": chart, "options": chart.options(), "headline": headline}


@register.inclusion_tag("_components/error_summary.html")
def error_summary(form: forms.BaseForm) -> dict[str, Any]:
    """All errors of a form, each a link to its field. See _components/error_summary.html."""
    found: list[tuple[str, Text, object]] = []
    for name, errors in form.errors.items():
        bound = form[name] if name in form.fields else None
        shown = bound if bound and not bound.is_hidden else None
        found += [(_anchor(shown), shown.label if shown else "", error) for error in errors]
    return {"found": found}


def _anchor(bound: BoundField | None) -> str:
    """The id that a link to the field leads to: of a group of boxes, the first one's."""
    if bound is None:
        return ""
    return bound.id_for_label or (f"{bound.auto_id}_0" if bound.auto_id else "")
