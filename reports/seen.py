"""The mark of what a page could see: it goes out with a form and comes back with it."""

from django.core import signing

from trial.audit.watermark import Watermark

_SALT = "reports.seen"  # the mark comes back as it was drawn, or it is none
_NOTHING_SEEN = Watermark(0, "1:1:")


def mark(seen: Watermark) -> str:
    """The cut through history at which a page was drawn, for its form."""
    return signing.dumps([seen.generation, seen.snapshot], salt=_SALT)


def seen_in(text: str) -> Watermark:
    """The same, back again; for a mark that nobody drew, the very first."""
    try:
        return Watermark(*signing.loads(text, salt=_SALT))
    except signing.BadSignature:
        return _NOTHING_SEEN
