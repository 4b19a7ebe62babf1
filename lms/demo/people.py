"""The people of the demonstration. All are invented; e-mail addresses end in a name that no one can own.

Five accounts have a password, printed by `flask demo accounts`; nobody else can sign in.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from faker import Faker

from lms.accounts import actions
from lms.accounts.models import User
from lms.demo.rows import SEED, insert_rows

DEMO_PASSWORD = "academy-demo"
SIGN_INS = (
    ("administrator", "관리자", "admin"),
    ("administrator", "관리자", "admin2"),
    ("instructor", "강사", "instructor"),
    ("trainee", "교육생", "trainee"),
    ("trainee", "교육생", "trainee2"),
)


class Register:
    """Makes accounts, giving each a name nobody else has."""

    def __init__(self) -> None:
        self._names = _names()
        # One hash for the few accounts that have a password: argon2 is slow on purpose.
        password_hash = actions.hasher().hash(DEMO_PASSWORD)
        self._hashes = {username: password_hash for _role, _ko, username in SIGN_INS}

    def add(
        self, usernames: Sequence[str], *, at: datetime, is_administrator: bool = False
    ) -> list[int]:
        """The ids of new people, in the order of their user names."""
        return insert_rows(
            User,
            [
                {
                    "username": username,
                    "email": f"{username}@academy.example",
                    "name": next(self._names),
                    "password_hash": self._hashes.get(username),
                    "is_administrator": is_administrator,
                    "created_at": at,
                }
                for username in usernames
            ],
        )


def _names() -> Iterator[str]:
    faker = Faker("ko_KR")
    faker.seed_instance(SEED)
    while True:
        yield faker.unique.name()
