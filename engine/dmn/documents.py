"""Model files: hardened XML, and the models that a model imports, found among the files that are at hand.

Elements are recognised by their local name, so that DMN 1.1 to 1.5 read alike. Nothing is ever fetched: an import is
resolved by its namespace among the contents that the caller gives, and by the file's name when two have the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from engine.errors import DefinitionError, Problem

Element = Any  # lxml's element: its stubs say little about what we ask

MAX_BYTES = 2_000_000
MAX_ELEMENTS = 60_000
MAX_MODELS = 64  # that one model may lead to by imports
BUNDLED = "{urn:trinhky:dmn}imported"  # in the extension elements of a model: a model that it imports


def local(element: Element) -> str:
    """The tag without its namespace; "" for comments."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def children(element: Element, *names: str) -> list[Element]:
    return [each for each in element if local(each) in names]


def child(element: Element, *names: str) -> Element | None:
    found = children(element, *names)
    return found[0] if found else None


def text_of(element: Element | None) -> str:
    """The content of the element's `text` child."""
    inner = child(element, "text") if element is not None else None
    return "".join(inner.itertext()).strip() if inner is not None else ""


def identity(element: Element) -> str | None:
    """The id of the nearest element that has one."""
    while element is not None:
        if element.get("id"):
            return str(element.get("id"))
        element = element.getparent()
    return None


def root_of(xml: bytes, file: str) -> Element:
    """The document's root, or a DefinitionError with the one reason why it is not even looked at."""

    def refuse(code: str, message: str, **params: Any) -> DefinitionError:
        return DefinitionError([Problem(file, None, code, message, params)])

    if len(xml) > MAX_BYTES:
        raise refuse("too_large", f"Expected at most {MAX_BYTES} bytes, found {len(xml)}.", limit=MAX_BYTES)
    # every element needs an opening bracket, most a second one: counted before the tree takes its memory
    if xml.count(b"<") > 2 * MAX_ELEMENTS:
        raise refuse("too_many_elements", f"Expected at most {MAX_ELEMENTS} elements.", limit=MAX_ELEMENTS)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True, remove_comments=True
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise refuse("xml", f"Expected well-formed XML: {error}") from None
    info: Any = root.getroottree().docinfo
    if info.internalDTD is not None or info.doctype:
        raise refuse("doctype", "Expected XML without a DOCTYPE.")
    if local(root) != "definitions" or "DMN" not in (etree.QName(root).namespace or ""):
        raise refuse("not_dmn", f"Expected DMN definitions, found '{local(root)}'.")
    return root


@dataclass(eq=False, slots=True)
class Document:
    """One model file."""

    file: str
    root: Element

    @property
    def namespace(self) -> str:
        return str(self.root.get("namespace") or "")


class Library:
    """The models at hand. They are read when the first import asks for one."""

    def __init__(self, document: Document, files: Mapping[str, bytes]) -> None:
        self.first = document
        self.files = files
        self.read: list[Document] | None = None

    def documents(self) -> list[Document]:
        if self.read is None:
            self.read = [Document(each.get("file") or "", each[0]) for each in self.first.root.iter(BUNDLED)]
            for file, content in sorted(self.files.items()):
                try:
                    self.read.append(Document(file, root_of(content, file)))
                except DefinitionError:
                    continue  # a file that is no model is nobody's import; its own reading tells why
        return self.read

    def find(self, namespace: str, location: str) -> Document | None:
        """The model with a namespace: the one that is being read, else a file, best one with the location's name."""
        if namespace == self.first.namespace:
            return self.first
        found = [each for each in self.documents() if each.namespace == namespace]
        name = location.replace("\\", "/").rsplit("/", 1)[-1]
        return next(
            (each for each in found if name and each.file.rsplit("/", 1)[-1] == name), found[0] if found else None
        )

    def imported(self, document: Document) -> list[Document]:
        """The models that a model imports, as far as they are at hand."""
        elements = children(document.root, "import")
        found = [self.find(each.get("namespace") or "", each.get("locationURI") or "") for each in elements]
        return [each for each in found if each is not None]


def bundle(xml: bytes, file: str, imports: Mapping[str, bytes]) -> bytes:
    """The model with all that it imports inside it, as extension elements: one file that can be kept and read alone.

    A model without imports, and what is no model at all, is given back as it is.
    """
    try:
        document = Document(file, root_of(xml, file))
    except DefinitionError:
        return xml
    library = Library(document, imports)
    found = [document]
    for each in found:
        found += [other for other in dict.fromkeys(library.imported(each)) if other not in found][:MAX_MODELS]
    loose = [each for each in found[1 : MAX_MODELS + 1] if each.root.getparent() is None]
    if not loose:
        return xml
    holder = child(document.root, "extensionElements")
    if holder is None:
        space = etree.QName(document.root).namespace
        holder = etree.SubElement(document.root, f"{{{space}}}extensionElements")
    for each in loose:
        etree.SubElement(holder, BUNDLED, file=each.file).append(each.root)
    return bytes(etree.tostring(document.root, xml_declaration=True, encoding="UTF-8"))
