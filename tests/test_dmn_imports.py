"""DMN: models that import models, by name and without one, and what stands in the way of an import."""

import pytest

from engine import definitions, dmn
from engine.errors import DefinitionError
from engine.lint.files import facts_beside

KIND = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def model(space, body):
    head = f'<definitions xmlns="{KIND}" xmlns:b="urn:b" namespace="urn:{space}" name="{space}">'
    return f"{head}{body}</definitions>".encode()


def imports(name, space, **more):
    rest = "".join(f' {key}="{value}"' for key, value in more.items())
    return f'<import name="{name}" namespace="urn:{space}"{rest}/>'


def needs(*hrefs, kind="informationRequirement", tag="requiredDecision"):
    return "".join(f'<{kind}><{tag} href="{href}"/></{kind}>' for href in hrefs)


def knows(*hrefs):
    return needs(*hrefs, kind="knowledgeRequirement", tag="requiredKnowledge")


def takes(*hrefs):
    return needs(*hrefs, tag="requiredInput")


def decision(name, text, requires="", type_name="", key=""):
    ref = f' typeRef="{type_name}"' if type_name else ""
    return (
        f'<decision id="{key or name}" name="{name}"><variable name="{name}"{ref}/>{requires}'
        f"<literalExpression><text>{text}</text></literalExpression></decision>"
    )


def given(name, key, type_name="string"):
    return f'<inputData id="{key}" name="{name}"><variable name="{name}" typeRef="{type_name}"/></inputData>'


def function(name, text, parameters="", requires=""):
    return (
        f'<businessKnowledgeModel id="{name}" name="{name}"><encapsulatedLogic>{parameters}'
        f"<literalExpression><text>{text}</text></literalExpression></encapsulatedLogic>{requires}"
        "</businessKnowledgeModel>"
    )


def decide(name, context, *files):
    beside = {f"{number}.dmn": content for number, content in enumerate(files)}
    return dmn.parse(files[0], "0.dmn", imports=beside).invocable(name).evaluate(context).value


def problems(*files, **more):
    with pytest.raises(DefinitionError) as caught:
        dmn.parse(files[0], "0.dmn", imports={f"{n}.dmn": content for n, content in enumerate(files)} | more)
    return [(each.file, each.code) for each in caught.value.problems]


PERSON = (
    '<itemDefinition name="tPerson"><itemComponent name="name"><typeRef>string</typeRef></itemComponent>'
    "</itemDefinition>"
)
LIBRARY = model(
    "b",
    PERSON
    + function("greet", '"Hello " + who.name', '<formalParameter name="who" typeRef="tPerson"/>')
    + given("sir name", "in")
    + decision("the greeting", "greet({name: sir name})", takes("#in") + knows("#greet"), key="g")
    + '<decisionService id="s" name="greeter"><outputDecision href="#g"/><inputData href="#in"/></decisionService>',
)


@pytest.mark.parametrize(
    ("text", "requires", "expected"),
    [
        ("lib.the greeting", needs("urn:b#g"), "Hello An"),
        ("lib.sir name", takes("urn:b#in"), "An"),
        ('lib.greet({name: "Bình"})', knows("urn:b#greet"), "Hello Bình"),
        ('lib.greeter("Chi")', knows("urn:b#s"), "Hello Chi"),
        ('{name: "An"} instance of lib.tPerson', "", True),
        ("{} instance of lib.tPerson", "", False),
    ],
)
@pytest.mark.parametrize(
    "context", [{"sir name": "An"}, {"lib": {"sir name": "An"}}, {"lib.sir name": "An", "sir name": "other"}]
)
def test_elements_of_an_imported_model_are_called_by_the_name_of_the_import(text, requires, expected, context):
    main = model("a", imports("lib", "b", importType=KIND) + decision("d", text, requires))
    assert decide("d", context, main, LIBRARY) == expected


@pytest.mark.parametrize("type_name", ["lib.tPerson", "b:tPerson"])
def test_a_type_of_an_imported_model_is_found_by_its_qualified_name(type_name):
    main = model("a", imports("lib", "b") + decision("d", "{name: 1}", type_name=type_name))
    assert decide("d", {}, main, LIBRARY) is None
    assert decide("d", {}, main.replace(b"name: 1", b'name: "An"'), LIBRARY) == {"name": "An"}


def test_an_import_of_an_import_is_reached_through_both_and_decided_once():
    base = model("c", given("n", "n", "number") + decision("twice", "n * 2", takes("#n")))
    one = model("b", imports("c", "c") + decision("x", "c.twice + 1", needs("urn:c#twice")))
    two = one.replace(b"urn:b", b"urn:e").replace(b"+ 1", b"+ 2")
    main = model(
        "a", imports("one", "b") + imports("two", "e") + decision("d", "[one.x, two.x]", needs("urn:b#x", "urn:e#x"))
    )
    files = {"0": main, "1": one, "2": two, "3": base}
    found = dmn.parse(main, imports=files).decision("d")
    assert found.variables == {"n"}
    assert found.evaluate({"n": 4}).value == [9, 10]
    assert found.evaluate({"one": {"c": {"n": 1}}}).value == [3, 4]


def test_an_import_without_a_name_makes_one_model_of_two():
    main = model("a", imports("", "b") + decision("d", 'greet({name: sir name}) + "!"', takes("#in") + knows("#greet")))
    assert decide("d", {"sir name": "An"}, main, LIBRARY) == "Hello An!"
    assert decide("the greeting", {"sir name": "An"}, main, LIBRARY) == "Hello An"
    assert dmn.parse(main, imports={"b": LIBRARY}).ids == ["d"]
    outer = model("z", imports("", "a") + decision("e", "the greeting", needs("#g")))
    assert decide("e", {"sir name": "An"}, outer, main, LIBRARY) == "Hello An"


@pytest.mark.parametrize("href", ["#third", "urn:b#third"])
def test_where_names_are_the_same_the_importing_model_is_right(href):
    other = model("b", decision("second", "third", needs(href)) + decision("third", '"of b"'))
    main = model(
        "a", imports("", "b") + decision("d", "second", needs("#second")) + decision("third", '"of a"', key="k")
    )
    assert decide("d", {}, main, other) == "of a"


@pytest.mark.parametrize("name", ["", "x"])
def test_models_that_import_each_other_or_themselves_are_read(name):
    path = f"{name}." if name else ""
    other = model("b", imports(name, "a") + decision("second", "2"))
    main = model("a", imports(name, "b") + imports(name, "a") + decision("d", f"{path}second", needs("urn:b#second")))
    assert decide("d", {}, main, other) == 2


def test_a_cycle_of_requirements_over_two_models_is_refused():
    other = model("b", imports("a", "a") + decision("x", "a.y", needs("urn:a#y")))
    main = model("a", imports("b", "b") + decision("y", "b.x", needs("urn:b#x")))
    assert [code for _, code in problems(main, other)] == ["cycle"]


def test_what_stands_in_the_way_of_an_import_is_a_problem():
    assert problems(model("a", imports("x", "nowhere"))) == [("0.dmn", "import_missing")]
    assert problems(model("a", imports("x", "b", importType="http://www.dmg.org/PMML-4_1"))) == [
        ("0.dmn", "import_type")
    ]
    faulty = model("b", decision("d", "1 +"))
    assert problems(model("a", imports("x", "b")), faulty) == [("1.dmn", "feel_syntax")]
    assert problems(model("a", imports("x", "b") + decision("d", "1", needs("urn:b#none"))), LIBRARY) == [
        ("0.dmn", "unknown_reference")
    ]
    assert problems(model("a", imports("x", "b")), b"<broken") == [("0.dmn", "import_missing")]
    chain = [model(f"m{n}", imports("", f"m{n + 1}")) for n in range(80)]
    assert problems(*chain) == [("64.dmn", "too_many_imports")]


def test_of_two_models_with_one_namespace_the_named_file_is_taken():
    main = model("a", imports("x", "b", locationURI="some/where/2.dmn") + decision("d", "x.v", needs("urn:b#v")))
    assert decide("d", {}, main, model("b", decision("v", "1")), model("b", decision("v", "2"))) == 2


def test_two_models_may_be_imported_under_one_name():
    main = model(
        "a", imports("x", "b") + imports("x", "c") + decision("d", "[x.v, x.w]", needs("urn:b#v", "urn:c#w"), "x.tW")
    )
    other = model("c", '<itemDefinition name="tW" isCollection="true"><typeRef>number</typeRef></itemDefinition>')
    other = other.replace(b"</definitions>", decision("w", "2").encode() + b"</definitions>")
    assert decide("d", {}, main, model("b", decision("v", "1")), other) == [1, 2]


def test_a_prefix_may_mean_a_model_inside_an_imported_one():
    middle = model("m", imports("", "b"))
    main = model("a", imports("x", "m") + decision("d", "{name: 1}", type_name="b:tPerson"))
    assert decide("d", {}, main, middle, LIBRARY) is None
    assert decide("d", {}, main.replace(b"name: 1", b'name: "An"'), middle, LIBRARY) == {"name": "An"}


def test_a_reference_may_name_the_model_itself():
    main = model("a", decision("d", "e + 1", needs("urn:a#e")) + decision("e", "1"))
    assert decide("d", {}, main) == 2


def test_a_service_of_imported_decisions_takes_their_qualified_names():
    main = model(
        "a",
        imports("lib", "b")
        + '<decisionService id="s" name="serve"><outputDecision href="urn:b#g"/><inputData href="urn:b#in"/>'
        + "</decisionService>"
        + decision("d", 'serve(lib.sir name: "An")', knows("#s")),
    )
    assert decide("d", {}, main, LIBRARY) == "Hello An"
    assert decide("serve", {"sir name": "Bình"}, main, LIBRARY) == "Hello Bình"


def test_a_bundle_is_read_alone_as_the_model_with_its_imports():
    base = model("c", given("n", "n", "number") + decision("twice", "n * 2", takes("#n")))
    middle = model("b", imports("c", "c") + imports("", "a") + decision("x", "c.twice + 1", needs("urn:c#twice")))
    main = model("a", imports("one", "b") + decision("d", "one.x", needs("urn:b#x")))
    beside = {"main.dmn": main, "middle.dmn": middle, "base.dmn": base, "other.dmn": LIBRARY, "readme": b"no model"}
    bundled = dmn.bundle(main, "main.dmn", beside)
    assert dmn.parse(bundled).decision("d").evaluate({"n": 4}).value == 9
    assert dmn.bundle(bundled, "main.dmn", {}) == bundled
    assert b"sir name" not in bundled
    assert dmn.bundle(base, "base.dmn", beside) == base
    assert dmn.bundle(b"<broken", "broken.dmn", beside) == b"<broken"
    faulty = dmn.bundle(main, "main.dmn", beside | {"middle.dmn": middle.replace(b"c.twice + 1", b"1 +")})
    assert problems(faulty) == [("middle.dmn", "feel_syntax")]


def test_a_folder_is_deployed_with_the_models_that_its_decisions_import(tmp_path):
    main = model("a", imports("lib", "b") + decision("d", "lib.the greeting", needs("urn:b#g")))
    for name, content in (("task/main.dmn", main), ("shared/library.dmn", LIBRARY)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    folder = definitions.read_folder(tmp_path / "task")
    stored = dmn.parse(folder.decisions["d"])
    assert stored.decision("d").evaluate({"sir name": "An"}).value == "Hello An"
    assert facts_beside(tmp_path / "task" / "task.bpmn").decisions == {"d", "g"}
    (tmp_path / "shared/library.dmn").unlink()
    with pytest.raises(DefinitionError, match="import_missing"):
        definitions.read_folder(tmp_path / "task")
