"""PostgreSQL and Valkey from their wheels, in a data folder of the project's own.

For development, the demo and the tests; production names real servers in DATABASE_URL and
REDIS_URL. The servers outlive the process that starts them until stop() is called, and a second
start from the same folder uses the running ones.

    python -m trial.embedded exec -- manage.py shell   # start what is needed, set variables, run
    python -m trial.embedded start | stop | status

DATABASE_NAME chooses another database of the same servers.
"""

import argparse
import fcntl
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from trial import database
from trial.servers import EmbeddedError, Memory, Postgres, Valkey

BASE_DIR = Path(__file__).resolve().parent.parent
LEAST_FREE_BYTES = 300_000_000  # a new PostgreSQL folder takes 40 MB, its first log as much again


def data_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder that holds both servers' data: DATA_DIR, or .data beside manage.py."""
    return Path(environ.get("DATA_DIR") or BASE_DIR / ".data").resolve()


@dataclass
class Servers:
    """Both servers of a data folder.

    Only what the environment does not name is started: DATABASE_URL or REDIS_URL, where set, win.
    """

    folder: Path
    durable: bool = True
    name: str = "trial"  # of the database
    used: dict[str, Postgres | Valkey] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.memory = Memory.of(self.folder)
        self.postgres = Postgres(self.folder, self.memory, durable=self.durable)
        self.valkey = Valkey(self.folder, self.memory, durable=self.durable)

    def start(self, given: Mapping[str, str]) -> dict[str, str]:
        """Start what `given` does not name, prepare roles and database; the variables to add."""
        with self._alone():
            found: dict[str, str] = {}
            if "DATABASE_URL" not in given:
                self.used["PostgreSQL"] = self.postgres
                self.postgres.start()
                found |= self._database_variables()
            if "REDIS_URL" not in given:
                self.used["Valkey"] = self.valkey
                self.valkey.start()
                found["REDIS_URL"] = self.valkey.url()
            if found and "SECRET_KEY" not in given:
                found["SECRET_KEY"] = self.memory.secret("secret_key")
            return found

    def _database_variables(self) -> dict[str, str]:
        admin = self.postgres.url("postgres", "postgres")
        passwords = {login: self.memory.secret(login) for login in database.LOGINS}
        database.prepare(admin, self.name, passwords)
        logins = {"ADMIN_DATABASE_URL": "postgres", **database.VARIABLES}
        return {name: self.postgres.url(login, self.name) for name, login in logins.items()}

    def mend(self) -> list[str]:
        """Start again what has ended since start(); the names of those servers."""
        return [name for name, server in self.used.items() if not server.pid() and server.start()]

    def empty_database(self) -> None:
        """Drop the database with all it holds and make it anew, without tables."""
        with database.connected(self.postgres.url("postgres", "postgres")) as cursor:
            database.drop(cursor, self.name)
        self._database_variables()

    def stop(self) -> None:
        """Stop both, whoever started them."""
        with self._alone():
            self.valkey.stop()
            self.postgres.stop()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops the servers of a folder."""
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.memory.values = Memory.of(self.folder).values
            yield


def servers(folder: Path, *, durable: bool = True, name: str = "trial") -> Servers:
    """The servers of a folder, which is made if need be; nothing is started yet."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Others may pass (PostgreSQL is another user where we are root) but not look.
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise EmbeddedError(
            f"The data folder {folder} cannot be used: {error.strerror}."
        ) from error
    if free < LEAST_FREE_BYTES:
        raise EmbeddedError(
            f"The disk that holds {folder} is full: {free // 1_000_000} MB are free, "
            f"{LEAST_FREE_BYTES // 1_000_000} MB are needed."
        )
    return Servers(folder, durable=durable, name=name)


def main(arguments: list[str]) -> int:
    """The command line; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m trial.embedded", description=__doc__)
    parser.add_argument("action", choices=["start", "stop", "status", "exec"])
    parser.add_argument("command", nargs=argparse.REMAINDER, help="for exec, after --")
    options = parser.parse_args(arguments)
    try:
        chosen = servers(data_folder(), name=os.environ.get("DATABASE_NAME", "trial"))
        if options.action == "stop":
            chosen.stop()
        elif options.action == "status":
            print(
                f"PostgreSQL process {chosen.postgres.pid()}, Valkey process {chosen.valkey.pid()}"
            )
        else:
            found = {"LOCAL": "1", **chosen.start(os.environ)}
            command = list(options.command)
            if options.action == "exec" and command:
                if command[0].endswith(".py"):
                    command.insert(0, sys.executable)
                os.execvpe(command[0], command, {**found, **os.environ})  # noqa: S606 - its purpose
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
