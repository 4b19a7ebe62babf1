"""JupyterHub of the academy: settings, sign-in, spawner. It talks HTTP to the LMS and imports none of it."""
