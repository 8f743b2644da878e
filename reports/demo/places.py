"""A site of the demo study with the people who work there."""

from dataclasses import dataclass

from labs.models import Laboratory
from trial.access.models import Site, User
from trial.access.roles import Role
from trial.audit.context import Actor


@dataclass(frozen=True, slots=True)
class Place:
    """A site with its laboratory, the person who enters its data, and its investigator."""

    site: Site
    laboratory: Laboratory
    coordinator: Actor
    investigator: User

    @property
    def signer(self) -> Actor:
        """The investigator, acting."""
        return Actor.of(self.investigator, role=Role.INVESTIGATOR.value, site=self.site.code)
