"""The state folder of one academy on one machine: who owns it, its secrets, what a killed run left.

One supervisor at a time owns it, by a lock on run.json that ends with the process whatever happens.
Secrets are made once and are readable by their owner only.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lms.postgres import Postgres
from lms.processes import Failure, end, left_overs

SECRETS = (
    "CONFIGPROXY_AUTH_TOKEN",
    "HUB_API_TOKEN",
    "HUB_CLIENT_SECRET",
    "JUPYTERHUB_CRYPT_KEY",
    "LMS_SECRET_KEY",
    "LMS_SIGNING_KEY",
)
FOLDERS = {"blobs": 0o755, "homes": 0o755, "hub": 0o700, "log": 0o755}


@contextmanager
def owning(state: Path, *, address: str) -> Iterator[None]:
    """Own the folder, which is made when it is not there.

    Raises:
        Failure: another supervisor owns it, or it cannot be written.
    """
    try:
        state.mkdir(parents=True, exist_ok=True)
        file = (state / "run.json").open("a+")
    except OSError as error:
        raise Failure(
            f"The state folder {state} cannot be written ({error.strerror}): make it yours."
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise Failure(_already_running(file.read())) from None
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "address": address}))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _already_running(note: str) -> str:
    try:
        run = json.loads(note)
        where = f" at {run['address']} (process {run['pid']})"
    except (ValueError, KeyError):
        where = ""
    return f"The academy is running already{where}: stop it first, with Ctrl-C in its terminal."


def end_left_overs(state: Path) -> int:
    """End what a killed run of this folder left; how many processes that were."""
    remains = left_overs(str(state))
    end(remains, wait=5)
    database = Postgres(state / "pg", owner=None).stop()
    return len(remains) + database


def make_folders(state: Path) -> None:
    for name, mode in FOLDERS.items():
        (state / name).mkdir(exist_ok=True)
        (state / name).chmod(mode)


def read_or_make_secrets(state: Path) -> dict[str, str]:
    path = state / "secrets.json"
    try:
        known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    except ValueError:
        raise Failure(
            f"{path} is damaged: put it back from a backup, or start anew with `make clean`."
        ) from None
    if missing := [name for name in SECRETS if name not in known]:
        known |= {name: _make_secret(name) for name in missing}
        write_private(path, json.dumps(known, indent=1))
    return known


def _make_secret(name: str) -> str:
    return _rsa_key() if name == "LMS_SIGNING_KEY" else secrets.token_hex(32)


def _rsa_key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem.decode()


def write_private(path: Path, text: str) -> None:
    """Replace a file as a whole, readable by its owner only."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
