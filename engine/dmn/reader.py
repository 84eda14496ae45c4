"""A DMN file → `Definitions`: hardened XML, the elements of the requirement graph, and who requires whom.

Elements are recognised by their local name, so that DMN 1.1 to 1.5 read alike. Everything that is wrong is
collected first and raised at once.
"""

import hashlib
from typing import Any

from lxml import etree

from engine.dmn import items
from engine.dmn.boxed import Compilation, Element, child, children, local, parse_xml, text_of
from engine.dmn.model import MAX_REQUIREMENTS, Decision, Definitions, InputData, Knowledge, Service
from engine.errors import DefinitionError, Problem

MAX_BYTES = 2_000_000
MAX_ELEMENTS = 60_000

Node = Decision | InputData | Knowledge | Service


def parse(xml: bytes, file: str = "", strict: bool = True) -> Definitions:
    """Read and compile a decision model. DefinitionError with all problems.

    Not strict: what is wrong is left out or counts as null, and `problems` says so; only what is no DMN at all is
    refused.
    """
    root = _root(xml, file)
    reader = _Reader(root, file)
    found = reader.read()
    if strict and reader.compilation.problems:
        raise DefinitionError(reader.compilation.problems)
    return Definitions(
        name=root.get("name") or "",
        hash=hashlib.sha256(xml).hexdigest(),
        decisions=[each for each in found.values() if isinstance(each, Decision)],
        services=[each for each in found.values() if isinstance(each, Service)],
        inputs=[each for each in found.values() if isinstance(each, InputData)],
        problems=reader.compilation.problems,
    )


def _root(xml: bytes, file: str) -> Element:
    """The document's root, or a DefinitionError with the one reason why it is not even looked at."""

    def refuse(code: str, message: str, **params: Any) -> DefinitionError:
        return DefinitionError([Problem(file, None, code, message, params)])

    if len(xml) > MAX_BYTES:
        raise refuse("too_large", f"Expected at most {MAX_BYTES} bytes, found {len(xml)}.", limit=MAX_BYTES)
    # every element needs an opening bracket, most a second one: counted before the tree takes its memory
    if xml.count(b"<") > 2 * MAX_ELEMENTS:
        raise refuse("too_many_elements", f"Expected at most {MAX_ELEMENTS} elements.", limit=MAX_ELEMENTS)
    try:
        root = parse_xml(xml)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise refuse("xml", f"Expected well-formed XML: {error}") from None
    if root.getroottree().docinfo.internalDTD is not None or root.getroottree().docinfo.doctype:
        raise refuse("doctype", "Expected XML without a DOCTYPE.")
    if (
        local(root) != "definitions" or "DMN" not in etree.QName(root).namespace
        if etree.QName(root).namespace
        else True
    ):
        raise refuse("not_dmn", f"Expected DMN definitions, found '{local(root)}'.")
    return root


class _Reader:
    """First all elements by id, then their requirements, then their logic (which needs the names of the
    requirements)."""

    def __init__(self, root: Element, file: str) -> None:
        self.root = root
        self.compilation = Compilation(file)
        self.nodes: dict[str, Node] = {}
        self.elements: dict[str, Element] = {}

    def read(self) -> dict[str, Node]:
        for each in children(self.root, "import"):
            self.compilation.problem(each, "import", f"Imported models are not supported: '{each.get('name') or ''}'.")
        self.read_types()
        for each in self.root:
            self.declare(each)
        for key, node in self.nodes.items():
            self.connect(self.elements[key], node)
        if self.acyclic():
            for key, node in self.nodes.items():
                self.fill(self.elements[key], node)
        return self.nodes

    # types

    def read_types(self) -> None:
        elements = children(self.root, "itemDefinition")
        types = self.compilation.types
        for each in elements:
            name = each.get("name") or ""
            if name in types:
                self.compilation.problem(each, "duplicate_name", f"Expected each type once, found '{name}' again.")
            types[name] = items.ItemType(name)
        for each in elements:
            self.fill_type(each, types[each.get("name") or ""])
        for each in elements:
            self.check_type(each, types[each.get("name") or ""])

    def fill_type(self, element: Element, item: items.ItemType) -> None:
        item.collection = element.get("isCollection") == "true"
        ref = child(element, "typeRef")
        if ref is not None:
            item.parent = self.compilation.type(element, ref.text)
        for each in children(element, "itemComponent"):
            name = each.get("name") or ""
            inner = items.ItemType(name)
            self.fill_type(each, inner)
            item.components[name] = inner
        function = child(element, "functionItem")
        if function is not None:
            item.base = "function"
            item.result = self.compilation.type(element, function.get("outputTypeRef"))
        allowed, constraint = text_of(child(element, "allowedValues")), text_of(child(element, "typeConstraint"))
        if allowed:
            item.allowed = self.compilation.feel(element, allowed, frozenset({"?"}), tests=True)
        if constraint:
            found = self.compilation.feel(element, constraint, frozenset({"?"}), tests=True)
            if item.collection:
                item.constraint = found
            else:
                item.allowed = found

    def check_type(self, element: Element, item: items.ItemType) -> None:
        """A type may not be made of itself."""
        seen: list[items.ItemType] = []
        here: items.ItemType | None = item
        while here is not None:
            if any(here is each for each in seen):
                self.compilation.problem(element, "cyclic_type", f"The type '{item.name}' is made of itself.")
                item.parent = None
                return
            seen.append(here)
            here = here.parent

    # the graph

    def declare(self, element: Element) -> None:
        kind = local(element)
        if kind not in ("decision", "inputData", "businessKnowledgeModel", "decisionService"):
            return
        key = element.get("id") or ""
        name = element.get("name") or key
        variable = child(element, "variable")
        if not key:
            self.compilation.problem(element, "id_missing", f"Expected an id for {kind} '{name}'.")
            return
        if key in self.nodes:
            self.compilation.problem(element, "duplicate_id", f"Expected each id once, found '{key}' again.")
            return
        called = (variable.get("name") if variable is not None else None) or name
        item = self.compilation.type_ref(variable)
        if kind == "decision":
            self.nodes[key] = Decision(
                key, name, called, item, question=self.question(element), types=self.compilation.types
            )
        elif kind == "inputData":
            self.nodes[key] = InputData(key, called, item)
        elif kind == "businessKnowledgeModel":
            self.nodes[key] = Knowledge(key, called, [], result_of(item))
        else:
            self.nodes[key] = Service(key, called, type=result_of(item), types=self.compilation.types)
        self.elements[key] = element

    def question(self, element: Element) -> str:
        found = child(element, "question")
        return "".join(found.itertext()).strip() if found is not None else ""

    def target(self, element: Element) -> Node | None:
        href = element.get("href") or ""
        key = href[1:] if href.startswith("#") else href
        found = self.nodes.get(key)
        if found is None:
            self.compilation.problem(
                element, "unknown_reference", f"Expected an element of this model, found '{href}'.", href=href
            )
        return found

    def targets(self, element: Element, *tags: str) -> list[Node]:
        return [found for each in children(element, *tags) if (found := self.target(each)) is not None]

    def connect(self, element: Element, node: Node) -> None:
        if isinstance(node, Decision):
            for requirement in children(element, "informationRequirement"):
                for found in self.targets(requirement, "requiredInput", "requiredDecision"):
                    if isinstance(found, InputData):
                        node.inputs.append(found)
                    elif isinstance(found, Decision):
                        node.decisions.append(found)
        if isinstance(node, Decision | Knowledge):
            models = node.knowledge if isinstance(node, Decision) else node.requires
            for requirement in children(element, "knowledgeRequirement"):
                for found in self.targets(requirement, "requiredKnowledge"):
                    if isinstance(found, Knowledge | Service):
                        models.append(found)
        if isinstance(node, Service):
            node.outputs = [each for each in self.targets(element, "outputDecision") if isinstance(each, Decision)]
            node.input_decisions = [
                each for each in self.targets(element, "inputDecision") if isinstance(each, Decision)
            ]
            node.input_data = [each for each in self.targets(element, "inputData") if isinstance(each, InputData)]
            self.targets(element, "encapsulatedDecision")
            if not node.outputs:
                self.compilation.problem(element, "output_missing", "Expected an output decision.")

    def required(self, node: Node) -> list[Node]:
        if isinstance(node, Decision):
            return [*node.decisions, *node.knowledge]
        if isinstance(node, Knowledge):
            return [each for each in node.requires if each is not node]
        return list(node.outputs) if isinstance(node, Service) else []

    def acyclic(self) -> bool:
        """Whether every chain of requirements ends, and soon enough to be walked."""
        depth: dict[str, int] = {}
        for start in self.nodes:
            path: list[str] = []
            waiting = [(start, False)]
            while waiting:
                key, leaving = waiting.pop()
                if leaving:
                    path.pop()
                    depth[key] = 1 + max((depth[each.id] for each in self.required(self.nodes[key])), default=0)
                    continue
                if key in path:
                    self.compilation.problem(
                        self.elements[key], "cycle", f"'{key}' requires itself: {' → '.join([*path, key])}."
                    )
                    return False
                if key in depth:
                    continue
                path.append(key)
                waiting.append((key, True))
                waiting.extend((each.id, False) for each in self.required(self.nodes[key]))
            if depth[start] > MAX_REQUIREMENTS:
                self.compilation.problem(
                    self.elements[start], "too_deep", f"Expected at most {MAX_REQUIREMENTS} requirements in a chain."
                )
                return False
        return True

    # logic

    def fill(self, element: Element, node: Node) -> None:
        if isinstance(node, Decision):
            given = {each.name for each in node.decisions} | {each.name for each in node.knowledge}
            own = given | {each.name for each in node.inputs}
            self.compilation.variables = set()
            node.logic = self.compilation.expression(element, frozenset(own | self.component_names(node)))
            node.own_variables = frozenset(self.compilation.variables - given - {"?"})
        elif isinstance(node, Knowledge):
            logic = child(element, "encapsulatedLogic")
            if logic is None:
                return
            self.compilation.function_kind(logic)
            node.parameters = self.compilation.parameters(logic)
            names = {node.name, *(each.name for each in node.requires), *(name for name, _ in node.parameters)}
            node.body = self.compilation.required(logic, frozenset(names), "the knowledge model")

    def component_names(self, node: Decision) -> set[str]:
        """Names inside the types of the inputs, as far as only a known name can be read (`Approved/Declined`)."""
        found: set[str] = set()
        waiting = [each.type for each in node.inputs] + [each.type for each in node.decisions]
        for _ in range(1000):
            if not waiting:
                break
            item = waiting.pop()
            if item is not None:
                found |= set(item.components)
                waiting.extend([*item.components.values(), item.parent])
        return found


def result_of(item: items.ItemType | None) -> items.ItemType | None:
    """The type of a function's result: since DMN 1.2 the variable has the type of the function, before, of the
    result."""
    return item.result if item is not None and item.base == "function" else item
