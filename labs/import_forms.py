"""The form of an upload: file, laboratory, and how the file is laid out."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labs.import_wording import failure_text, file_error_text
from labs.importing import mapping as mappings
from labs.importing.problems import FileError
from labs.models import Laboratory
from patients.filters import site_name
from trial.access.models import Site, User
from trial.access.policy import sites_for
from trial.access.roles import Permission
from trial.web.forms import FieldDisplay

AS_MAPPED = ("", gettext_lazy("as the layout says"))
LAYOUTS = {
    "long": gettext_lazy("One row per result (long)"),
    "wide": gettext_lazy("One column per analyte, SI units (wide)"),
    "chinese-long": gettext_lazy("One row per result, Chinese headers (GB18030)"),
    "pbcseq": gettext_lazy("Mayo Clinic PBC follow-up data"),
}
ENCODINGS = [AS_MAPPED, ("utf-8", "UTF-8"), ("gb18030", "GB18030"), ("utf-16", "UTF-16")]
DELIMITERS = [
    AS_MAPPED,
    (",", gettext_lazy("comma")),
    (";", gettext_lazy("semicolon")),
    ("tab", gettext_lazy("tab")),
    ("|", gettext_lazy("vertical bar")),
]
DATE_FORMATS = [
    AS_MAPPED,
    *((each, each) for each in ("YYYY-MM-DD", "DD/MM/YYYY", "MM/DD/YYYY", "DD.MM.YYYY",
                                "YYYY/M/D", "YYYYMMDD", "D-MON-YYYY")),
]  # fmt: skip
UNMATCHED = [
    AS_MAPPED,
    ("unscheduled", gettext_lazy("become unscheduled visits")),
    ("error", gettext_lazy("are errors")),
]
MAX_MAPPING_BYTES = 200_000


class UploadForm(forms.Form):
    """Offers the sites at which the user may import and their laboratories."""

    site = forms.ModelChoiceField(Site.objects.none(), label=gettext_lazy("Site"), empty_label=None)
    laboratory = forms.ModelChoiceField(
        Laboratory.objects.none(), label=gettext_lazy("Laboratory"), empty_label=None
    )
    file = forms.FileField(label=gettext_lazy("File"), allow_empty_file=True)
    layout = forms.ChoiceField(choices=LAYOUTS, label=gettext_lazy("Layout"))
    mapping = forms.FileField(
        label=gettext_lazy("Or your own mapping"),
        required=False,
        help_text=gettext_lazy("A JSON or TOML file; it replaces the layout above."),
    )
    encoding = forms.ChoiceField(choices=ENCODINGS, label=gettext_lazy("Encoding"), required=False)
    delimiter = forms.ChoiceField(
        choices=DELIMITERS, label=gettext_lazy("Columns are separated by"), required=False
    )
    date_format = forms.ChoiceField(
        choices=DATE_FORMATS, label=gettext_lazy("Dates are written"), required=False
    )
    unmatched = forms.ChoiceField(
        choices=UNMATCHED, label=gettext_lazy("Samples outside every window"), required=False
    )
    displays: ClassVar[dict[str, FieldDisplay]] = {}

    def __init__(self, *args: Any, user: User, too_big: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        self._too_big = too_big
        scope = sites_for(user, Permission.LAB_IMPORT)
        sites = Site.objects.all() if scope.everywhere else Site.objects.filter(pk__in=scope.ids)
        own = Laboratory.objects.filter(site__in=sites)
        self._field("site").queryset = sites
        self._field("site").choices = [(site.pk, site_name(site)) for site in sites]
        self._field("laboratory").queryset = own | Laboratory.objects.filter(site=None)
        self.fields["file"].widget.attrs |= {
            "accept": ".csv,.txt,.tsv,text/csv,text/plain",
            "data-max-bytes": settings.IMPORT_MAX_BYTES,
            "data-too-big": self._size_text(),
        }
        self.fields["file"].error_messages["required"] = (
            self._size_text() if too_big else _("Choose a file.")
        )
        self.fields["file"].help_text = _("CSV as text, at most %(max)s MB.") % {
            "max": settings.IMPORT_MAX_BYTES // 1_000_000
        }

    def _field(self, name: str) -> Any:
        return self.fields[name]

    @staticmethod
    def _size_text() -> str:
        limit = {"max": settings.IMPORT_MAX_BYTES // 1_000_000}
        return failure_text({"code": "too_big", "params": limit})

    def clean(self) -> dict[str, Any]:
        """Put the mapping together from the layout, an own mapping, and what was chosen beside."""
        data: dict[str, Any] = super().clean() or {}
        try:
            table = self._table(data)
            mappings.parse(table)
        except FileError as error:
            self.add_error("mapping" if data.get("mapping") else "layout", file_error_text(error))
        else:
            data["table"] = table
        return data

    @staticmethod
    def _table(data: dict[str, Any]) -> dict[str, Any]:
        own = data.get("mapping")
        if own:
            try:
                text = own.read(MAX_MAPPING_BYTES + 1).decode("utf-8-sig")
            except UnicodeDecodeError:
                raise FileError("encoding", encoding="utf-8", line=1) from None
            table = mappings.load(text)
        else:
            table = mappings.builtin(data.get("layout") or "long")
        chosen = {name: data.get(name) for name in ("encoding", "date_format", "unmatched")}
        chosen["delimiter"] = "\t" if data.get("delimiter") == "tab" else data.get("delimiter")
        return table | {name: value for name, value in chosen.items() if value}


class ConfirmForm(forms.Form):
    """The decision to import. With errors, leaving them out must be said."""

    skip_errors = forms.BooleanField(
        label=gettext_lazy("Leave the values with errors out and import the rest"), required=False
    )
