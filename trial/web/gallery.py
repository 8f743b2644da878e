"""Made-up content for the gallery of components."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.paginator import Paginator
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from trial.web.charts import Chart, Kind, Mark, Point, Series, Threshold
from trial.web.forms import DateInput, FieldDisplay, TimeInput
from trial.web.parts import Entry, Tab
from trial.web.status import Status

WEEKS = (0, 4, 8, 12, 24, 36, 48)


class SampleForm(forms.Form):
    """One field of each kind, and two that are wrong."""

    displays: ClassVar[dict[str, FieldDisplay]] = {
        "alt": FieldDisplay(unit="U/L", reference="9–50", note=_("Previous: 48 on 2026-02-03")),
        "bilirubin": FieldDisplay(unit="µmol/L", reference="5–21"),
    }
    collected_on = forms.DateField(
        label=_("Collected on"),
        widget=DateInput(visit_date="2026-03-03"),
        help_text=_("The day the blood was drawn, as on the report."),
    )
    collected_at = forms.TimeField(label=_("Collected at"), widget=TimeInput(), required=False)
    alt = forms.CharField(label="ALT")
    bilirubin = forms.DecimalField(label=_("Total bilirubin"), localize=True)
    sample = forms.ChoiceField(
        label=_("Sample"), choices=[("fine", _("Good")), ("lysed", _("Haemolysed"))]
    )
    dialysis = forms.ChoiceField(
        label=_("Dialysis in the week before"),
        choices=[("n", _("No")), ("y", _("Yes"))],
        widget=forms.RadioSelect,
    )
    confirmed = forms.BooleanField(label=_("I have compared the values with the report"))
    comment = forms.CharField(
        label=_("Comment"), widget=forms.Textarea(attrs={"rows": 2}), required=False
    )


def _form() -> SampleForm:
    typed = {
        "collected_on": "2026-03-05",
        "collected_at": "08:15",
        "alt": "62",
        "bilirubin": "17.1.0",
        "sample": "fine",
        "dialysis": "",
    }
    return SampleForm({f"sample-{name}": value for name, value in typed.items()}, prefix="sample")


def _decimal(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None


def _trend() -> Chart:
    rows = {
        "ALT": ("5.2", "3.1", "1.8", "0.9", "0.8", "3.1", "2.2"),
        "AST": ("4.1", "2.6", "1.5", "0.8", "0.7", "2.4", "1.9"),
        "IgG": ("1.6", "1.5", None, "1.1", "1.0", "1.2", "1.2"),
    }
    series = [
        Series(name, [Point(week, _decimal(v)) for week, v in zip(WEEKS, values, strict=True)])
        for name, values in rows.items()
    ]
    return Chart(
        "trend",
        _("Liver values over time"),
        Kind.LINE,
        series,
        x_name=_("Week"),
        y_name=_("times the upper limit of normal"),
        thresholds=[Threshold(1, _("Upper limit"))],
        marks=[Mark(12, _("Week 12")), Mark(36, _("Relapse"), "red")],
    )


def _site(code: str) -> str:
    return gettext("Site %(code)s") % {"code": code}


def _recruitment() -> Chart:
    months = ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05")
    sites = {"01": (3, 5, 4, 6, 7), "02": (1, 2, 4, 3, 5), "03": (0, 1, 2, 2, 4)}
    series = [
        Series(_site(code), [Point(m, n) for m, n in zip(months, counts, strict=True)])
        for code, counts in sites.items()
    ]
    return Chart(
        "recruitment",
        _("Recruitment by site"),
        Kind.STACKED,
        series,
        x_name=_("Month"),
        y_name=_("Participants"),
        categories=months,
    )


def _completeness() -> Chart:
    visits = ("W0", "W4", "W8", "W12", "W24")
    shares = {
        "01": (100, 100, 96, 92, 80),
        "02": (100, 92, 88, 75, 60),
        "03": (100, 100, 90, 70, 40),
    }
    rows = [
        Series(_site(code), [Point(v, n) for v, n in zip(visits, values, strict=True)])
        for code, values in shares.items()
    ]
    return Chart(
        "completeness",
        _("Complete panels, percent"),
        Kind.HEAT,
        rows,
        x_name=_("Visit"),
        categories=visits,
    )


def _scatter() -> Chart:
    values = [(Decimal(n) / 7, Decimal((n * 13) % 40) / 10) for n in range(1, 30)]
    points = [Point(x.quantize(Decimal("0.1")), y) for x, y in values]
    return Chart(
        "scatter",
        _("ALT against bilirubin"),
        Kind.SCATTER,
        [Series("ALT", points)],
        x_name=_("Bilirubin"),
        y_name="ALT",
        thresholds=[Threshold(3, "3×")],
    )


def _entries() -> list[Entry]:
    return [
        Entry(
            datetime(2026, 3, 5, 6, 2, tzinfo=UTC),
            _("New relapse"),
            _("computed"),
            _("ALT 3.1×ULN at week 36 after response at week 12"),
            "flag",
            "red",
            "Asia/Shanghai",
        ),
        Entry(
            datetime(2026, 3, 5, 6, 1, tzinfo=UTC),
            _("Panel of week 36 entered"),
            _("Site coordinator"),
            "",
            "test-pipe",
            "blue",
            "Asia/Shanghai",
        ),
        Entry(
            datetime(2026, 2, 20, 1, 40, tzinfo=UTC),
            _("Visit held"),
            _("Site coordinator"),
            "",
            "circle-check",
            "green",
            "Asia/Shanghai",
        ),
    ]


def samples() -> dict[str, Any]:
    """The context of templates/web/gallery.html."""
    return {
        "form": _form(),
        "charts": [_trend(), _recruitment(), _completeness(), _scatter()],
        "nothing": Chart("nothing", _("MELD over time"), Kind.LINE, [], x_name=_("Week")),
        "entries": _entries(),
        "states": [status.value for status in Status],
        "page": Paginator(range(1, 1001), 25).page(7),
        "tabs": [
            Tab(_("Overview"), "#overview", active=True),
            Tab(_("Visits"), "#visits", count=3),
            Tab(pgettext("tab", "History"), "#history"),
        ],
        "facts": [
            (_("Code"), "01-017-K"),
            (_("Sex"), _("Female")),
            (_("Year of birth"), 1974),
            (_("Day 0"), None),
        ],
        "values": [Decimal("48"), Decimal("62"), None, Decimal("155")],
        "limits": (Decimal("9"), Decimal("50"), Decimal("62")),
        "moment": datetime(2026, 3, 5, 6, 2, tzinfo=UTC),
    }
