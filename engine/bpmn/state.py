"""The state of one process instance: tokens and subscriptions in plain JSON, and the same as objects while a call
runs.

A token that has children is a scope: the instance itself is token 0, a sub-process, a called process and an event
sub-process are tokens whose children move inside them. The children of a parallel multi-instance live in parts of
their own (shards); there, token 0 is the child itself and its scope is the host token in the part above. Ids are
dotted paths: "7" is entity 7 of the main part, "7.3" the shard of child 3 of host 7, "7.3.2" entity 2 inside that
shard.

Only what cannot be found in the definition is kept, under keys of one letter; a finished part leaves nothing behind.
The text is canonical (sorted keys, no blanks); readers must not depend on the order of keys, so everything is ordered
by number.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.bpmn.definition import Definition, Element

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_decode = json.JSONDecoder().decode


@dataclass(slots=True, eq=False)
class Subscription:
    """What a token waits for: a timer, a message, a signal or a condition, and the event that it starts."""

    part: "Part"
    number: int
    owner: int
    kind: str  # t timer, m message, s signal, c condition, l listener job
    element: str
    event: int = 0  # which of the element's event definitions
    due: str | None = None
    interval: str | None = None  # cycles: the ISO duration between two firings
    repeats: int | None = None  # cycles: firings left after the next one; -1 without end
    name: str | None = None
    key: str | None = None
    was: bool = False  # condition: its last value
    at: str | int | None = None  # timer: when it was armed, where its date is counted from then

    @property
    def id(self) -> str:
        return f"{self.part.prefix}{self.number}"

    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = {"k": self.kind, "e": self.element}
        if self.owner:
            record["o"] = self.owner
        if self.event:
            record["x"] = self.event
        if self.due is not None:
            record["d"] = self.due
        if self.interval is not None:
            record["i"] = self.interval
            record["r"] = self.repeats
        if self.name is not None:
            record["n"] = self.name
        if self.key is not None:
            record["y"] = self.key
        if self.was:
            record["w"] = 1
        if self.at is not None:
            record["a"] = self.at
        return record


@dataclass(slots=True, eq=False)
class Incident:
    """Why a token does not move on, and the agenda item that a retry runs again."""

    part: "Part"
    number: int
    owner: int
    action: list[Any]
    code: str
    message: str

    @property
    def id(self) -> str:
        return f"{self.part.prefix}{self.number}"

    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = {"a": self.action, "c": self.code, "m": self.message}
        if self.owner:
            record["o"] = self.owner
        return record


@dataclass(slots=True, eq=False)
class Host:
    """The counters of a loop, kept by the token that hosts its children."""

    total: int
    active: int = 0
    completed: int = 0
    terminated: int = 0
    sharded: bool = False
    queue: list[Any] | None = None  # sequential: what is still to come
    outputs: list[Any] | None = None  # sequential: what came out so far
    waits: dict[str, int] = field(default_factory=dict)  # sharded: how many subscriptions of each kind the shards hold
    thrown: bool = False  # the behaviour event was thrown

    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = {"n": [self.total, self.active, self.completed, self.terminated]}
        if self.sharded:
            record["p"] = 1
        if self.queue is not None:
            record["q"] = self.queue
        if self.outputs is not None:
            record["o"] = self.outputs
        if self.waits:
            record["w"] = self.waits
        if self.thrown:
            record["t"] = 1
        return record


class Packed:
    """A large variable that nobody has looked at yet: kept as text, because reading and writing a list of a thousand
    names at every step would make a large consultation dearer than a small one. The text is JSON whose quotes are
    replaced by its first character, one that does not occur in it, so that it stands inside JSON without escapes."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def value(self) -> Any:
        return _decode(self.text[1:].replace(self.text[0], '"'))


def plain(value: Any) -> Any:
    """The value of a variable."""
    return value.value() if type(value) is Packed else value


def _pack(name: str, value: Any) -> str | None:
    """The text of a variable that is large and can be packed; depends on nothing but its name and value."""
    if type(value) is Packed:
        return value.text
    if type(value) is dict:
        large = len(value) > _LARGE or any(type(v) in (list, dict) and len(v) > _LARGE for v in value.values())
    else:
        large = type(value) is list and len(value) > _LARGE
    if not large or not name.isidentifier():
        return None
    text = _encode(value)
    if "\\" in text:
        return None
    quote = next((c for c in "`^~|'" if c not in text), None)
    return None if quote is None else quote + text.replace('"', quote)


def _split(text: str) -> tuple[str, dict[str, dict[str, str]]]:
    """The text without its packed variables, and those by token and name. They hold no quotes, so quotes alone find
    their ends."""
    packed: dict[str, dict[str, str]] = {}
    at = 7  # behind {"b":{"
    while True:
        end = text.index('"', at)
        values = packed[text[at:end]] = {}
        at = end + 4  # behind ":{"
        while True:
            end = text.index('"', at)
            last = text.index('"', end + 3)
            values[text[at:end]] = text[end + 3 : last]
            if text[last + 1] == "}":
                break
            at = last + 3  # behind ","
        if text[last + 2] == "}":
            return "{" + text[last + 4 :], packed
        at = last + 4  # behind },"


def ordered(value: Any) -> Any:
    """A JSON value with the keys in the order in which they will be read back: what FEEL makes of a context must not
    depend on whether the state was a text in between."""
    if type(value) is dict:
        return {key: ordered(value[key]) for key in sorted(value)}
    return [ordered(each) for each in value] if type(value) is list else value


def in_order(values: Mapping[str, Any]) -> dict[str, Any]:
    """Variables that come from outside, as they will be when they have been written and read once."""
    return {n: v if type(v) in _SCALARS or v is None else _decode(_encode(v)) for n, v in values.items()}


_SCALARS = {str, int, bool}
_LARGE = 16
_COMMON = {"e", "s", "v", "f"}  # keys of most tokens
_NO_TOKENS: dict[int, "Token"] = {}
_NO_SUBSCRIPTIONS: dict[int, Subscription] = {}
_NO_INCIDENTS: dict[int, Incident] = {}


class Token:
    """A place where the instance stands. What follows `extra` is found again when a part is loaded; the three tables
    are shared empty ones until something is put into them (`hold`), which saves most of the cost of a token."""

    __slots__ = (
        "alive",
        "called",
        "children",
        "element",
        "entered",
        "extra",
        "flow",
        "host",
        "incidents",
        "inner",
        "node",
        "number",
        "part",
        "process",
        "scope",
        "subscriptions",
        "variables",
    )

    def __init__(
        self, part: "Part", number: int, element: str, scope: int = 0, variables: dict[str, Any] | None = None
    ) -> None:
        self.part = part
        self.number = number
        self.element = element
        self.scope = scope  # number of the token around it, in the same part; token 0 has none in its part
        self.variables = variables
        self.flow: str | None = None  # at a join: the flow by which it came
        self.called: str | None = None  # call activity: hash of the called definition
        self.process: str | None = None  # call activity: the called process, where it is not the definition's main one
        self.host: Host | None = None
        self.extra: dict[str, Any] | None = None  # what single behaviours keep
        self.children = _NO_TOKENS
        self.subscriptions = _NO_SUBSCRIPTIONS
        self.incidents = _NO_INCIDENTS
        self.alive = True
        self.entered = False  # false while it is on its way, or could not enter
        self.inner: Definition | None = None  # the definition that the children belong to
        self.node: Element | None = None

    @property
    def id(self) -> str:
        return f"{self.part.prefix}{self.number}"

    def hold(self, thing: "Token | Subscription | Incident") -> None:
        """Put a child, a subscription or an incident into its table."""
        if isinstance(thing, Token):
            if self.children is _NO_TOKENS:
                self.children = {}
            self.children[thing.number] = thing
        elif isinstance(thing, Subscription):
            if self.subscriptions is _NO_SUBSCRIPTIONS:
                self.subscriptions = {}
            self.subscriptions[thing.number] = thing
        else:
            if self.incidents is _NO_INCIDENTS:
                self.incidents = {}
            self.incidents[thing.number] = thing

    def values(self) -> dict[str, Any]:
        """Its own variables, unpacked."""
        return {name: plain(value) for name, value in self.variables.items()} if self.variables else {}

    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = {}
        if self.element:
            record["e"] = self.element
        if self.scope:
            record["s"] = self.scope
        if self.variables is not None:
            record["v"] = self._small()
        if self.flow is not None:
            record["f"] = self.flow
        if self.called is not None:
            record["d"] = self.called
        if self.process is not None:
            record["p"] = self.process
        if self.host is not None:
            record["m"] = self.host.record()
        if self.extra:
            record["x"] = self.extra
        return record

    def _small(self) -> dict[str, Any]:
        """The variables that are not packed: nearly always all of them."""
        variables = self.variables or {}
        for value in variables.values():
            if type(value) in (Packed, list, dict):
                return {n: v for n, v in variables.items() if _pack(n, v) is None}
        return variables


@dataclass(slots=True, eq=False)
class Part:
    """The main state (id "") or a shard (id "7.3")."""

    id: str
    next: int = 1
    tokens: dict[int, Token] = field(default_factory=dict)
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    incidents: dict[int, Incident] = field(default_factory=dict)
    ended: str | None = None  # main: how the instance ended; shard: "done", kept for its output only
    output: Any = None
    joins: dict[int, Token] = field(default_factory=dict)  # tokens that wait at a join
    prefix: str = ""
    host: Token | None = None  # shards: the token whose child this is
    waits: dict[str, int] = field(default_factory=dict)  # as loaded, to tell the host what changed

    def __post_init__(self) -> None:
        self.prefix = f"{self.id}." if self.id else ""

    @property
    def root(self) -> Token:
        return self.tokens[0]

    def dump(self) -> str:
        """The canonical text."""
        record: dict[str, Any] = {"n": self.next}
        if self.tokens:
            record["t"] = {str(t.number): t.record() for t in self.tokens.values()}
        if self.subscriptions:
            record["w"] = {str(s.number): s.record() for s in self.subscriptions.values()}
        if self.incidents:
            record["i"] = {str(i.number): i.record() for i in self.incidents.values()}
        if self.ended is not None:
            record["z"] = self.ended
        if self.output is not None:
            record["o"] = self.output
        packed = self._packed()
        return f'{{"b":{{{packed}}},{_encode(record)[1:]}' if packed else _encode(record)

    def _packed(self) -> str:
        """The large variables of all tokens, the first key of the text, so that they are neither encoded nor parsed
        again."""
        found: dict[str, str] = {}
        for token in self.tokens.values():
            if token.variables:
                texts = {n: _pack(n, v) for n, v in token.variables.items() if type(v) in (Packed, list, dict)}
                inside = ",".join(f'"{n}":"{texts[n]}"' for n in sorted(texts) if texts[n] is not None)
                if inside:
                    found[str(token.number)] = inside
        return ",".join(f'"{number}":{{{found[number]}}}' for number in sorted(found))

    def count_waits(self) -> dict[str, int]:
        """How many subscriptions of each kind and name are waiting here and in the shards below."""
        waits: dict[str, int] = {}
        for s in self.subscriptions.values():
            if s.kind not in "tl":
                key = f"{s.kind}:{s.name}" if s.name is not None else s.kind
                waits[key] = waits.get(key, 0) + 1
        for t in self.tokens.values():
            if t.host is not None and t.host.waits:
                for key, count in t.host.waits.items():
                    waits[key] = waits.get(key, 0) + count
        return waits


def fresh() -> Part:
    """The main state of an instance that has not begun."""
    main = Part("")
    main.tokens[0] = Token(main, 0, "", variables={})
    return main


def load(text: str, part_id: str = "") -> Part:
    """A part from its text."""
    packed: dict[str, dict[str, str]] | None = None
    if text.startswith('{"b":{"'):
        text, packed = _split(text)
    record = _decode(text)
    packed = packed or record.get("b")
    part = Part(part_id, record["n"])
    tokens = part.tokens
    for number, r in sorted((int(k), v) for k, v in record.get("t", {}).items()):
        token = Token(part, number, r.get("e", ""), r.get("s", 0), r.get("v"))
        tokens[number] = token
        if "f" in r:
            token.flow = r["f"]
            part.joins[number] = token
        else:
            token.entered = True
        if len(r) > 1 and (len(r) > 2 or not r.keys() <= _COMMON):
            _load_rest(token, r)
    for key, values in (packed or {}).items():
        token = tokens[int(key)]
        token.variables = {**(token.variables or {}), **{n: Packed(t) for n, t in values.items()}}
    for token in tokens.values():
        if token.number:
            tokens[token.scope].hold(token)
    for number, r in sorted((int(k), v) for k, v in record.get("w", {}).items()):
        subscription = Subscription(
            part,
            number,
            r.get("o", 0),
            r["k"],
            r["e"],
            r.get("x", 0),
            r.get("d"),
            r.get("i"),
            r.get("r"),
            r.get("n"),
            r.get("y"),
            "w" in r,
            r.get("a"),
        )
        part.subscriptions[number] = subscription
        tokens[subscription.owner].hold(subscription)
    for number, r in sorted((int(k), v) for k, v in record.get("i", {}).items()):
        incident = Incident(part, number, r.get("o", 0), r["a"], r["c"], r["m"])
        part.incidents[number] = incident
        owner = tokens[incident.owner]
        owner.hold(incident)
        if incident.action[0] in ("enter", "child"):
            owner.entered = False
    part.ended = record.get("z")
    part.output = record.get("o")
    if part_id:
        part.waits = part.count_waits()
    return part


def outermost(text: str) -> dict[str, Any]:
    """The variables of token 0, without making objects of the rest: pages and commands ask for them at every step."""
    packed: dict[str, dict[str, str]] = {}
    if text.startswith('{"b":{"'):
        text, packed = _split(text)
    record = _decode(text)
    found = dict(record["t"]["0"].get("v") or {})
    for name, value in (packed or record.get("b", {})).get("0", {}).items():
        found[name] = Packed(value).value()
    return found


def _load_rest(token: Token, r: dict[str, Any]) -> None:
    token.called = r.get("d")
    token.process = r.get("p")
    token.extra = r.get("x")
    host = r.get("m")
    if host is not None:
        total, active, completed, terminated = host["n"]
        token.host = Host(
            total,
            active,
            completed,
            terminated,
            "p" in host,
            host.get("q"),
            host.get("o"),
            host.get("w", {}),
            "t" in host,
        )


def shard_of(entity: str) -> str:
    """The part in which an entity lives: "" for "7", "7.3" for "7.3.2"."""
    return entity.rpartition(".")[0]


def host_of(shard: str) -> tuple[str, int, int]:
    """Where the host of a shard is: its part, its number there, and the number of the child: "7.3.12.1" → ("7.3", 12,
    1)."""
    host, _, child = shard.rpartition(".")
    part, _, number = host.rpartition(".")
    return part, int(number), int(child)


def is_path(entity: str) -> bool:
    """Whether a text has the form of an entity's id (an odd number of dotted numbers)."""
    if entity.isdigit() and entity.isascii():  # nearly all of them
        return True
    steps = entity.split(".")
    return len(steps) % 2 == 1 and all(s.isascii() and s.isdigit() for s in steps)


def ancestors(shard: str) -> Iterator[str]:
    """The shard and the shards around it, outermost first: "7.3.12.1" → "7.3", "7.3.12.1"."""
    steps = shard.split(".") if shard else []
    for end in range(2, len(steps) + 1, 2):
        yield ".".join(steps[:end])
