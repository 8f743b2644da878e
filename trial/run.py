"""`make run`: the whole system on this machine, from servers to sweeper, until Ctrl-C.

Prepares what is missing, then supervises web, worker and sweeper; one that dies is started again.
PORT chooses the port, DEMO=0 an empty study, DATA_DIR the folder that keeps the data.
"""

import fcntl
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from trial import database, processes
from trial.catalogues import compile_catalogues
from trial.embedded import Servers, data_folder, servers
from trial.servers import EmbeddedError, command_of, wait_gone

BASE_DIR = Path(__file__).resolve().parent.parent
DEMO_PASSWORD = "demo-only-aih-trial"  # noqa: S105 - printed, of simulated people, refused in production
DEMO_ACCOUNTS = (
    ("coordinator", "site 01: participants, visits, laboratory values"),
    ("coordinator2", "the same at site 02"),
    ("investigator", "sites 01 and 02: each participant's course, relapse flags"),
    ("investigator2", "the same at sites 03 and 04"),
    ("sponsor", "progress of all sites, REST export"),
    ("monitor", "source data and queries"),
    ("datamanager", "all sites' data"),
    ("pharmacist", "cell laboratory"),
    ("safety", "safety officer"),
    ("statistician", "data monitoring committee"),
    ("admin", "users, sites and roles"),
)
STOP_SECONDS = 40  # longer than gunicorn's graceful timeout
READY_SECONDS = 60


class StoppedError(Exception):
    """Ctrl-C or SIGTERM."""


class StepError(Exception):
    """A step of the preparation failed; the message is for the person at the terminal."""


def say(text: str) -> None:
    print(text, flush=True)


def check_port(port: str) -> None:
    """Refuse a port that is no number or that another program has."""
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise StepError(f"PORT={port} is not a port number between 1 and 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except OSError as error:
            raise StepError(
                f"Port {port} cannot be used ({error.strerror}): "
                f"stop the program that has it, or choose another with make run PORT=8001."
            ) from error


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Two supervisors must not share a data folder."""
    with (folder / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StepError(
                f"make run is already running from {folder}: stop it first, or set DATA_DIR."
            ) from error
        yield


@dataclass
class Supervisor:
    """Runs steps to their end, then keeps processes running."""

    environ: dict[str, str]
    pids: Path  # process ids of this run, so that the next can clear up after a SIGKILL
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    started_at: dict[str, float] = field(default_factory=dict)

    def step(self, title: str, command: list[str], name: str = "", *, loud: bool = False) -> None:
        """Run one command of the preparation; its output is shown only if it fails."""
        began = time.monotonic()
        child = self._launch(command, name, quiet=not loud)
        self.children["step"] = child
        output = (child.communicate()[0] or b"").decode(errors="replace")
        del self.children["step"]
        if child.returncode:
            say(output.rstrip())
            raise StepError(f"{title} failed, see above. Nothing was started.")
        say(f"  {title}: {time.monotonic() - began:.1f} s")

    def _launch(self, command: list[str], name: str, *, quiet: bool) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C reaches the supervisor alone, which stops all in order.
        return subprocess.Popen(  # noqa: S603 - commands of trial/processes.py
            command,
            cwd=BASE_DIR,
            env=processes.environment(name, self.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
            start_new_session=True,
        )

    def serve(self, name: str) -> None:
        command = processes.command(name, self.environ)
        self.children[name] = self._launch(command, name, quiet=False)
        self.started_at[name] = time.monotonic()
        written = self.pids.with_suffix(".new")
        written.write_text("\n".join(str(child.pid) for child in self.children.values()))
        written.replace(self.pids)  # whoever reads it meanwhile finds a whole one

    def mend(self) -> None:
        """Start again what has died; one that dies at once is given a pause."""
        for name, child in list(self.children.items()):
            code = child.poll()
            if code is None or time.monotonic() - self.started_at[name] < 3:
                continue
            say(f"The {name} ended with code {code}; starting it again.")
            self.serve(name)

    def stop(self) -> None:
        """Ask all to finish what they are doing, then insist."""
        alive = [child for child in self.children.values() if child.poll() is None]
        for child in alive:
            child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in alive:
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        self.children.clear()
        self.pids.unlink(missing_ok=True)


def clear_up(pids: Path) -> None:
    """Stop the processes of a supervisor that was killed before it could."""
    if not pids.exists():
        return
    for pid in map(int, pids.read_text().split()):
        if sys.executable in command_of(pid):
            say(f"  stopping process {pid}, left over from a run that was killed")
            os.kill(pid, signal.SIGTERM)
            wait_gone(pid, sys.executable, STOP_SECONDS)
    pids.unlink()


def static_digest() -> str:
    """Changes whenever a static file or a package that ships some does."""
    digest = hashlib.sha256()
    sources = [BASE_DIR / "package-lock.json", BASE_DIR / "requirements.txt"]
    for path in [*sources, *sorted((BASE_DIR / "trial").glob("**/static/**/*"))]:
        if path.is_file():
            digest.update(f"{path} {path.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()


def collect_static(supervisor: Supervisor) -> None:
    """Collect and compress static files, unless nothing changed since the last time."""
    root = Path(supervisor.environ["STATIC_ROOT"])
    stamp, digest = root / ".collected", static_digest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    command = [sys.executable, processes.MANAGE, "collectstatic", "--noinput", "--clear"]
    supervisor.step("static files", [*command, "--verbosity", "0"])
    stamp.write_text(digest)


def prepare(supervisor: Supervisor, pair: Servers, loader: str) -> None:
    """Messages, static files, tables, demo data: each only as far as it is missing."""
    if "ADMIN_DATABASE_URL" in os.environ:  # embedded servers have their roles already
        supervisor.step("roles", processes.command("roles", supervisor.environ), "roles")
    compile_catalogues()
    collect_static(supervisor)
    loading = pair.folder / f"{pair.name}.loading"
    if loading.exists() and "PostgreSQL" in pair.used:
        say("  the demo study was not loaded to its end the last time: beginning anew")
        pair.empty_database()
    supervisor.step("tables", processes.command("migrate", supervisor.environ), "migrate")
    loading.unlink(missing_ok=True)
    if supervisor.environ["DEMO"] == "1" and nobody_in(supervisor.environ["DATABASE_URL"]):
        say("  demo study: this takes a few minutes, the first time only")
        loading.touch()
        supervisor.step("demo study", [sys.executable, processes.MANAGE, loader], loud=True)
        loading.unlink()


def nobody_in(url: str) -> bool:
    """Whether the database has no user yet: only then is a demo study loaded into it."""
    with database.connected(url) as cursor:
        cursor.execute("SELECT NOT EXISTS (SELECT FROM access_user)")
        return cursor.fetchone() == (True,)


def wait_until_ready(supervisor: Supervisor) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not processes.web_healthy(supervisor.environ):
        if supervisor.children["web"].poll() is not None or time.monotonic() > deadline:
            raise StepError("The web process did not come up, see above.")
        time.sleep(0.1)


def welcome(environ: dict[str, str]) -> None:
    say(f"\nReady: http://127.0.0.1:{environ['PORT']}/   (Ctrl-C stops everything)")
    if environ["DEMO"] == "1":
        say(f"Demo accounts, password {environ['DEMO_PASSWORD']}:")
        for name, what in DEMO_ACCOUNTS:
            say(f"  {name:13} {what}")


def supervise(supervisor: Supervisor, pair: Servers, loader: str) -> None:
    """Prepare, start, watch; ends by StoppedError or StepError only."""
    prepare(supervisor, pair, loader)
    for name in processes.SERVING:
        supervisor.serve(name)
    wait_until_ready(supervisor)
    welcome(supervisor.environ)
    while True:
        time.sleep(0.5)
        for server in pair.mend():
            say(f"{server} had ended and was started again.")
        supervisor.mend()


def check_settings(environ: dict[str, str]) -> None:
    """A simulated study must never be served as the real one."""
    if environ["DEMO"] == "1" and environ["LOCAL"] != "1":
        raise StepError(
            "DEMO=1 shows a simulated study and is refused with production settings: set DEMO=0."
        )


def environment(given: dict[str, str]) -> dict[str, str]:
    """Local settings, for what the person did not set."""
    defaults = {
        "LOCAL": "1", "PORT": "8000", "DEMO": "1", "DEMO_PASSWORD": DEMO_PASSWORD,
        "LOG_LEVEL": "warning", "STATIC_ROOT": str(data_folder(given) / "static"),
        # Celery's word about root; whoever runs this as root on their own machine knows.
        "PYTHONWARNINGS": "ignore:You're running the worker",
    }  # fmt: skip
    environ = {**defaults, **given}
    environ["DEMO"] = "0" if environ["DEMO"].lower() in ("0", "false", "no", "off", "") else "1"
    return environ


def on_signal(number: int, frame: FrameType | None) -> None:
    raise StoppedError


def run(loader: str = "demo", name: str = "trial") -> int:
    """The whole life of `make run`; returns the exit code."""
    environ = environment(dict(os.environ))
    try:
        check_settings(environ)
        pair = servers(data_folder(environ), name=name)
        with only_one(pair.folder):
            clear_up(pair.folder / "run.pids")
            check_port(environ["PORT"])
            live(pair, Supervisor(environ, pair.folder / "run.pids"), loader)
    except StoppedError:
        say(f"Stopped; the data stay in {data_folder(environ)}")
    except (EmbeddedError, StepError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def live(pair: Servers, supervisor: Supervisor, loader: str) -> None:
    """From the servers' start to the last process's end; ends by an exception only."""
    try:
        say("Starting")
        began = time.monotonic()
        supervisor.environ |= pair.start(supervisor.environ)
        say(f"  PostgreSQL and Valkey: {time.monotonic() - began:.1f} s")
        supervise(supervisor, pair, loader)
    finally:
        say("\nStopping")
        for each in (signal.SIGINT, signal.SIGTERM):  # not to be interrupted half-way
            signal.signal(each, signal.SIG_IGN)
        supervisor.stop()
        pair.stop()


if __name__ == "__main__":
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, on_signal)
    sys.exit(run(*sys.argv[1:3]))
