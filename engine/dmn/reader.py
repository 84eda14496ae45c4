"""A DMN file and the models that it imports → `Definitions`.

First all elements by id, then their requirements, then their logic, which needs the names of the requirements.
Everything that is wrong is collected and raised at once.

A model that is imported with a name stays a space of its own, whose elements are called `import.name`. One that is
imported without a name becomes part of the importing space, with what it imports likewise: its elements, types and
requirements are those of the importing model where the names are the same.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from engine.dmn import items
from engine.dmn.boxed import Compilation
from engine.dmn.documents import MAX_MODELS, Document, Element, Library, child, children, local, root_of, text_of
from engine.dmn.model import (
    LOCAL,
    MAX_REQUIREMENTS,
    Decision,
    Definitions,
    InputData,
    Knowledge,
    Link,
    Service,
)
from engine.errors import DefinitionError, Problem

Node = Decision | InputData | Knowledge | Service
Path = tuple[str, ...]
K = TypeVar("K", bound=Node)

KINDS = ("decision", "inputData", "businessKnowledgeModel", "decisionService")
MAX_TYPES = 32  # that are made of each other in a chain
MAX_NAMES = 300_000  # that all decisions together see inside the values that they require
MAX_PATHS = 8  # ways that are remembered by which imports lead to one model
NO_FILES: Mapping[str, bytes] = {}


def parse(xml: bytes, file: str = "", strict: bool = True, imports: Mapping[str, bytes] = NO_FILES) -> Definitions:
    """Read and compile a decision model. DefinitionError with all problems.

    `imports`: contents of the files at hand, by file name; models that this one imports are found there by their
    namespaces. Not strict: what is wrong is left out or counts as null, and `problems` says so; only what is no DMN
    at all is refused.
    """
    document = Document(file, root_of(xml, file))
    reader = _Reader(Library(document, imports))
    space = reader.read(document)
    if strict and reader.problems:
        raise DefinitionError(reader.problems)
    own = space.parts[0].nodes
    exported = [node for part in space.parts[1:] for node in part.nodes]
    return Definitions(
        name=document.root.get("name") or "",
        hash=hashlib.sha256(xml).hexdigest(),
        decisions=[each for each in own if isinstance(each, Decision)],
        services=[each for each in own if isinstance(each, Service)],
        inputs=[each for each in own if isinstance(each, InputData)],
        knowledge=[each for each in own if isinstance(each, Knowledge)],
        problems=reader.problems,
        exported=exported,
    )


class _Part:
    """One file in a space."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.ids: dict[str, Node] = {}
        self.names: dict[str, Node] = {}
        self.named: set[str] = set()  # namespaces that the file imports with a name
        self.nodes: list[Node] = []


class _Space:
    """A model with what it imports without names, and the spaces that it imports with names."""

    def __init__(self, problems: list[Problem]) -> None:
        self.parts: list[_Part] = []
        self.imports: list[tuple[str, _Space]] = []
        self.paths: list[Path] = []
        self.types = items.Types()
        self.compilation = Compilation("", self.types, problems)

    def own(self, namespace: str, key: str, first: _Part) -> Node | None:
        """An element of this space by id: of the part that asks (or that the namespace names), else of the first part
        that has it."""
        named = [part for part in self.parts if namespace and part.document.namespace == namespace]
        for part in (*named, first, *self.parts):
            if key in part.ids:
                return part.ids[key]
        return None

    def find(self, href: str, first: _Part) -> Link[Node] | None:
        """The element that a reference means, and the imports on the way to it, the shortest way."""
        namespace, _, key = href.rpartition("#")
        own = any(part.document.namespace == namespace for part in self.parts)
        if not namespace or (own and namespace not in first.named):
            found = self.own(namespace, key, first)
            return Link(found) if found is not None else None
        seen: set[_Space] = set()
        level: list[tuple[Path, _Space]] = [((), self)]
        while level:
            following: list[tuple[Path, _Space]] = []
            for path, space in level:
                for name, inner in space.imports:
                    if inner in seen:
                        continue
                    seen.add(inner)
                    following.append(((*path, name), inner))
                    if any(part.document.namespace == namespace for part in inner.parts):
                        found = inner.own(namespace, key, inner.parts[0])
                        if found is not None:
                            return Link(found, (*path, name))
            level = following
        return None


class _Reader:
    """Reads one model with all that it leads to."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.problems: list[Problem] = []
        self.spaces: dict[Document, _Space] = {}
        self.elements: dict[Node, tuple[_Space, _Part, Element]] = {}
        self.too_many = False
        self.seen_names = 0
        self.names: dict[Node, frozenset[str]] = {}  # inside the values of elements

    def read(self, document: Document) -> _Space:
        space = self.space(document)
        self.find_paths(space)
        shells = [each for one in self.spaces.values() for each in self.declare_types(one)]
        for one, element, item in shells:
            self.fill_type(one.compilation, element, item)
        for one, element, item in shells:
            self.check_type(one.compilation, element, item)
        for one, part, element in self.each_element():
            self.declare(one, part, element)
        for node, (one, part, element) in self.elements.items():
            one.compilation.file = part.document.file
            self.connect(one, part, element, node)
        if self.acyclic():
            for node, (one, part, element) in self.elements.items():
                one.compilation.file = part.document.file
                self.fill(one, element, node)
        return space

    def each_element(self) -> Iterator[tuple[_Space, _Part, Element]]:
        for space in self.spaces.values():
            for part in space.parts:
                space.compilation.file = part.document.file
                for element in part.document.root:
                    yield space, part, element

    # imports

    def space(self, document: Document) -> _Space:
        found = self.spaces.get(document)
        if found is None:
            found = self.spaces[document] = _Space(self.problems)
            self.gather(found, document)
        return found

    def gather(self, space: _Space, document: Document) -> None:
        """Make a file a part of a space, then what it imports."""
        if any(each.document is document for each in space.parts):
            return
        part = _Part(document)
        space.parts.append(part)
        for element in children(document.root, "import"):
            space.compilation.file = document.file
            target = self.imported(space.compilation, element)
            if target is None:
                continue
            name = (element.get("name") or "").strip()
            if not name:
                self.gather(space, target)
                continue
            part.named.add(target.namespace)
            if all(name != known or self.spaces.get(target) is not inner for known, inner in space.imports):
                space.imports.append((name, self.space(target)))

    def imported(self, compilation: Compilation, element: Element) -> Document | None:
        namespace = element.get("namespace") or ""
        kind = element.get("importType") or ""
        if kind and "/DMN/" not in kind:
            compilation.problem(element, "import_type", f"Expected an import of DMN, found '{kind}'.", type=kind)
            return None
        if len({part.document for each in self.spaces.values() for part in each.parts}) > MAX_MODELS:
            if not self.too_many:
                compilation.problem(element, "too_many_imports", f"Expected at most {MAX_MODELS} imported models.")
            self.too_many = True
            return None
        found = self.library.find(namespace, element.get("locationURI") or "")
        if found is None:
            compilation.problem(
                element,
                "import_missing",
                f"Expected a model with the namespace '{namespace}' beside this one.",
                namespace=namespace,
            )
        return found

    def find_paths(self, root: _Space) -> None:
        """By which imports each space is reached from the model that is read: its inputs may be given there."""
        waiting: list[tuple[Path, _Space]] = [((), root)]
        for path, space in waiting:
            if len(space.paths) < MAX_PATHS and len(path) < MAX_PATHS:
                space.paths.append(path)
                waiting.extend(((*path, name), inner) for name, inner in space.imports)

    # types

    def declare_types(self, space: _Space) -> list[tuple[_Space, Element, items.ItemType]]:
        space.types.imports = [(name, inner.types) for name, inner in space.imports]
        found = []
        for part in space.parts:
            space.types.spaces[part.document.namespace] = space.types
            space.compilation.file = part.document.file
            earlier = set(space.types.own)
            for element in children(part.document.root, "itemDefinition"):
                name = element.get("name") or ""
                if name in earlier:
                    continue
                if name in space.types.own:
                    space.compilation.problem(
                        element, "duplicate_name", f"Expected each type once, found '{name}' again."
                    )
                item = space.types.own[name] = items.ItemType(name)
                found.append((space, element, item))
        for _, inner in space.imports:
            for part in inner.parts:
                space.types.spaces.setdefault(part.document.namespace, inner.types)
        return found

    def fill_type(self, compilation: Compilation, element: Element, item: items.ItemType) -> None:
        item.collection = element.get("isCollection") == "true"
        ref = child(element, "typeRef")
        if ref is not None:
            item.parent = compilation.type(ref, ref.text)
        for each in children(element, "itemComponent"):
            name = each.get("name") or ""
            inner = items.ItemType(name)
            self.fill_type(compilation, each, inner)
            item.components[name] = inner
        function = child(element, "functionItem")
        if function is not None:
            item.base = "function"
            item.result = compilation.type(function, function.get("outputTypeRef"))
        allowed, constraint = text_of(child(element, "allowedValues")), text_of(child(element, "typeConstraint"))
        if allowed:
            item.allowed = compilation.feel(element, allowed, frozenset({"?"}), tests=True)
        if constraint:
            found = compilation.feel(element, constraint, frozenset({"?"}), tests=True)
            if item.collection:
                item.constraint = found
            else:
                item.allowed = found

    def check_type(self, compilation: Compilation, element: Element, item: items.ItemType) -> None:
        """A type may not be made of itself."""
        seen: set[int] = set()
        here: items.ItemType | None = item
        while here is not None:
            if id(here) in seen:
                compilation.problem(element, "cyclic_type", f"The type '{item.name}' is made of itself.")
                item.parent = None
                return
            if len(seen) == MAX_TYPES:
                compilation.problem(
                    element, "too_deep", f"Expected at most {MAX_TYPES} types that are made of each other in a chain."
                )
                item.parent = None
                return
            seen.add(id(here))
            here = here.parent

    # the graph

    def declare(self, space: _Space, part: _Part, element: Element) -> None:
        kind = local(element)
        if kind not in KINDS:
            return
        key = element.get("id") or ""
        name = element.get("name") or key
        variable = child(element, "variable")
        compilation = space.compilation
        if not key:
            compilation.problem(element, "id_missing", f"Expected an id for {kind} '{name}'.")
            return
        if key in part.ids:
            compilation.problem(element, "duplicate_id", f"Expected each id once, found '{key}' again.")
            return
        earlier = space.parts[: space.parts.index(part)]
        taken = next((each.names[name] for each in earlier if name in each.names), None)
        if taken is not None:
            part.ids[key] = taken  # the importing model has one of this name: it stands for both
            return
        called = (variable.get("name") if variable is not None else None) or name
        item = compilation.type_ref(variable)
        paths = tuple(space.paths) or LOCAL
        node: Node
        if kind == "decision":
            question = child(element, "question")
            asked = "".join(question.itertext()).strip() if question is not None else ""
            node = Decision(key, name, called, item, question=asked, types=space.types, paths=paths)
        elif kind == "inputData":
            node = InputData(key, called, item, paths)
        elif kind == "businessKnowledgeModel":
            node = Knowledge(key, called, [], result_of(item), types=space.types, paths=paths)
        else:
            node = Service(key, called, type=result_of(item), types=space.types, paths=paths)
        part.ids[key] = node
        part.names.setdefault(name, node)
        part.nodes.append(node)
        self.elements[node] = (space, part, element)

    def targets(self, space: _Space, part: _Part, element: Element, *tags: str) -> list[Link[Any]]:
        """What the children with these tags refer to."""
        links: list[Link[Any]] = []
        for each in children(element, *tags):
            href = (each.get("href") or "").strip()
            found = space.find(href, part)
            if found is not None:
                links.append(found)
                continue
            space.compilation.problem(
                each, "unknown_reference", f"Expected an element of this model, found '{href}'.", href=href
            )
        return links

    def connect(self, space: _Space, part: _Part, element: Element, node: Node) -> None:
        if isinstance(node, Decision):
            for requirement in children(element, "informationRequirement"):
                found = self.targets(space, part, requirement, "requiredInput", "requiredDecision")
                node.inputs += of_kind(found, InputData)
                node.decisions += of_kind(found, Decision)
        if isinstance(node, Decision | Knowledge):
            models: list[Any] = node.knowledge if isinstance(node, Decision) else node.requires
            for requirement in children(element, "knowledgeRequirement"):
                found = self.targets(space, part, requirement, "requiredKnowledge")
                models += [each for each in found if isinstance(each.node, Knowledge | Service)]
        if isinstance(node, Service):
            node.outputs = of_kind(self.targets(space, part, element, "outputDecision"), Decision)
            node.input_decisions = of_kind(self.targets(space, part, element, "inputDecision"), Decision)
            node.input_data = of_kind(self.targets(space, part, element, "inputData"), InputData)
            self.targets(space, part, element, "encapsulatedDecision")
            if not node.outputs:
                space.compilation.problem(element, "output_missing", "Expected an output decision.")

    def required(self, node: Node) -> list[Node]:
        if isinstance(node, Decision):
            return [each.node for each in (*node.decisions, *node.knowledge)]
        if isinstance(node, Knowledge):
            return [each.node for each in node.requires if each.node is not node]
        return [each.node for each in node.outputs] if isinstance(node, Service) else []

    def acyclic(self) -> bool:
        """Whether every chain of requirements ends, and soon enough to be walked."""
        depth: dict[Node, int] = {}
        for start in self.elements:
            path: list[Node] = []
            waiting = [(start, False)]
            while waiting:
                node, leaving = waiting.pop()
                if leaving:
                    path.pop()
                    depth[node] = 1 + max((depth[each] for each in self.required(node)), default=0)
                    continue
                if node in path:
                    names = [each.id for each in (*path, node)]
                    self.complain(node, "cycle", f"'{node.id}' requires itself: {' → '.join(names)}.")
                    return False
                if node in depth:
                    continue
                path.append(node)
                waiting.append((node, True))
                waiting.extend((each, False) for each in self.required(node))
            if depth[start] > MAX_REQUIREMENTS:
                self.complain(start, "too_deep", f"Expected at most {MAX_REQUIREMENTS} requirements in a chain.")
                return False
        return True

    def complain(self, node: Node, code: str, message: str) -> None:
        space, part, element = self.elements[node]
        space.compilation.file = part.document.file
        space.compilation.problem(element, code, message)

    # logic

    def fill(self, space: _Space, element: Element, node: Node) -> None:
        compilation = space.compilation
        if isinstance(node, Decision):
            links: list[Link[Any]] = [*node.inputs, *node.decisions, *node.knowledge]
            names = self.link_names(links) | self.inner_names(compilation, element)
            for link in links:
                inside = self.value_names(link.node)
                self.seen_names += len(inside)
                if self.seen_names > MAX_NAMES:
                    if self.seen_names - len(inside) <= MAX_NAMES:
                        compilation.problem(element, "too_many_names", f"Expected at most {MAX_NAMES} names in all.")
                    return
                names |= inside
            compilation.variables = set()
            node.logic = compilation.expression(element, frozenset(names))
            given = {each.root for each in (*node.decisions, *node.knowledge)}
            given |= {each.root for each in node.inputs if each.path}
            node.own_variables = frozenset(compilation.variables - given - {"?"})
        elif isinstance(node, Knowledge):
            logic = child(element, "encapsulatedLogic")
            if logic is None:
                return
            compilation.function_kind(logic)
            node.parameters = compilation.parameters(logic)
            names = {node.name, *(name for name, _ in node.parameters)}
            names |= self.link_names(node.requires) | self.inner_names(compilation, logic)
            node.body = compilation.required(logic, frozenset(names), "the knowledge model")

    def link_names(self, links: list[Any]) -> set[str]:
        return {name for link in links for name in (*link.path, link.node.name)}

    def value_names(self, node: Node) -> frozenset[str]:
        if node not in self.names:
            self.names[node] = frozenset(self.names_inside(node))
        return self.names[node]

    def names_inside(self, node: Node) -> set[str]:
        """Names inside a value that is required, as far as the model says them: only a known name with a blank or an
        operator can be read (`Approved/Declined`)."""
        space, _, element = self.elements[node]
        if isinstance(node, Decision) and node.type is None:
            return self.inner_names(space.compilation, element)
        if isinstance(node, Knowledge):
            return component_names(node.result) or self.inner_names(space.compilation, element)
        return component_names(node.type)

    def inner_names(self, compilation: Compilation, element: Element) -> set[str]:
        """Names of entries that the logic inside an element makes, and those inside the types that it names."""
        found: set[str] = set()
        for each in element.iter():
            if local(each) in ("variable", "column", "output") and each.get("name"):
                found.add(each.get("name"))
            item = compilation.types.get((each.get("typeRef") or "").strip())
            if item is not None:
                found |= component_names(item)
        return found


def of_kind(links: list[Link[Any]], kind: type[K]) -> list[Link[K]]:
    return [each for each in links if isinstance(each.node, kind)]


def component_names(item: items.ItemType | None) -> set[str]:
    """Names of the components of a type, and of theirs."""
    found: set[str] = set()
    waiting = [item]
    for _ in range(1000):
        if not waiting:
            break
        here = waiting.pop()
        if here is not None:
            found |= set(here.components)
            waiting.extend([*here.components.values(), here.parent, here.result])
    return found


def result_of(item: items.ItemType | None) -> items.ItemType | None:
    """The type of a function's result: since DMN 1.2 the variable has the type of the function, before, of the
    result."""
    return item.result if item is not None and item.base == "function" else item
