"""Which release of the academy this is; setup.cfg reads it from here."""

VERSION = "0.1.0"
