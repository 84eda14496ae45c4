"""The graph of a process: what leads where, by flows, links, boundary events and event sub-processes."""

from collections.abc import Collection, Iterable

from engine import bpmn
from engine.bpmn.definition import Element


def inside(d: bpmn.Definition, container: str) -> list[str]:
    """All flow nodes of a process or sub-process, those of its sub-processes included."""
    found: list[str] = []
    todo = [container]
    while todo:
        for node in d.containers[todo.pop()].nodes:
            found.append(node)
            if node in d.containers:
                todo.append(node)
    return found


def nexts(d: bpmn.Definition, e: Element, lasting: bool = True) -> list[str]:
    """Where a token can go from an element: along flows, links and its boundary events (`lasting`: also those that do
    not interrupt)."""
    found = [d.flows[f].target for f in e.outgoing]
    found += [b for b in e.boundaries if lasting or d.elements[b].interrupting]
    if e.type == "intermediateThrowEvent":
        links = {x.link for x in e.events if x.kind == "link"}
        found += [n for n in d.containers[e.scope].nodes if _catches(d.elements[n], links)] if links else []
    if e.compensation_handler is not None:
        found.append(e.compensation_handler)
    return found


def _catches(e: Element, links: Collection[str]) -> bool:
    return e.type == "intermediateCatchEvent" and any(x.kind == "link" and x.link in links for x in e.events)


def entries(d: bpmn.Definition, container: str) -> list[str]:
    """Where tokens are born in a container: its starts, its triggered start events, its event sub-processes."""
    c = d.containers[container]
    owner = d.elements.get(container)
    if owner is not None and owner.type == "adHocSubProcess":
        return list(c.nodes)
    starts = [n for n in c.nodes if d.elements[n].type == "startEvent" or d.elements[n].instantiate]
    return [*dict.fromkeys([*c.starts, *starts, *c.handlers])]


def reachable(d: bpmn.Definition, process: str, lasting: bool = True) -> set[str]:
    """Flow nodes to which flows lead from where tokens are born."""
    found: set[str] = set()
    todo = entries(d, process)
    while todo:
        node = todo.pop()
        if node in found or node not in d.elements:
            continue
        found.add(node)
        e = d.elements[node]
        todo += nexts(d, e, lasting)
        if node in d.containers:
            todo += entries(d, node)
    return found


def unreachable(d: bpmn.Definition, process: str) -> set[str]:
    """Flow nodes to which nothing leads. A boundary event belongs to its activity."""
    seen = reachable(d, process)
    return {n for n in inside(d, process) if n not in seen}


def main_flow(d: bpmn.Definition, process: str) -> frozenset[str]:
    """Elements where a second token at once means doubled work: all but those that only events beside the flow lead
    to (several reminders at once are as they should be), and what comes after a step that gives several on purpose."""
    seen = reachable(d, process, lasting=False)
    seen -= downstream(d, *(n for n in seen if d.elements[n].completion_quantity > 1))
    return frozenset(n for n in seen if not d.elements[n].event_sub_process and d.elements[n].start_quantity == 1)


def loops(d: bpmn.Definition, container: str) -> list[set[str]]:
    """The strongly connected parts of a container's graph that hold a cycle."""
    nodes = d.containers[container].nodes
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    open_: set[str] = set()  # what is on the stack
    found: list[set[str]] = []
    for root in nodes:
        if root in index:
            continue
        work = [(root, iter(nexts(d, d.elements[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        open_.add(root)
        while work:
            node, rest = work[-1]
            for after in rest:
                if after not in d.elements:
                    continue
                if after not in index:
                    index[after] = low[after] = len(index)
                    stack.append(after)
                    open_.add(after)
                    work.append((after, iter(nexts(d, d.elements[after]))))
                    break
                if after in open_:
                    low[node] = min(low[node], index[after])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    part = set()
                    while node not in part:
                        part.add(stack.pop())
                    open_ -= part
                    if len(part) > 1 or node in nexts(d, d.elements[node]):
                        found.append(part)
    return found


def downstream(d: bpmn.Definition, *elements: str) -> set[str]:
    """Everything that can come after some elements in their container."""
    found: set[str] = set()
    todo = [n for e in elements for n in nexts(d, d.elements[e])]
    while todo:
        node = todo.pop()
        if node not in found and node in d.elements:
            found.add(node)
            todo += nexts(d, d.elements[node])
    return found


def first_of(d: bpmn.Definition, elements: Iterable[str], also: Iterable[str] = ()) -> list[str]:
    """The elements that do not come after another one of them (or of `also`), in a loop the one named first."""
    after: dict[str, set[str]] = {}
    for element in dict.fromkeys([*also, *elements]):
        if not any(element in behind for behind in after.values()):
            after[element] = downstream(d, element)
    return [e for e in after if not any(e in after[o] and o not in after[e] for o in after if o != e)]
