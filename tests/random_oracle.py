"""The oracle: runs the tree of a random process without tokens, gateways or a state.

It knows nothing of the kernel: each block is a small machine (start, act, done), an error is a Python exception that
travels up the tree, and where the process goes next depends on one number, k, which every completed task sets.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from random_processes import BROADCAST, THROWN, Block


class ErrorThrown(Exception):
    pass


class Terminated(Exception):
    pass


class Escalated(Exception):
    pass


class Cancelled(Exception):
    """A cancel end event, on its way to its transaction."""


class Undone(Exception):
    """A cancelled transaction has undone what was completed in it."""


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
    body: Block | None = None  # a compensating event sub-process
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
        return action[:2] == (kind, name) and (kind in BROADCAST or action[2] == self.world.path)


class Auto(Machine):
    def start(self) -> None:
        self.done = True


class ErrorEnd(Machine):
    def start(self) -> None:
        raise ErrorThrown


class TerminateEnd(Machine):
    def start(self) -> None:
        raise Terminated


class CancelEnd(Machine):
    def start(self) -> None:
        raise Cancelled


class Wait(Machine):
    """A task, a catching event, or a task that is done several times."""

    def start(self) -> None:
        self.left = self.block.count if self.block.kind == "again" else 1
        self.done = self.block.kind == "again" and self.block.until == 2 and self.world.k % 3 != 0

    def actions(self) -> Iterator[Action]:
        if not self.done:
            yield (self.block.event or "task", self.block.id, self.world.path)

    def act(self, action: Action, k: int | None) -> bool:
        if self.done or not self.is_mine(action, self.block.event or "task", self.block.id):
            return False
        if k is not None:
            self.world.cell[0] = k
        self.left -= 1
        self.done = self.left == 0 or (self.block.until > 0 and self.world.k % 3 != 0)
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
                if action[0] not in BROADCAST:
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
            elif record.body is not None:
                world = World(record.cell or self.world.cell, self.world.path, self.world.scope)
                machine = Scope(Block("sub", "handler", (record.body,)), world)
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
                yield (self.block.words[number], f"{self.block.id}x{number}", part)

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
    cancelled = False  # a transaction that undoes what was completed in it
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
        except Cancelled:
            self.cancelled, self.armed = True, False
            undo = Undo(self.block, self.inner, list(self.inner.done))
            self.inner.done.clear()
            self.running = [undo]
            undo.start()
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
        if self.done and self.cancelled:
            raise Undone
        if self.done and not self.reported:
            self.armed, self.reported = False, True
            if self.block.event == "compensate":
                self.world.done.append(Record(body=self.block.handler))
            elif self.inner.done and self.target is None:
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
                if action[0] not in BROADCAST:
                    break
        return hit


class AdHoc(Scope):
    """Tasks without an order: all at once or one after the other, until k says that it is enough."""

    def start(self) -> None:
        records: list[Record] = []
        self.inner = World(self.world.cell, self.world.path, self, records, records)
        self.handlers, self.armed = [], False
        first = 1 if self.block.words[0] == "Sequential" else len(self.block.parts)
        self.waiting = list(self.block.parts[first:])
        machines = [make(part, self.inner) for part in self.block.parts[:first]]
        self.running += machines
        for machine in machines:
            self.guard(machine, machine.start)

    def advance(self) -> None:
        finished = any(m.done for m in self.running)
        self.running = [m for m in self.running if not m.done]
        if self.block.until and finished and self.world.k % 3 == 1:
            self.running, self.waiting = [], []
        elif finished and not self.running and self.waiting:
            self.body(self.waiting.pop(0))
            return
        elif self.block.until and not self.running:
            return  # stays open until somebody starts one more
        super().advance()

    def actions(self) -> Iterator[Action]:
        if not self.done and not self.running:
            yield ("activate", self.block.id, self.world.path)
        yield from super().actions()

    def act(self, action: Action, k: int | None) -> bool:
        if not self.done and not self.running and self.is_mine(action, "activate", self.block.id):
            self.body(self.block.parts[0])
            return True
        return super().act(action, k)


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
        except (ErrorThrown, Escalated, Undone) as thrown:
            kind = {ErrorThrown: "error", Escalated: "escalate", Undone: "cancel"}[type(thrown)]
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
        hit = False
        for machine in list(self.running):
            if any(m is machine for m in self.running) and not machine.done and machine.act(action, k):
                hit = True
                self.count()
                if action[0] not in BROADCAST:
                    break
        if hit and not self.done:
            self.advance()
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
        "cancel": CancelEnd, "link": Auto, "double": Wait, "adhoc": AdHoc,
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
        single = sorted(a for a in found if a[0] not in BROADCAST)
        return single + sorted({(k, n, ()) for k, n, _ in found if k in BROADCAST})

    def act(self, action: Action, k: int | None) -> None:
        assert self.root.act(action, k), f"the oracle cannot do {action}"
