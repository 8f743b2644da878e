"""Which protocol versions exist, and which holds at a site on a date.

A version is one module in ``versions/`` with a ``VERSION``; adding the file is the amendment.
"""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from types import ModuleType

from trial.protocol import versions
from trial.protocol.version import ProtocolVersion


class UnknownVersion(LookupError):  # noqa: N818
    """No protocol version has this number."""


class NoVersionInForce(LookupError):  # noqa: N818
    """No protocol version holds on this date."""


def load(package: ModuleType) -> Mapping[str, ProtocolVersion]:
    """Return every version found in a package, by number, oldest first.

    ValueError if two modules claim one number.
    """
    found: list[ProtocolVersion] = [
        importlib.import_module(f"{package.__name__}.{module.name}").VERSION
        for module in pkgutil.iter_modules(package.__path__)
    ]
    found.sort(key=lambda version: (version.issued_on, _parts(version.number)))
    by_number = {version.number: version for version in found}
    if len(by_number) != len(found):
        raise ValueError(f"two protocol versions share a number in {package.__name__}")
    return by_number


@cache
def _versions() -> Mapping[str, ProtocolVersion]:
    return load(versions)


def _parts(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split("."))


def get(number: str) -> ProtocolVersion:
    """Return the version with this number; UnknownVersion if there is none."""
    try:
        return _versions()[number]
    except KeyError:
        raise UnknownVersion(number) from None


def numbers() -> tuple[str, ...]:
    """Return all version numbers, oldest first."""
    return tuple(_versions())


def latest() -> ProtocolVersion:
    """Return the version issued last."""
    return get(numbers()[-1])


def effective(assignments: Sequence[tuple[str, date]], on: date) -> str:
    """Return the number of the version in force on a date.

    ``assignments`` are (number, in force from) of one site, in any order. The latest start on or
    before ``on`` wins; of two with one start, the higher number. NoVersionInForce before all.
    """
    started = [(start, _parts(number), number) for number, start in assignments if start <= on]
    if not started:
        raise NoVersionInForce(on.isoformat())
    return max(started)[2]
