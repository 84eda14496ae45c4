"""The BPMN of a random process: what `random_processes` drew, in the short form of `kernel_models`."""

from collections.abc import Callable
from dataclasses import dataclass, field

from random_processes import Block, ends


@dataclass
class Writer:
    """BPMN in the short form of `kernel_models`: a block becomes elements and flows between its entry and its exit."""

    feel: bool = True
    out: list[str] = field(default_factory=list)
    called: dict[str, Block] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # catching element: what the oracle calls it
    conditions: list[str] = field(default_factory=list)  # names of what conditional events wait for

    def process(self, block: Block) -> str:
        """The content of a process or sub-process: start event, block, end event."""
        inside = Writer(self.feel, [], self.called, self.names, self.conditions)
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
        if kind == "condition":
            self.conditions.append(of)
        return {
            "timer": "[timer Duration P1D]",
            "signal": f"[signal sg_{of}]",
            "message": f"[message ms_{of}]",
            "error": "[error er]",
            "escalate": "[escalation es]",
            "condition": f"[condition c_{of}]",
            "cancel": "[cancel]",
            "compensate": "[compensate]",
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
        inside = "<loopCondition>=modulo(k, 3) = 0</loopCondition>" if b.until else ""
        before = f'testBefore="{str(b.until == 2).lower()}"'
        loop = f'<standardLoopCharacteristics loopMaximum="{b.count}" {before}>{inside}</standardLoopCharacteristics>'
        return self._task(b, loop)

    def _link(self, b: Block) -> tuple[str, str]:
        self.out.append(f'<intermediateThrowEvent id="{b.id}">[link {b.id}]</intermediateThrowEvent>')
        self.out.append(f'<intermediateCatchEvent id="c_{b.id}">[link {b.id}]</intermediateCatchEvent>')
        return b.id, f"c_{b.id}"

    def _double(self, b: Block) -> tuple[str, str]:
        self.out.append(f'<userTask id="{b.id}" completionQuantity="2"/><task id="d_{b.id}" startQuantity="2"/>')
        self.flow(b.id, f"d_{b.id}")
        return b.id, f"d_{b.id}"

    def _cancel(self, b: Block) -> tuple[str, str]:
        self.out.append(f'<endEvent id="{b.id}">[cancel]</endEvent>')
        return b.id, b.id

    def _adhoc(self, b: Block) -> tuple[str, str]:
        inside = Writer(self.feel, [], self.called, self.names, self.conditions)
        for part in b.parts:
            inside.block(part)
        condition = "<completionCondition>=modulo(k, 3) = 1</completionCondition>" if b.until else ""
        body = "\n".join(inside.out)
        self.out.append(f'<adHocSubProcess id="{b.id}" ordering="{b.words[0]}">\n{body}\n{condition}</adHocSubProcess>')
        return b.id, b.id

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
        test = "modulo(floor(k / {}), 2) = 1" if self.feel else "k // {} % 2 == 1"
        conditions = [test.format(2**i) for i in range(len(b.parts) - 1)] + ["default"]
        return self._branches(b, "task" if b.until else "inclusiveGateway", conditions, "inclusiveGateway")

    def _gate(self, b: Block) -> tuple[str, str]:
        self.out.append(f'<eventBasedGateway id="{b.id}"/><exclusiveGateway id="j_{b.id}"/>')
        for number, part in enumerate(b.parts):
            kind = b.words[number]
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
        self.flow(f"x_{b.id}", b.id, "modulo(k, 3) = 0" if self.feel else "k % 3 == 0")
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
        kind = "transaction" if b.event == "cancel" else "subProcess"
        self.out.append(f'<{kind} id="{b.id}">{extra}\n{body}\n{handler}</{kind}>')
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
        made: dict[str, Callable[[Block, str], tuple[str, str]]] = {
            "task": self._task,
            "sub": self._sub,
            "call": self._call,
        }
        return made[inner.kind](inner, extra)

    _sequential = _parallel

    def _watch(self, b: Block) -> tuple[str, str]:
        entry, _ = self.block(b.parts[0])
        return entry, self._boundary(b, b.parts[0])

    def _call(self, b: Block, extra: str = "") -> tuple[str, str]:
        self.called[f"p_{b.id}"] = b.parts[0]
        called = f">[call p_{b.id}][out k -> k]{extra}" if self.feel else f' calledElement="p_{b.id}">'
        self.out.append(f'<callActivity id="{b.id}"{called}</callActivity>')
        return b.id, b.id
