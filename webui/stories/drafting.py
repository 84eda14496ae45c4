"""What the stories of drafted documents have in common: acts as functions, with the texts of the papers they make."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from webui.demo import Office

Act = Callable[[Office], Any]


def does(texts: Mapping[str, str], person: str, element: str, answers: Mapping[str, Any] | None = None) -> Act:
    """Somebody does a task; the documents that they attach say what `texts` has for them."""
    return lambda office: replace(office, texts=texts).does(person, element, answers)


def decides(texts: Mapping[str, str], person: str, element: str, outcome: str = "dong_y", reason: str = "") -> Act:
    """Somebody decides a gate; the paper of the decision itself (a slip, a conclusion) says what `texts` has for it."""
    return lambda office: replace(office, texts=texts).decides(person, element, outcome, reason)


def gives(element: str, opinions: Mapping[str, Mapping[str, Any]]) -> Act:
    """Everybody named answers, in this order."""

    def act(office: Office) -> None:
        for person, answers in opinions.items():
            office.does(person, element, answers)

    return act


def remarks_then(person: str, act: Act) -> Act:
    """The drafter answers every open remark, then acts."""

    def both(office: Office) -> Any:
        office.answers_remarks(person)
        return act(office)

    return both


def receives(person: str, message: str, **values: Any) -> Act:
    """Somebody records that a message has come."""

    def act(office: Office) -> None:
        office.engine.opening.receive(person, office.case_id, message, values)
        office.engine.operations.settle()

    return act
