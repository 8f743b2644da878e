"""Icons as inline SVG: they follow the text's colour and need no font and no request."""

import re
from functools import cache

from django.utils.safestring import SafeString, mark_safe

from trial.web.npm import ICONS

NAME = re.compile(r"[a-z0-9-]+")
BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


class UnknownIconError(LookupError):
    """A template asks for an icon that @tabler/icons (outline) does not have."""


@cache
def paths(name: str) -> str:
    """The inner markup of one outline icon. Raises UnknownIconError."""
    file = ICONS / f"{name}.svg"
    if not NAME.fullmatch(name) or not file.is_file():
        raise UnknownIconError(f"There is no icon {name!r} in {ICONS}.")
    match = BODY.search(file.read_text(encoding="utf-8"))
    if match is None:
        raise UnknownIconError(f"The file of icon {name!r} holds no SVG.")
    return " ".join(match.group(1).split())


@cache
def svg(name: str, css: str = "") -> SafeString:
    """The icon as an SVG element that screen readers skip. `css` adds classes."""
    classes = f"icon {css}".strip()
    return mark_safe(  # noqa: S308  # markup of a pinned package, class names of our templates
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{classes}" width="24" height="24" '
        'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">'
        f"{paths(name)}</svg>"
    )
