"""Which language a page speaks, and its words.

Message ids are English, so English needs no catalogue. The Vietnamese one is read from its `.po` file when it is first
asked for: there is no compiled file that could be missing or stale. Texts of models and people are shown as they are
stored.
"""

from functools import cache
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, Response, g, request
from flask_babel import Babel, Domain, get_locale

LANGUAGES = ("vi", "en")
COOKIE = "tk_lang"
CATALOGUES = Path(__file__).parent / "translations"


@cache
def catalogue(language: str) -> Translations:
    """The words of one language, ready to look up."""
    path = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return Translations()
    with path.open("rb") as source:
        words = read_po(source, locale=language)
    compiled = BytesIO()
    write_mo(compiled, words)
    compiled.seek(0)
    return Translations(compiled)


class FileDomain(Domain):
    """Flask-Babel's lookup, over catalogues that were read from `.po` files."""

    def get_translations(self) -> Translations:
        return catalogue(str(get_locale() or "vi"))


class FileBabel(Babel):
    """Flask-Babel with that lookup as the default one."""

    domain_instance = FileDomain()


def chosen() -> str:
    """This request's language: the address, else what was chosen before, else the person's own, else Vietnamese."""
    session = g.get("session")
    for wanted in (request.args.get("lang"), request.cookies.get(COOKIE), session and session.lang):
        if wanted in LANGUAGES:
            return str(wanted)
    return "vi"


def in_language(language: str) -> str:
    """The address of this very page in `language`."""
    pairs = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    return f"{request.path}?{urlencode([*pairs, ('lang', language)])}"


def install(app: Flask) -> None:
    """Give templates and code `_()` in the language of the request, and remember `?lang=`."""
    FileBabel(app, default_locale="vi", default_timezone="Asia/Ho_Chi_Minh", locale_selector=chosen)
    app.jinja_env.globals.update(language=lambda: str(get_locale()), in_language=in_language)

    @app.after_request
    def remember(response: Response) -> Response:
        wanted = request.args.get("lang")
        if wanted in LANGUAGES and request.cookies.get(COOKIE) != wanted:
            secure = app.extensions["engine"].settings.secure_cookies
            response.set_cookie(COOKIE, wanted, max_age=365 * 24 * 3600, samesite="Lax", httponly=True, secure=secure)
        return response
