"""Where a person enters a key in a browser, once, to read the reports. Where there are no keys, nobody has to."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from service.errors import BadRequest, BodyTooLarge, Problem, ScopeMissing
from service.gate import LOGIN, Gatekeeper
from service.interface import Interface
from service.page import TEMPLATES
from service.reports.tongue import Tongue
from service.reports.web.desk import Desk
from service.reports.web.refused import tell_of_key
from service.sessions import FOLDER, below_folder, give_token, shown_token, take_token

MOST_BYTES: Final = 4_096
"""Of what a form sends: a key has 81 characters, and an address fits into the rest."""


def login_pages(app: FastAPI, desk: Desk, interface: Interface) -> None:
    """Add the form and what takes it to the application."""

    def form(request: Request, tongue: Tongue, wanted: str, told: str = "", status: int = 200) -> Response:
        # A link in another site's page does not bring the cookie with it; a page of our own that goes on at once does.
        passing = (
            not told and request.headers.get("sec-fetch-site") == "cross-site" and shown_token(request.headers) is None
        )
        engine = desk.classifier.engine
        content = TEMPLATES.get_template("reports/login.html").render(
            ui=tongue.language,
            words=interface.phrase(tongue.language),
            languages=interface.languages,
            model_version=engine.model_version,
            taxonomy_version=engine.taxonomy.version,
            say=tongue.say,
            at=f"{LOGIN}?next={quote(wanted, safe='')}",
            wanted=wanted,
            passing=passing,
            told=told,
        )
        # Without a referrer, browsers call the origin of a form "null", and it is told from another site's by that.
        headers = {"Content-Language": tongue.language, "Referrer-Policy": "same-origin"}
        return HTMLResponse(content, status, headers=headers)

    def speak(request: Request) -> Tongue:
        asked = request.query_params.get("ui")
        return desk.tongue(interface.choose(asked, request.headers.get("accept-language")))

    @app.get(LOGIN, include_in_schema=False)
    async def enter(request: Request) -> Response:
        """Ask for a key; where there are none, go on."""
        wanted = own_address(request.query_params.get("next", ""))
        if app.state.keeper is None:
            return RedirectResponse(wanted, status_code=303)
        return form(request, speak(request), wanted)

    @app.post(LOGIN, include_in_schema=False)
    async def take(request: Request) -> Response:
        """Open a session for whoever shows a key for reports, and end the one that there was."""
        sent = await _read_form(request)
        keeper: Gatekeeper | None = app.state.keeper
        wanted = own_address(sent.get("next", ""))
        if keeper is None:
            return RedirectResponse(wanted, status_code=303)
        keeper.sessions.close(shown_token(request.headers))
        if "leave" in sent:
            gone = RedirectResponse(LOGIN, status_code=303)
            take_token(gone)
            return gone
        tongue = speak(request)
        try:
            key = keeper.admit(sent.get("key", "").strip(), request.client.host if request.client else "")
            if "reports" not in key.scopes:
                raise ScopeMissing("reports")
        except Problem as problem:
            return _refused(form(request, tongue, wanted, tell_of_key(problem, tongue), problem.status), problem)
        entered = RedirectResponse(wanted, status_code=303)
        give_token(entered, keeper.sessions.open(key), secure=request.url.scheme == "https")
        return entered


def own_address(wanted: str) -> str:
    """Take an address only where it is one of the reports, so that the form leads nowhere else."""
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return FOLDER
    plain = all(31 < ord(letter) < 127 and letter != "\\" for letter in wanted)
    own = not parts.scheme and not parts.netloc and below_folder(parts.path) and parts.path != LOGIN
    return wanted if plain and own and not wanted.startswith("//") else FOLDER


async def _read_form(request: Request) -> dict[str, str]:
    body = await request.body()
    if len(body) > MOST_BYTES:
        raise BodyTooLarge(f"The form has {len(body):,} bytes, the limit is {MOST_BYTES:,}.")
    try:
        read = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=8)
    except ValueError:
        raise BadRequest("The form has more fields than it should.") from None
    return {name: values[0] for name, values in read.items()}


def _refused(response: Response, problem: Problem) -> Response:
    for name, value in problem.headers.items():
        if name.lower() != "www-authenticate":
            response.headers[name] = value
    return response
