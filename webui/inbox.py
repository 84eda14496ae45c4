"""Việc của tôi: what waits for a person, grouped by urgency, with the first task open beside the list."""

from typing import Any, NamedTuple

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from webui.frame import actor, engine, lang
from webui.wording import N_

pages = Blueprint("inbox", __name__)


class Tab(NamedTuple):
    """One filter of the rail: the engine's key, the word in the address, the icon, the label."""

    key: str
    slug: str
    icon: str
    message: str

    @property
    def label(self) -> str:
        return _(self.message)


TABS = (
    Tab("todo", "can-lam", "inbox", N_("To do")),
    Tab("late", "qua-han", "triangle-alert", N_("Overdue")),
    Tab("soon", "sap-han", "calendar-clock", N_("Due in 5 days")),
    Tab("group", "cho-nhan", "users-round", N_("Waiting to be taken")),
    Tab("waiting", "cho-ben-khac", "hourglass", N_("Waiting for others")),
    Tab("watching", "theo-doi", "eye", N_("Watching")),
    Tab("done", "da-xong", "circle-check", N_("Done")),
)
BY_SLUG = {tab.slug: tab for tab in TABS}


def listing() -> dict[str, Any]:
    """The rail and the list of this request's filter, for every page that shows them."""
    tab = BY_SLUG.get(request.args.get("loc", ""), TABS[0])
    focus = request.args.get("nhiem_vu") or None
    found = engine().queries.inbox(actor(), tab.key, focus)
    chosen = next((f.short for f in found.focus if f.id == focus), None)
    return {
        "inbox": found,
        "tabs": TABS,
        "inbox_slug": tab.slug,
        "inbox_focus": focus,
        "list_title": chosen or tab.label,
        "list_count": sum(len(group.rows) for group in found.groups),
        "filtered": tab.key != "todo" or focus is not None,
    }


@pages.get("/viec")
def index() -> Any:
    """The list; on a wide screen the first task stands open beside it."""
    from webui.tasks import context

    shown = listing()
    first = next((row.task_id for group in shown["inbox"].groups for row in group.rows), None)
    task = engine().queries.task(actor(), first, lang()) if first else None
    return render_template("inbox.html", **shown, **context(task))
