"""Security headers of every answer. Pages run our own scripts and styles only; user content runs none."""

from __future__ import annotations

from flask import Flask, Response, current_app, request

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src {content}; form-action 'self' {hub}; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# A notebook somebody handed in: no script, no cookie, an origin of its own, nothing but our typeface.
CONTENT_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline' {content}/typeface/; "
    "font-src {content}/typeface/; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors {lms}"
)

LASTING = {"static", "content.typeface"}  # their names change with what they hold


def init_app(app: Flask) -> None:
    app.after_request(_add)


def _add(response: Response) -> Response:
    config = current_app.config
    on_content_host = request.host == config["CONTENT_HOST"]
    policy = CONTENT_POLICY if on_content_host else PAGE_POLICY
    headers = response.headers
    headers["Content-Security-Policy"] = policy.format(
        content=config["CONTENT_ORIGIN"], hub=config["HUB_ORIGIN"], lms=config["LMS_ORIGIN"]
    )
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Referrer-Policy", "same-origin")  # a page may be stricter
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if not on_content_host:
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if config["SESSION_COOKIE_SECURE"]:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    if request.endpoint not in LASTING:
        headers.setdefault("Cache-Control", "no-store")
    return response
