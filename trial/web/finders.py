"""A staticfiles finder that serves named files of npm packages from node_modules."""

from collections.abc import Iterable
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage, Storage

from trial.web.npm import NODE_MODULES, NPM_FILES, PREFIX


class NpmFinder(BaseFinder):
    """Finds exactly the files of NPM_FILES, each under "npm/<package>/<path>"."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.storage = FileSystemStorage(location=str(NODE_MODULES))
        # collectstatic reads the prefix to build the path under STATIC_ROOT
        self.storage.prefix = PREFIX.rstrip("/")  # type: ignore[attr-defined]
        super().__init__(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Say at start-up which assets are missing, rather than serve an unstyled page."""
        missing = [path for path in NPM_FILES if not (NODE_MODULES / path).is_file()]
        if not missing:
            return []
        return [
            Error(
                f"npm assets are missing: {', '.join(missing)}",
                hint="Run `npm ci --ignore-scripts` (make run does).",
                id="web.E001",
            )
        ]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The absolute path of a listed file, else an empty list (also for `find_all`)."""
        wanted = path.replace("\\", "/")
        if not wanted.startswith(PREFIX) or wanted.removeprefix(PREFIX) not in NPM_FILES:
            return []
        found = NODE_MODULES / wanted.removeprefix(PREFIX)
        if not found.is_file():
            return []
        return [str(found)] if find_all else str(found)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, Storage]]:
        """Each listed file and the storage that opens it."""
        return [(path, self.storage) for path in NPM_FILES]
