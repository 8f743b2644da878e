"""Pictures of slides: added by the data manager before anybody reads, struck whenever they must."""

from collections.abc import Mapping

from django.db.models import Max
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trial.access.exceptions import Refused
from trial.audit.context import Actor, transaction
from trial.quality.selectors.holds import require_open
from visits.models import Biopsy, ReadingAssignment, SlideImage, SlidePixels
from visits.models.reading import BiopsyRow, Stain
from visits.places import place_of
from visits.slide_files import (
    LEAST_SIDE,
    MAX_BYTES,
    MAX_PIXELS,
    Fault,
    Picture,
    SlideError,
    picture_of,
)

MOST = 12  # pictures of one biopsy: a reader looks at all of them
FORM = "histology"
FAULTS: Mapping[Fault, str | Promise] = {
    Fault.TOO_LARGE: gettext_lazy("The file is too large: at most %(megabytes)s MB."),
    Fault.NO_PICTURE: gettext_lazy("This is no picture: JPEG, PNG and TIFF are taken."),
    Fault.OTHER_NAME: gettext_lazy("The file's name ends otherwise than its content says."),
    Fault.DAMAGED: gettext_lazy("The picture is damaged and can't be read."),
    Fault.SEVERAL: gettext_lazy(
        "The file holds several pictures; one of them may show the label. Save the one that is "
        "meant as a file of its own."
    ),
    Fault.TOO_MANY_PIXELS: gettext_lazy(
        "The picture is too large: at most %(megapixels)s million pixels."
    ),
    Fault.TOO_SMALL: gettext_lazy("The picture is too small: at least %(side)s pixels each way."),
    Fault.COLOURS: gettext_lazy("The picture's colours can't be shown: save it with 8 bits each."),
}


def add_image(
    *, biopsy: BiopsyRow, name: str, data: bytes, stain: Stain, looked_at: bool, by: Actor
) -> SlideImage:
    """Keep a picture of a slide of `biopsy`; of its file only the pixels are kept, not its name.

    Raises Refused unless somebody has looked at it for labels (`looked_at`), for a file that is
    none (visits/slide_files.py), for one that is there already, when there are enough, and once a
    reading was submitted: all readers see the same. Locked where the visit is held.
    """
    if not looked_at:
        text = _("Look at the picture first: no name, number, date or label may be seen in it.")
        raise Refused({"looked_at": [text]})
    picture = _picture(data, name)
    with transaction(by=by):
        biopsy = _open(biopsy)
        images = SlideImage.objects.filter(biopsy=biopsy)
        _require_room(biopsy, picture)
        image = SlideImage.objects.create(
            biopsy=biopsy, stain=stain, media=picture.media, width=picture.width,
            height=picture.height, size=len(picture.data), sha256=picture.sha256,
            source_sha256=picture.source_sha256, added_at=timezone.now(), added_by=by.name,
            number=(images.aggregate(last=Max("number"))["last"] or 0) + 1,
        )  # fmt: skip
        SlidePixels.objects.create(image=image, data=picture.data)
        return image


def strike_image(*, image: SlideImage, why: str, by: Actor) -> None:
    """Show a picture to nobody any more; it stays as evidence. Raises Refused without a reason,
    Locked where the visit is held."""
    if not why.strip():
        raise Refused({"why": [_("Say why.")]})
    with transaction(by=by, reason=why):
        _open(image.biopsy)
        image = SlideImage.objects.select_for_update().get(pk=image.pk)
        if image.struck_at is not None:
            return
        image.struck_at, image.struck_by = timezone.now(), by.name
        image.struck_why = why.strip()
        image.save(update_fields=["struck_at", "struck_by", "struck_why"])


def _picture(data: bytes, name: str) -> Picture:
    try:
        return picture_of(data, name)
    except SlideError as error:
        known = {
            "megabytes": MAX_BYTES // 1_000_000,
            "megapixels": MAX_PIXELS // 1_000_000,
            "side": LEAST_SIDE,
        }
        raise Refused({"file": [str(FAULTS[error.fault]) % known]}) from error


def _open(biopsy: BiopsyRow) -> BiopsyRow:
    """The biopsy, locked. Raises Locked where its visit is held."""
    rows = Biopsy.objects.select_for_update(of=("self",)).select_related("visit__participant")
    found: BiopsyRow = rows.get(pk=biopsy.pk)
    require_open(place_of(found.visit, FORM))
    return found


def _require_room(biopsy: BiopsyRow, picture: Picture) -> None:
    standing = SlideImage.objects.filter(biopsy=biopsy, struck_at=None)
    if biopsy.not_done:
        raise Refused({"": [_("No biopsy was taken at this visit.")]})
    read = ReadingAssignment.objects.standing().filter(biopsy=biopsy, submitted_at__isnull=False)
    if read.exists():
        text = _("A reader has read this biopsy already: the others read the same pictures.")
        raise Refused({"": [text]})
    if standing.filter(sha256=picture.sha256).exists():
        raise Refused({"file": [_("This picture is here already.")]})
    if standing.count() >= MOST:
        raise Refused({"": [_("There are %(most)s pictures already.") % {"most": MOST}]})
