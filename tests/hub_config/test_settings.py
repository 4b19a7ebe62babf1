"""The hub's settings: all there, or no start."""

from pathlib import Path

import pytest

from hub_config.settings import SettingMissing, Settings

ENVIRON = {
    "ACADEMY_STATE": "/srv/academy",
    "CONFIGPROXY_AUTH_TOKEN": "proxy",
    "HUB_API_PORT": "8003",
    "HUB_API_TOKEN": "api",
    "HUB_CLIENT_SECRET": "client",
    "HUB_DATABASE_URL": "postgresql://postgres@/hub?host=/run/pg",
    "HUB_ORIGIN": "http://127.0.0.1:8002/",
    "HUB_PROXY_API_PORT": "8004",
    "JUPYTERHUB_CRYPT_KEY": "crypt",
    "LMS_ORIGIN": "http://localhost:8000/",
    "NOTEBOOK_PYTHON": "/opt/notebook/bin/python",
}


def test_they_are_read() -> None:
    settings = Settings.from_environ(ENVIRON | {"LANG": "ko_KR.UTF-8", "EDITOR": "vi"})
    assert settings.lms_origin == "http://localhost:8000"
    assert settings.hub_port == 8002
    assert settings.database_url == "postgresql+psycopg://postgres@/hub?host=/run/pg"
    assert settings.passed_on == {"LANG": "ko_KR.UTF-8"}
    assert settings.notebook_python == Path("/opt/notebook/bin/python")


@pytest.mark.parametrize("name", ENVIRON)
def test_a_missing_one_is_named(name: str) -> None:
    with pytest.raises(SettingMissing, match=f"{name} is not set"):
        Settings.from_environ({key: value for key, value in ENVIRON.items() if key != name})
