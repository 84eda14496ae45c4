"""Documents: who drafts does not also decide, and what a step needs has been made before."""

from collections import defaultdict
from collections.abc import Iterator

from engine import bpmn, feel
from engine.bpmn import naming
from engine.bpmn.definition import Element
from engine.lint import flows, gates
from engine.lint.findings import Finding, finding

# In `requires`: every opinion is answered; no document.
_OPINIONS = "opinions"


def check(d: bpmn.Definition, inside: list[Element], called: bool) -> Iterator[Finding]:
    """All findings of one process. What a called process needs may come from its caller."""
    makers: dict[str, list[Element]] = defaultdict(list)
    for e in inside:
        for slug in e.properties.get("produces", "").split():
            makers[slug].append(e)
    behind: dict[str, set[str]] = {}

    def before(maker: Element, e: Element) -> bool:
        if maker.id not in behind:
            behind[maker.id] = flows.downstream(d, *_around(d, maker))
        return maker.id == e.id or not behind[maker.id].isdisjoint(_around(d, e))

    for e in inside:
        needed = [s for s in e.properties.get("requires", "").split() if s != _OPINIONS]
        if makers and not called:
            for slug in needed:
                if not any(before(maker, e) for maker in makers[slug]):
                    message = f"Expected a step before this one that produces {slug!r}."
                    yield finding("document_never_made", e.id, message, ref=slug)
        if gates.is_gate(e):
            drafts = [m for slug in needed for m in makers[slug] if before(m, e)]
            yield from _four_eyes(d, e, drafts)


def _around(d: bpmn.Definition, e: Element) -> list[str]:
    """An element and the sub-processes around it: what is made inside of one is there for what follows it."""
    found = [e.id]
    while e.scope in d.elements:
        e = d.elements[e.scope]
        found.append(e.id)
    return found


def _four_eyes(d: bpmn.Definition, gate: Element, makers: list[Element]) -> Iterator[Finding]:
    """A gate whose decider may be who made what is decided on: the step it is returned to, the one that produces what
    it needs, or else the steps right before."""
    back = [d.elements[n] for n in gate.properties.get("return_to", "").split() if n in d.elements]
    drafts = [e for e in (*back, *makers) if e.type == "userTask" and not gates.is_gate(e)] or _before(d, gate)
    deciding = _who(gate)
    for draft in dict.fromkeys(drafts):
        for role in sorted(_who(draft) & deciding):
            name = naming.called(d, draft.id)
            message = f"The draft {name!r} and its gate are for the same role {role!r}."
            yield finding("four_eyes", gate.id, message, role=role, drafting=f"«{name}»", draft=draft.id)


def _who(e: Element) -> set[str]:
    """Roles and persons that may do a task, as the model names them."""
    a = e.assignment
    found: set[str] = set()
    if a is not None:
        for value in (a.assignee, a.groups, a.users):
            if isinstance(value, feel.Compiled):
                found.add(f"={value.text}")
            elif value:
                found |= {part.strip().partition("@")[0] for part in value.split(",") if part.strip()}
    return found or ({e.lane} if e.lane else set())


def _before(d: bpmn.Definition, gate: Element) -> list[Element]:
    """The steps of people from which flows lead to a gate without another step between."""
    found: list[Element] = []
    seen: set[str] = set()
    todo = [gate]
    while todo:
        for flow in todo.pop().incoming:
            e = d.elements[d.flows[flow].source]
            if e.id in seen:
                continue
            seen.add(e.id)
            if e.type == "userTask":
                found += [] if gates.is_gate(e) else [e]
            else:
                todo.append(e)
    return found
