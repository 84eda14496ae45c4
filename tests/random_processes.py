"""Random block-structured processes: a tree of blocks. `random_models` writes it as BPMN, `random_oracle` runs it
without tokens; both sides are driven by the same actions, and after each the open tasks and events must be the same.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

# -- blocks


@dataclass(frozen=True)
class Block:
    """One node of the tree. `parts` are its inner blocks; what else it has depends on its kind."""

    kind: str
    id: str
    parts: tuple["Block", ...] = ()
    count: int = 0
    until: int = 0  # multi-instance: completed children that are enough, 0 for all; else which variant it is
    event: str = ""  # what is waited for, or caught
    interrupting: bool = True
    handler: "Block | None" = None
    inside: bool = False  # the handler is an event sub-process, not on the boundary
    words: tuple[str, ...] = ()  # event gateway: what it waits for; ad-hoc: its ordering

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What Hypothesis prints of a counterexample."""
        printer.text(repr(self))

    def __repr__(self) -> str:
        more = [repr(p) for p in self.parts]
        more += [f"{self.count}/{self.until}"] if self.count or self.until else []
        more += [" ".join(self.words)] if self.words else []
        more += [self.event + ("" if self.interrupting else " beside")] if self.event else []
        more += [f"-> {self.handler!r}{' inside' if self.inside else ''}"] if self.handler else []
        return f"{self.id}({', '.join(more)})" if more else self.id


ENDS = ("error", "terminate", "cancel")
THROWN = ("error", "escalate", "cancel", "compensate")  # what is not waited for, but thrown
BROADCAST = ("signal", "condition")  # what reaches everyone who waits


def ends(block: Block) -> bool:
    """Whether nothing ever flows out of a block."""
    if block.kind in ENDS:
        return True
    if block.kind in ("seq", "and", "loop"):
        return any(ends(p) for p in block.parts)
    if block.kind in ("xor", "or", "gate", "vote"):
        return all(ends(p) for p in block.parts)
    return False


Words = frozenset[str]
Build = Callable[[int, Words], Block]
INNER = {"terminate", "escalate", "cancel"}  # what does not reach into scopes further in


@st.composite
def processes(draw: st.DrawFn, *, simple: bool = False, size: int = 14) -> Block:
    """A random process. `simple` leaves what SpiffWorkflow's runtime gets right: sequences, choices, branches, loops,
    sub-processes, called processes, errors, terminations and messages on boundaries. It gives each branch its own data:
    so there is no loop in branches, nor beside a handler that runs beside the rest."""
    beside = simple and draw(st.booleans())
    numbers = itertools.count(1)
    left = [size]

    def name(kind: str) -> str:
        return f"{kind}{next(numbers)}"

    def block(depth: int, scope: Words) -> Block:
        """`scope` says what is possible here (an error or an escalation that is caught further out, a termination) and
        where it is (in a called process, under a multi-instance)."""
        left[0] -= 1
        leaves = ["task", "task", "auto"]
        if not simple:
            leaves += ["catch", "safe", "undo", "link", "double"]
            leaves += [word for word in (*ENDS, "escalate") for _ in range(8) if word in scope]
        inner = ["seq", "seq", "xor", "and"]
        if not simple:
            inner += ["or", "loop", "sub", "sub", "multi", "multi", "watch", "watch", "watch", "gate"]
            inner += ["call", "again", "vote", "adhoc"]
        else:
            leaves += [word for word in ("error", "terminate") for _ in range(6) if word in scope]
            inner += ["or", "sub", "watch", "call", *(["loop"] if "fork" not in scope and not beside else [])]
        small = depth <= 0 or left[0] <= 0
        kind = draw(st.sampled_from(leaves if small else inner if depth > 2 else inner + leaves))
        return BUILD[kind](depth - 1, scope)

    def leaf(kind: str) -> Build:
        return lambda depth, scope: Block(kind, name(kind))

    def event(scope: Words) -> str:
        """In a called process there are no signals: several calls that end at once would race for k. Under a
        multi-instance there are no messages: which child takes one is not the oracle's to say. Conditions are over
        variables of the process, which a called one has of its own."""
        kinds = ["timer"] + ["signal"] * ("call" not in scope) + ["message"] * ("multi" not in scope)
        kinds += ["condition", "condition"] * (not scope & {"call", "multi"})
        return draw(st.sampled_from(kinds))

    def catch(depth: int, scope: Words) -> Block:
        return Block("catch", name("catch"), event=event(scope))

    def several(kind: str) -> Build:
        def build(depth: int, scope: Words) -> Block:
            within = scope | {"fork"} if kind in ("and", "or") else scope
            parts = tuple(block(depth, within) for _ in range(draw(st.integers(2, 3))))
            if kind == "seq":  # what ends a path stands last
                cut = next((i for i, p in enumerate(parts) if ends(p)), len(parts))
                parts = parts[: cut + 1]
            if kind == "gate":
                words = ("timer", "timer" if "call" in scope else "signal", "timer")[: len(parts)]
                return Block(kind, name(kind), parts, words=words)
            implicit = (
                draw(st.integers(0, 1)) if kind == "or" and not simple else 0
            )  # conditions on the flows out of an activity
            return Block(kind, name(kind), parts, until=implicit)

        return build

    def loop(depth: int, scope: Words) -> Block:
        return Block("loop", name("loop"), (Block("task", name("task")), block(depth, scope)))

    def plain(*words: str) -> Block:
        """Something whose instances cannot be told apart, for what can be started several times."""
        return Block("seq", name("seq"), (Block("auto", name("auto")), Block("task", name("task"))))

    def handler(depth: int, scope: Words, kind: str, interrupting: bool) -> Block:
        return plain() if kind != "timer" and not interrupting else block(depth, scope - INNER)

    def sub(depth: int, scope: Words) -> Block:
        modes = ["event", "event", "", "error", "terminate", "escalate", "cancel", "compensate"]
        mode = draw(st.sampled_from(["", "error", "terminate"] if simple else modes))
        place = scope & {"call", "multi", "fork"}
        if mode == "cancel":  # a transaction
            body, caught = block(depth, place | {"cancel"}), block(depth, scope - INNER)
            return Block("sub", name("sub"), (body,), event="cancel", handler=caught)
        if mode == "compensate":
            # It begins with a task: what completes at once races with a branch that undoes at once.
            body = Block("seq", name("seq"), (Block("task", name("task")), block(depth, scope - INNER)))
            return Block("sub", name("sub"), (body,), event="compensate", handler=plain(), inside=True)
        if mode in ("error", "escalate"):  # both are caught here, one at a time: they would race
            body = block(depth, place | {mode})
            inside = not simple and draw(st.booleans())
            interrupting = mode == "error" or draw(st.booleans())
            caught = block(depth, scope - INNER) if interrupting else plain()
            parts = (body,)
            return Block("sub", name("sub"), parts, 0, 0, mode, interrupting, caught, inside)
        body = block(depth, (scope - INNER) | ({"terminate"} if mode == "terminate" else set()))
        if simple or mode == "" or (mode == "terminate" and draw(st.booleans())):
            return Block("sub", name("sub"), (body,))
        kind, interrupting = event(scope), draw(st.booleans())
        started = handler(depth, scope, kind, interrupting)
        return Block("sub", name("sub"), (body,), event=kind, interrupting=interrupting, handler=started, inside=True)

    def bare(depth: int, scope: Words) -> Block:
        """A sub-process without an event on its boundary."""
        found = sub(depth, scope)
        return found if found.inside else Block("sub", found.id, (block(depth, scope - INNER - {"error"}),))

    def multi(depth: int, scope: Words) -> Block:
        count = draw(st.integers(0, 3))
        until = draw(st.integers(0, count))
        kind = draw(st.sampled_from(["parallel", "parallel", "sequential"]))
        within = (scope - {"error"} if until else scope) | {"multi"}  # an error races with the completion of brothers
        inner = {"task": leaf("task"), "sub": bare, "call": call}[
            draw(st.sampled_from(["task", "sub", "sub", "call"]))
        ](depth, within)
        return Block(kind, inner.id, (inner,), count=count, until=until)

    def watch(depth: int, scope: Words) -> Block:
        if simple:
            body = {"task": leaf("task"), "sub": bare, "call": call}[draw(st.sampled_from(["task", "sub", "call"]))](
                depth, scope | {"fork"}
            )
            interrupting = not (beside and draw(st.booleans()))
            started = block(depth, scope - INNER) if interrupting else plain()
            return Block("watch", name("watch"), (body,), event="message", interrupting=interrupting, handler=started)
        target = draw(st.sampled_from(["task", "sub", "multi", "call", "adhoc"]))
        inner: dict[str, Build] = {"task": leaf("task"), "sub": bare, "multi": multi, "call": call, "adhoc": adhoc}
        if target in ("multi", "call") and draw(st.booleans()):
            body, caught = inner[target](depth, scope | {"error"}), block(depth, scope - INNER)
            return Block("watch", name("watch"), (body,), event="error", handler=caught)
        body = inner[target](depth, scope)
        kind, interrupting = event(scope), draw(st.booleans())
        started = handler(depth, scope, kind, interrupting)
        return Block("watch", name("watch"), (body,), event=kind, interrupting=interrupting, handler=started)

    def call(depth: int, scope: Words) -> Block:
        return Block("call", name("call"), (block(depth, (scope - INNER) | {"call"}),))

    def again(depth: int, scope: Words) -> Block:
        """A standard loop: with a maximum alone, with a condition after each turn, with one before."""
        return Block("again", name("again"), count=draw(st.integers(1, 3)), until=draw(st.integers(0, 2)))

    def adhoc(depth: int, scope: Words) -> Block:
        """Without a completion condition everything is done; with one, tasks, because others would race with it."""
        condition = draw(st.booleans())
        kind: Build = leaf("task") if condition else (lambda d, s: bare(d, s - INNER))
        parts = tuple(kind(depth, scope) for _ in range(draw(st.integers(1, 3))))
        words = (draw(st.sampled_from(["Parallel", "Sequential"])),)
        return Block("adhoc", name("adhoc"), parts, until=int(condition), words=words)

    def vote(depth: int, scope: Words) -> Block:
        """n of 3 behind a complex gateway, in a sub-process of its own: nothing else may wait for what comes late."""
        parts = tuple(block(depth, scope & {"call", "multi"}) for _ in range(3))
        inner = Block("vote", name("vote"), parts, count=draw(st.integers(1, 3)))
        return Block("sub", name("sub"), (inner,))

    BUILD: dict[str, Build] = {
        kind: leaf(kind) for kind in ("task", "auto", "safe", "undo", "link", "double", "escalate", *ENDS)
    }
    BUILD |= {kind: several(kind) for kind in ("seq", "xor", "and", "or", "gate")}
    BUILD |= {"catch": catch, "loop": loop, "sub": sub, "multi": multi, "watch": watch, "call": call, "again": again}
    BUILD |= {"vote": vote, "adhoc": adhoc}
    return several("seq")(4, frozenset())
