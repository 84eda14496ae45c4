"""Random block-structured processes: a tree of blocks, its BPMN, and an oracle that runs the tree without tokens.

The oracle knows nothing of the kernel: each block is a small machine (start, act, done), an error is a Python
exception that travels up the tree, and where the process goes next depends on one number, k, which every completed
task sets. Both sides are driven by the same actions, and after each the open tasks and timers must be the same.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
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
    until: int = 0  # multi-instance: completed children that are enough, 0 for all
    event: str = ""  # timer or signal
    interrupting: bool = True
    handler: "Block | None" = None
    inside: bool = False  # the handler is an event sub-process, not on the boundary

    def __repr__(self) -> str:
        more = [repr(p) for p in self.parts]
        more += [f"{self.count}/{self.until}"] if self.kind in ("parallel", "sequential", "again") else []
        more += [self.event + ("" if self.interrupting else " beside")] if self.event else []
        more += [f"-> {self.handler!r}{' inside' if self.inside else ''}"] if self.handler else []
        return f"{self.id}({', '.join(more)})" if more else self.id


ENDS = ("error", "terminate")
THROWN = ("error", "escalate")  # what is not waited for, but thrown from inside


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
INNER = {"terminate", "escalate"}  # what does not reach into scopes further in


@st.composite
def processes(draw: st.DrawFn, *, simple: bool = False, size: int = 14) -> Block:
    """A random process. `simple` leaves what SpiffWorkflow's runtime gets right: sequences, choices, branches."""
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
            leaves += ["catch", "safe", "undo"]
            leaves += [word for word in ("error", "terminate", "escalate") for _ in range(2) if word in scope]
        inner = ["seq", "seq", "xor", "and"]
        if not simple:
            inner += ["or", "loop", "sub", "sub", "multi", "multi", "watch", "watch", "gate", "call", "again", "vote"]
        small = depth <= 0 or left[0] <= 0
        kind = draw(st.sampled_from(leaves if small else inner if depth > 2 else inner + leaves))
        return BUILD[kind](depth - 1, scope)

    def leaf(kind: str) -> Build:
        return lambda depth, scope: Block(kind, name(kind))

    def event(scope: Words) -> str:
        """In a called process there are no signals: several calls that end at once would race for k. Under a
        multi-instance there are no messages: which child takes one is not the oracle's to say."""
        kinds = ["timer"] + ["signal"] * ("call" not in scope) + ["message"] * ("multi" not in scope)
        return draw(st.sampled_from(kinds))

    def catch(depth: int, scope: Words) -> Block:
        return Block("catch", name("catch"), event=event(scope))

    def several(kind: str) -> Build:
        def build(depth: int, scope: Words) -> Block:
            if kind == "gate" and "call" in scope:
                return Block("task", name("task"))
            parts = tuple(block(depth, scope) for _ in range(draw(st.integers(2, 3))))
            if kind == "seq":  # what ends a path stands last
                cut = next((i for i, p in enumerate(parts) if ends(p)), len(parts))
                parts = parts[: cut + 1]
            return Block(kind, name(kind), parts)

        return build

    def loop(depth: int, scope: Words) -> Block:
        return Block("loop", name("loop"), (Block("task", name("task")), block(depth, scope)))

    def plain(*words: str) -> Block:
        """Something whose instances cannot be told apart, for what can be started several times."""
        return Block("seq", name("seq"), (Block("auto", name("auto")), Block("task", name("task"))))

    def handler(depth: int, scope: Words, kind: str, interrupting: bool) -> Block:
        return plain() if kind != "timer" and not interrupting else block(depth, scope - INNER)

    def sub(depth: int, scope: Words) -> Block:
        mode = draw(st.sampled_from(["", "error", "terminate", "escalate"]))
        place = scope & {"call", "multi"}
        if mode in ("error", "escalate"):  # both are caught here, one at a time: they would race
            body = block(depth, place | {mode})
            inside = draw(st.booleans())
            interrupting = mode == "error" or draw(st.booleans())
            caught = block(depth, scope - INNER) if interrupting else plain()
            parts = (body,)
            return Block("sub", name("sub"), parts, 0, 0, mode, interrupting, caught, inside)
        body = block(depth, (scope - INNER) | ({mode} if mode else set()))
        if not draw(st.booleans()):
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
        if draw(st.booleans()):
            inner = Block("task", name("task"))
        else:  # an error races with the completion of brothers
            inner = bare(depth, (scope - {"error"} if until else scope) | {"multi"})
        return Block(kind, inner.id, (inner,), count=count, until=until)

    def watch(depth: int, scope: Words) -> Block:
        target = draw(st.sampled_from(["task", "sub", "multi"]))
        body = {"task": leaf("task"), "sub": bare, "multi": multi}[target](depth, scope)
        kind, interrupting = event(scope), draw(st.booleans())
        started = handler(depth, scope, kind, interrupting)
        return Block("watch", name("watch"), (body,), event=kind, interrupting=interrupting, handler=started)

    def call(depth: int, scope: Words) -> Block:
        return Block("call", name("call"), (block(depth, (scope - INNER) | {"call"}),))

    def again(depth: int, scope: Words) -> Block:
        return Block("again", name("again"), count=draw(st.integers(1, 3)))

    def vote(depth: int, scope: Words) -> Block:
        """n of 3 behind a complex gateway, in a sub-process of its own: nothing else may wait for what comes late."""
        parts = tuple(block(depth, scope & {"call", "multi"}) for _ in range(3))
        inner = Block("vote", name("vote"), parts, count=draw(st.integers(1, 3)))
        return Block("sub", name("sub"), (inner,))

    BUILD: dict[str, Build] = {
        kind: leaf(kind) for kind in ("task", "auto", "safe", "undo", "error", "terminate", "escalate")
    }
    BUILD |= {kind: several(kind) for kind in ("seq", "xor", "and", "or", "gate")}
    BUILD |= {"catch": catch, "loop": loop, "sub": sub, "multi": multi, "watch": watch, "call": call, "again": again}
    BUILD |= {"vote": vote}
    return several("seq")(4, frozenset())


# -- as BPMN


@dataclass
class Writer:
    """BPMN in the short form of `kernel_models`: a block becomes elements and flows between its entry and its exit."""

    feel: bool = True
    out: list[str] = field(default_factory=list)
    called: dict[str, Block] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # catching element: what the oracle calls it

    def process(self, block: Block) -> str:
        """The content of a process or sub-process: start event, block, end event."""
        inside = Writer(self.feel, [], self.called, self.names)
        entry, leave = inside.block(block)
        inside.out.append(f'<startEvent id="s_{block.id}"/>')
        inside.flow(f"s_{block.id}", entry)
        if leave is not None:
            inside.out.append(f'<endEvent id="e_{block.id}"/>')
            inside.flow(leave, f"e_{block.id}")
        return "\n".join(inside.out)

    def flow(self, source: str, target: str, condition: str = "") -> None:
        mark = " default" if condition == "default" else f" if {condition}" if condition else ""
        self.out.append(f"~ {source} {target}{mark}")

    def event(self, kind: str, of: str, element: str) -> str:
        self.names[element] = of
        return {
            "timer": "[timer Duration P1D]",
            "signal": f"[signal sg_{of}]",
            "message": f"[message ms_{of}]",
            "error": "[error er]",
            "escalate": "[escalation es]",
        }[kind]

    def block(self, b: Block) -> tuple[str, str | None]:
        entry, leave = getattr(self, f"_{b.kind}")(b)
        return entry, None if ends(b) else leave

    def _task(self, b: Block, extra: str = "") -> tuple[str, str]:
        self.out.append(f'<userTask id="{b.id}">{extra}</userTask>')
        return b.id, b.id

    def _auto(self, b: Block) -> tuple[str, str]:
        self.out.append(f'<task id="{b.id}"/>')
        return b.id, b.id

    def _again(self, b: Block) -> tuple[str, str]:
        return self._task(b, f'<standardLoopCharacteristics loopMaximum="{b.count}"/>')

    def _safe(self, b: Block) -> tuple[str, str]:
        self.out.append(f'<boundaryEvent id="b_{b.id}" attachedToRef="{b.id}">[compensate]</boundaryEvent>')
        self.out.append(f'<userTask id="u_{b.id}" isForCompensation="true"/>')
        self.out.append(f'<association id="a_{b.id}" sourceRef="b_{b.id}" targetRef="u_{b.id}"/>')
        return self._task(b)

    def _undo(self, b: Block) -> tuple[str, str]:
        self.out.append(f'<intermediateThrowEvent id="{b.id}">[compensate]</intermediateThrowEvent>')
        return b.id, b.id

    def _escalate(self, b: Block) -> tuple[str, str]:
        self.out.append(f'<intermediateThrowEvent id="{b.id}">[escalation es]</intermediateThrowEvent>')
        return b.id, b.id

    def _vote(self, b: Block) -> tuple[str, str]:
        condition = f"<activationCondition>=activationCount >= {b.count}</activationCondition>"
        self.out.append(f'<parallelGateway id="{b.id}"/><complexGateway id="j_{b.id}">{condition}</complexGateway>')
        for part in b.parts:
            first, last = self.block(part)
            self.flow(b.id, first)
            if last is not None:
                self.flow(last, f"j_{b.id}")
        return b.id, f"j_{b.id}"

    def _catch(self, b: Block) -> tuple[str, str]:
        self._catching(b.event, b.id)
        return b.id, b.id

    def _catching(self, kind: str, name: str) -> None:
        event = self.event(kind, name, name)
        self.out.append(f'<intermediateCatchEvent id="{name}">{event}</intermediateCatchEvent>')

    def _error(self, b: Block) -> tuple[str, str]:
        self.out.append(f'<endEvent id="{b.id}">[error er]</endEvent>')
        return b.id, b.id

    def _terminate(self, b: Block) -> tuple[str, str]:
        self.out.append(f'<endEvent id="{b.id}">[terminate]</endEvent>')
        return b.id, b.id

    def _seq(self, b: Block) -> tuple[str, str | None]:
        entry, leave = self.block(b.parts[0])
        for part in b.parts[1:]:
            first, last = self.block(part)
            assert leave is not None
            self.flow(leave, first)
            leave = last
        return entry, leave

    def _branches(self, b: Block, kind: str, conditions: list[str], join: str) -> tuple[str, str]:
        self.out.append(f'<{kind} id="{b.id}"/>')
        self.out.append(f'<{join} id="j_{b.id}"/>')
        for part, condition in zip(b.parts, conditions, strict=True):
            first, last = self.block(part)
            self.flow(b.id, first, condition)
            if last is not None:
                self.flow(last, f"j_{b.id}")
        return b.id, f"j_{b.id}"

    def _xor(self, b: Block) -> tuple[str, str]:
        n = len(b.parts)
        test = "modulo(k, {}) = {}" if self.feel else "k % {} == {}"
        conditions = [test.format(n, i) for i in range(n - 1)] + ["default"]
        return self._branches(b, "exclusiveGateway", conditions, "exclusiveGateway")

    def _and(self, b: Block) -> tuple[str, str]:
        return self._branches(b, "parallelGateway", [""] * len(b.parts), "parallelGateway")

    def _or(self, b: Block) -> tuple[str, str]:
        conditions = [f"modulo(floor(k / {2**i}), 2) = 1" for i in range(len(b.parts) - 1)] + ["default"]
        return self._branches(b, "inclusiveGateway", conditions, "inclusiveGateway")

    def _gate(self, b: Block) -> tuple[str, str]:
        self.out.append(f'<eventBasedGateway id="{b.id}"/><exclusiveGateway id="j_{b.id}"/>')
        for number, part in enumerate(b.parts):
            kind = "timer" if number == 0 else "signal"
            catch = f"{b.id}x{number}"
            self._catching(kind, catch)
            self.flow(b.id, catch)
            first, last = self.block(part)
            self.flow(catch, first)
            if last is not None:
                self.flow(last, f"j_{b.id}")
        return b.id, f"j_{b.id}"

    def _loop(self, b: Block) -> tuple[str, str | None]:
        self.out.append(f'<exclusiveGateway id="{b.id}"/><exclusiveGateway id="x_{b.id}"/>')
        entry, leave = self._seq(b)
        self.flow(b.id, entry)
        if leave is None:
            return b.id, None
        self.flow(leave, f"x_{b.id}")
        self.flow(f"x_{b.id}", b.id, "modulo(k, 3) = 0")
        self.out.append(f'<task id="y_{b.id}"/>')
        self.flow(f"x_{b.id}", f"y_{b.id}", "default")
        return b.id, f"y_{b.id}"

    def _sub(self, b: Block, extra: str = "") -> tuple[str, str]:
        body = self.process(b.parts[0])
        handler = ""
        if b.handler is not None and b.inside:
            start = f"s_{b.handler.id}"
            event = self.event(b.event, b.id, start)
            inner = self.process(b.handler).replace(
                f'<startEvent id="{start}"/>',
                f'<startEvent id="{start}" isInterrupting="{str(b.interrupting).lower()}">{event}</startEvent>',
            )
            handler = f'<subProcess id="h_{b.id}" triggeredByEvent="true">\n{inner}\n</subProcess>'
        self.out.append(f'<subProcess id="{b.id}">{extra}\n{body}\n{handler}</subProcess>')
        if b.handler is not None and not b.inside:
            return b.id, self._boundary(b, b)
        return b.id, b.id

    def _boundary(self, b: Block, host: Block) -> str:
        """The handler of a boundary event; an interrupting one flows back to where its activity goes on."""
        assert b.handler is not None
        cancel = str(b.interrupting).lower()
        event = self.event(b.event, b.id, f"b_{b.id}")
        self.out.append(
            f'<boundaryEvent id="b_{b.id}" attachedToRef="{host.id}" cancelActivity="{cancel}">{event}</boundaryEvent>'
        )
        first, last = self.block(b.handler)
        self.flow(f"b_{b.id}", first)
        self.out.append(f'<exclusiveGateway id="m_{b.id}"/>')
        self.flow(host.id, f"m_{b.id}")
        if last is not None and b.interrupting:
            self.flow(last, f"m_{b.id}")
        return f"m_{b.id}"

    def _parallel(self, b: Block) -> tuple[str, str]:
        until = f"; until nrOfCompletedInstances >= {b.until}" if b.until else ""
        mode = "; sequential" if b.kind == "sequential" else ""
        items = ", ".join(str(n) for n in range(1, b.count + 1))
        extra = f"[each [{items}] as item_{b.id}; out outs_{b.id} = item_{b.id}{until}{mode}]"
        inner = b.parts[0]
        return self._task(inner, extra) if inner.kind == "task" else self._sub(inner, extra)

    _sequential = _parallel

    def _watch(self, b: Block) -> tuple[str, str]:
        entry, _ = self.block(b.parts[0])
        return entry, self._boundary(b, b.parts[0])

    def _call(self, b: Block) -> tuple[str, str]:
        self.called[f"p_{b.id}"] = b.parts[0]
        self.out.append(f'<callActivity id="{b.id}">[call p_{b.id}]</callActivity>')
        return b.id, b.id


# -- the oracle


class ErrorThrown(Exception):
    pass


class Terminated(Exception):
    pass


class Escalated(Exception):
    pass


Path = tuple[int, ...]  # the numbers of the parallel children around something
Action = tuple[str, str, Path]


@dataclass(frozen=True)
class World:
    """What a running block sees: the cell with the number that decides, where it is, and the scope around it."""

    cell: list[int]
    path: Path = ()
    scope: "Scope | None" = None
    done: list["Record"] = field(default_factory=list)  # what was completed here and can be undone
    undoes: list["Record"] = field(default_factory=list)  # what throwing compensation here would undo

    @property
    def k(self) -> int:
        return self.cell[0]


@dataclass
class Record:
    """Something completed: a task with its handler, or a scope with what was completed inside."""

    handler: str = ""
    inside: list["Record"] = field(default_factory=list)
    cell: list[int] | None = None  # a called process has its own k


class Machine:
    """A running block."""

    def __init__(self, block: Block, world: World) -> None:
        self.block, self.world, self.done = block, world, False

    def start(self) -> None:
        """Begin; what needs no waiting is done at once."""

    def actions(self) -> Iterator[Action]:
        """What can be done now: complete tasks, fire timers, send signals, take children back."""
        return iter(())

    def act(self, action: Action, k: int | None) -> bool:
        """Do it here, if it is ours; a signal is everyone's."""
        return False

    def is_mine(self, action: Action, kind: str, name: str) -> bool:
        return action[:2] == (kind, name) and (kind == "signal" or action[2] == self.world.path)


class Auto(Machine):
    def start(self) -> None:
        self.done = True


class ErrorEnd(Machine):
    def start(self) -> None:
        raise ErrorThrown


class TerminateEnd(Machine):
    def start(self) -> None:
        raise Terminated


class Wait(Machine):
    """A task, a catching event, or a task that is done several times."""

    def start(self) -> None:
        self.left = self.block.count if self.block.kind == "again" else 1

    def actions(self) -> Iterator[Action]:
        if not self.done:
            yield (self.block.event or "task", self.block.id, self.world.path)

    def act(self, action: Action, k: int | None) -> bool:
        if self.done or not self.is_mine(action, self.block.event or "task", self.block.id):
            return False
        if k is not None:
            self.world.cell[0] = k
        self.left -= 1
        self.done = self.left == 0
        if self.done and self.block.kind == "safe":
            self.world.done.append(Record(f"u_{self.block.id}"))
        return True


class Escalate(Machine):
    """Throws to its sub-process: out of it, or beside it."""

    def start(self) -> None:
        assert self.world.scope is not None
        self.done = True
        self.world.scope.escalated()


class Composite(Machine):
    """A block that has others running."""

    def __init__(self, block: Block, world: World) -> None:
        super().__init__(block, world)
        self.running: list[Machine] = []

    def launch(self, block: Block) -> None:
        machine = make(block, self.world)
        self.running.append(machine)
        machine.start()

    def actions(self) -> Iterator[Action]:
        for machine in self.running:
            yield from machine.actions()

    def act(self, action: Action, k: int | None) -> bool:
        hit = False
        for machine in list(self.running):
            if any(m is machine for m in self.running) and not machine.done and machine.act(action, k):
                hit = True
                if action[0] != "signal":
                    break
        if hit and not self.done:
            self.advance()
        return hit

    def advance(self) -> None:
        """Something inside has moved."""
        self.running = [m for m in self.running if not m.done]
        self.done = not self.running


class Seq(Composite):
    """One part after the other; a loop begins again while k says so."""

    def start(self) -> None:
        self.at = -1
        self.advance()

    def advance(self) -> None:
        while not self.running or self.running[0].done:
            self.running = []
            self.at += 1
            if self.at == len(self.block.parts):
                if self.block.kind != "loop" or self.world.k % 3:
                    self.done = True
                    return
                self.at = 0
            self.launch(self.block.parts[self.at])


class Branches(Composite):
    """Exclusive, parallel and inclusive branches: they differ in which ones start."""

    def start(self) -> None:
        n, k = len(self.block.parts), self.world.k
        chosen = {
            "xor": [k % n],
            "and": list(range(n)),
            "or": [i for i in range(n - 1) if k // 2**i % 2] or [n - 1],
        }[self.block.kind]
        for i in chosen:
            self.launch(self.block.parts[i])
        self.advance()


class Vote(Branches):
    """Goes on when enough branches have come; the others run on in the scope."""

    def start(self) -> None:
        self.arrived = 0
        for part in self.block.parts:
            self.launch(part)
        self.advance()

    def advance(self) -> None:
        self.arrived += sum(m.done for m in self.running)
        self.running = [m for m in self.running if not m.done]
        if self.arrived >= self.block.count:
            assert self.world.scope is not None
            self.world.scope.running += self.running
            self.running, self.done = [], True


class Undo(Composite):
    """Undoes what was completed, the last first: its own records, or those of the scope that it is thrown in."""

    def __init__(self, block: Block, world: World, records: list[Record] | None = None) -> None:
        super().__init__(block, world)
        self.records = records

    def start(self) -> None:
        if self.records is None:
            self.records = list(self.world.undoes)
            self.world.undoes.clear()
        self.advance()

    def advance(self) -> None:
        assert self.records is not None
        self.running = [m for m in self.running if not m.done]
        while not self.running and self.records:
            record = self.records.pop()
            machine: Machine
            if record.handler:
                machine = Wait(Block("task", record.handler), self.world)
            else:
                world = World(record.cell or self.world.cell, self.world.path, self.world.scope)
                machine = Undo(self.block, world, list(record.inside))
            self.running = [machine]
            machine.start()
            self.running = [m for m in self.running if not m.done]
        self.done = not self.running


class Gate(Composite):
    """The first event decides."""

    def events(self) -> Iterator[tuple[str, str, Block]]:
        if not self.running and not self.done:
            for number, part in enumerate(self.block.parts):
                yield ("timer" if number == 0 else "signal", f"{self.block.id}x{number}", part)

    def actions(self) -> Iterator[Action]:
        for kind, name, _ in self.events():
            yield (kind, name, self.world.path)
        yield from super().actions()

    def act(self, action: Action, k: int | None) -> bool:
        for kind, name, part in self.events():
            if self.is_mine(action, kind, name):
                self.launch(part)
                self.advance()
                return True
        return super().act(action, k)


class Scope(Composite):
    """A process or sub-process: its block, what runs beside it, an event sub-process that may take over."""

    reported = False
    watched: "Watched | None" = None
    target: list[Record] | None = None  # an event sub-process undoes what was completed around it

    def start(self) -> None:
        b = self.block
        cell = [self.world.k] if b.kind == "call" else self.world.cell
        records: list[Record] = []
        self.inner = World(cell, self.world.path, self, records, records if self.target is None else self.target)
        self.handlers: list[Machine] = []  # running event sub-processes
        self.armed = b.handler is not None and b.inside
        self.body(b.parts[0])

    def body(self, block: Block) -> None:
        machine = make(block, self.inner)
        self.running.append(machine)
        self.guard(machine, machine.start)

    def spawn(self, block: Block) -> None:
        """Something starts beside what runs: the handler of a boundary event that does not interrupt."""
        self.body(block)

    def handle(self) -> None:
        """The event sub-process starts."""
        assert self.block.handler is not None
        if self.block.interrupting:
            self.running, self.handlers, self.armed = [], [], False
        machine = Scope(Block("sub", "handler", (self.block.handler,)), self.inner)
        machine.target = self.inner.done
        self.running.append(machine)
        self.handlers.append(machine)
        self.guard(machine, machine.start)

    def escalated(self) -> None:
        """Something inside escalates; who escalates in a handler escalates further out, but none does."""
        b = self.block
        if b.event != "escalate" or b.handler is None:
            return
        if not b.inside:
            assert self.watched is not None
            self.watched.escalated()
        elif self.armed:
            if b.interrupting:
                raise Escalated
            self.handle()

    def guard(self, machine: Machine, call: Callable[[], Any]) -> Any:
        """Let something inside move, and deal with what it throws."""
        result: Any = True
        try:
            result = call()
        except Escalated:
            if not self.block.inside:
                self.running, self.armed = [], False
                raise
            self.handle()
        except Terminated:
            self.running, self.armed = [], False
        except ErrorThrown:
            catches = self.armed and self.block.event == "error" and not any(m is machine for m in self.handlers)
            if not catches:
                self.running, self.armed = [], False
                raise
            self.handle()
        self.advance()
        return result

    def advance(self) -> None:
        super().advance()
        if self.done and not self.reported:
            self.armed, self.reported = False, True
            if self.inner.done and self.target is None:
                cell = [self.inner.k] if self.block.kind == "call" else None
                self.world.done.append(Record(inside=list(self.inner.done), cell=cell))
            if self.block.kind == "call":
                self.world.cell[0] = self.inner.k

    def actions(self) -> Iterator[Action]:
        if self.armed and self.block.event not in THROWN:
            yield (self.block.event, self.block.id, self.world.path)
        yield from super().actions()

    def act(self, action: Action, k: int | None) -> bool:
        if self.armed and self.is_mine(action, self.block.event, self.block.id):
            self.armed = action[0] != "timer"
            self.handle()
            return True
        hit = False
        for machine in list(self.running):
            if self.done or not any(m is machine for m in self.running) or machine.done:
                continue
            if self.guard(machine, lambda m=machine: m.act(action, k)):
                hit = True
                if action[0] != "signal":
                    break
        return hit


class Watched(Composite):
    """An activity with a boundary event."""

    def start(self) -> None:
        b = self.block
        self.armed = True
        self.activity: Machine = Scope(b, self.world) if b.kind == "sub" else make(b.parts[0], self.world)
        if isinstance(self.activity, Scope):
            self.activity.watched = self
        self.running = [self.activity]
        self.guard(self.activity.start)
        self.advance()

    def guard(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except (ErrorThrown, Escalated) as thrown:
            kind = "error" if isinstance(thrown, ErrorThrown) else "escalate"
            if not self.armed or self.block.event != kind:
                raise
            self.interrupt()
            self.advance()
            return True

    def escalated(self) -> None:
        """The sub-process escalates to this boundary."""
        assert self.block.handler is not None and self.world.scope is not None
        if self.armed and self.block.interrupting:
            raise Escalated
        if self.armed:
            self.world.scope.spawn(self.block.handler)

    def interrupt(self) -> None:
        assert self.block.handler is not None
        self.armed, self.running = False, []
        self.launch(self.block.handler)

    def advance(self) -> None:
        super().advance()
        self.armed = self.armed and not self.activity.done

    def actions(self) -> Iterator[Action]:
        if self.armed and self.block.event not in THROWN:
            yield (self.block.event, self.block.id, self.world.path)
        yield from super().actions()

    def act(self, action: Action, k: int | None) -> bool:
        if self.armed and self.block.event not in THROWN and self.is_mine(action, self.block.event, self.block.id):
            assert self.block.handler is not None and self.world.scope is not None
            if self.block.interrupting:
                self.interrupt()
                self.advance()
            else:
                self.armed = action[0] != "timer"
                self.world.scope.spawn(self.block.handler)
            return True
        return bool(self.guard(lambda: Composite.act(self, action, k)))


class Multi(Composite):
    """Children side by side or one after the other."""

    def start(self) -> None:
        self.completed, self.number = 0, 0
        self.records: list[Record] = []
        for number in range(1, self.block.count + 1) if self.block.kind == "parallel" else ():
            self.child((*self.world.path, number))
        for machine in list(self.running):
            if not self.done:
                machine.start()
                self.count()
        self.advance()
        self.report()

    def report(self) -> None:
        """What the children completed can be undone once all of it is."""
        if self.done and self.records:
            self.world.done.append(Record(inside=list(self.records)))
            self.records.clear()

    def child(self, path: Path) -> Machine:
        world = World(self.world.cell, path, self.world.scope, self.records, self.records)
        machine = make(self.block.parts[0], world)
        self.running.append(machine)
        return machine

    def count(self) -> None:
        """Completed children are counted; when they are enough, the others are dropped."""
        self.completed += sum(m.done for m in self.running)
        self.running = [m for m in self.running if not m.done]
        if self.block.until and self.completed >= self.block.until:
            self.running, self.done = [], True

    def advance(self) -> None:
        self.count()
        while not self.running and not self.done:
            if self.block.kind == "parallel" or self.number == self.block.count:
                self.done = True
                return
            self.number += 1
            self.child(self.world.path).start()
            self.count()

    def actions(self) -> Iterator[Action]:
        if self.block.kind == "parallel":
            for machine in self.running:
                yield ("withdraw", self.block.id, machine.world.path)
        yield from super().actions()

    def act(self, action: Action, k: int | None) -> bool:
        if action[:2] == ("withdraw", self.block.id):
            for machine in self.running:
                if machine.world.path == action[2]:
                    self.running.remove(machine)
                    self.advance()
                    self.report()
                    return True
            return False
        hit = super().act(action, k)
        self.report()
        return hit


def make(block: Block, world: World) -> Machine:
    """The machine of a block."""
    if block.kind == "sub" and block.handler is not None and not block.inside:
        return Watched(block, world)
    machines: dict[str, type[Machine]] = {
        "task": Wait, "catch": Wait, "again": Wait, "auto": Auto, "error": ErrorEnd, "terminate": TerminateEnd,
        "seq": Seq, "loop": Seq, "xor": Branches, "and": Branches, "or": Branches, "gate": Gate,
        "safe": Wait, "undo": Undo, "escalate": Escalate, "vote": Vote,
        "sub": Scope, "call": Scope, "parallel": Multi, "sequential": Multi, "watch": Watched,
    }  # fmt: skip
    return machines[block.kind](block, world)


class Oracle:
    """A whole process."""

    def __init__(self, block: Block, k: int) -> None:
        self.root = Scope(Block("sub", "root", (block,)), World([k]))
        self.root.start()

    @property
    def done(self) -> bool:
        return self.root.done

    def actions(self) -> list[Action]:
        """Everything that can be done, sorted; a signal once, however many wait for it."""
        found = list(self.root.actions())
        return sorted(a for a in found if a[0] != "signal") + sorted({(k, n, ()) for k, n, _ in found if k == "signal"})

    def act(self, action: Action, k: int | None) -> None:
        assert self.root.act(action, k), f"the oracle cannot do {action}"
