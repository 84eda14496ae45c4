"""Models damaged at random: compiling answers with a definition or with DefinitionError, never with anything else, and
what compiles can be started."""

import itertools
import pathlib
import random

import pytest
from lxml import etree

from engine import bpmn, errors
from kernel_models import NOW, environment, xml

ROOT = pathlib.Path(__file__).parents[2]
MIWG = sorted((ROOT.parent / "shared" / "bpmn-miwg").glob("*.bpmn"))
RICH = xml(
    """
    <laneSet id="ls"><lane id="l1"><flowNodeRef>a</flowNodeRef></lane></laneSet><dataObject id="do" name="draft"/>
    <startEvent id="s"/><exclusiveGateway id="g"/>
    <userTask id="a">[in x -> y][out y -> z][each xs as x; out ys = x]</userTask>
    <boundaryEvent id="b" attachedToRef="a">[timer Duration P1D]</boundaryEvent><complexGateway id="c">
      <activationCondition>=activationCount > 1</activationCondition></complexGateway>
    <boundaryEvent id="bc" attachedToRef="a">[compensate]</boundaryEvent><task id="h" isForCompensation="true"/>
    <association id="as" sourceRef="bc" targetRef="h"/><eventBasedGateway id="eg"/>
    <intermediateCatchEvent id="ic">[message m]</intermediateCatchEvent><receiveTask id="r" messageRef="m"/>
    <subProcess id="sub"><startEvent id="is"/><scriptTask id="sc">[script x -> y]</scriptTask>
    <endEvent id="ie">[error er]</endEvent>
      <subProcess id="h2" triggeredByEvent="true"><startEvent id="hs">[error er]</startEvent></subProcess>
      ~ is sc ie
    </subProcess>
    <adHocSubProcess id="ah"><completionCondition>=x</completionCondition><task id="t1" startQuantity="2"/>
    </adHocSubProcess>
    <callActivity id="ca">[call p]</callActivity><intermediateThrowEvent id="th">[link L]</intermediateThrowEvent>
    <intermediateCatchEvent id="lc">[link L]</intermediateCatchEvent><endEvent id="e">[terminate]</endEvent>
    ~ s g
    ~ g a if x > 1
    ~ g eg default
    ~ a c sub ca ah th
    ~ eg ic c
    ~ eg r e
    ~ b e
    ~ lc e
    """,
    around="""
    <message id="m" name="n"><ext><zeebe:subscription correlationKey="=x"/></ext></message>
    <error id="er" errorCode="E"/>
    <message id="m2" name="m2"/><correlationProperty id="cp"><correlationPropertyRetrievalExpression messageRef="m2">
      <messagePath>x</messagePath></correlationPropertyRetrievalExpression></correlationProperty>
    <resource id="re" name="Văn thư"/><interface id="if" name="I"><operation id="op" name="o"/></interface>
    <globalUserTask id="gt" name="G"/>
    <process id="q"><startEvent id="qs">[message m2]</startEvent><callActivity id="qc" calledElement="gt"/>
    <correlationSubscription id="cs" correlationKeyRef="ck"><correlationPropertyBinding correlationPropertyRef="cp">
      <dataPath>x</dataPath></correlationPropertyBinding></correlationSubscription>
    <serviceTask id="qj" operationRef="op"/><sendTask id="qt" messageRef="m2"/>
    <userTask id="qu"><potentialOwner id="po">
      <resourceRef>re</resourceRef></potentialOwner><humanPerformer id="hp"><resourceAssignmentExpression>
      <formalExpression>user(x)</formalExpression></resourceAssignmentExpression></humanPerformer>
      <multiInstanceLoopCharacteristics behavior="Complex"><loopCardinality>2</loopCardinality>
      <complexBehaviorDefinition id="cb"><condition>x > 1</condition><event id="ev">[signal sg]</event>
      </complexBehaviorDefinition></multiInstanceLoopCharacteristics></userTask>
      <boundaryEvent id="qb" attachedToRef="qu"><eventDefinitionRef>ed</eventDefinitionRef></boundaryEvent>
    ~ qs qc qj qt qu
    </process><signal id="sg" name="s"/><signalEventDefinition id="ed" signalRef="sg"/>
    <collaboration id="co"><participant id="pa" processRef="p"/><participant id="pb" processRef="q"/>
      <correlationKey id="ck"><correlationPropertyRef>cp</correlationPropertyRef></correlationKey>
      <messageFlow id="mf2" sourceRef="th" targetRef="pb"/>
      <messageFlow id="mf" sourceRef="th" targetRef="ic"/></collaboration>
    """,
)
CORPUS = [RICH, *(p.read_bytes() for p in [*sorted((ROOT / "workflows").glob("*/*.bpmn")), *MIWG])]
TEXTS = [
    "",
    "=",
    "=1 +",
    "=function(x) x",
    "P1D",
    "R3/PT1H",
    "2022-13-45",
    "-1",
    "99999999999",
    "x" * 300,
    "ữ",
    "=[1..10]",
    "true",
]


def damage(data: bytes, chance: random.Random) -> bytes:
    """One to six faults: attributes and elements lost, doubled, renamed, moved or given other values."""
    root = etree.fromstring(data)
    for _ in range(chance.randint(1, 6)):
        nodes = [n for n in root.iter(etree.Element) if n is not root]
        if not nodes:
            break
        node = chance.choice(nodes)
        parent = node.getparent()
        assert parent is not None
        names = list(node.attrib)
        match chance.randrange(9):
            case 0:
                parent.remove(node)
            case 1:
                parent.append(etree.fromstring(etree.tostring(node)))
            case 2 if names:
                del node.attrib[chance.choice(names)]
            case 3 if names:
                node.set(chance.choice(names), chance.choice(TEXTS))
            case 4 if names:
                other = chance.choice(nodes)
                node.set(chance.choice(names), other.get("id") or other.get("name") or "")
            case 5:
                node.text = chance.choice(TEXTS)
            case 6:
                node.tag = chance.choice(nodes).tag
            case 7:
                chance.choice([n for n in nodes if n is not node and node not in n.iterancestors()] or [root])
                target = chance.choice(nodes)
                if target is not node and node not in list(target.iterancestors()):
                    target.append(node)
            case _:
                node.set(chance.choice(["id", "default", "isInterrupting", "attachedToRef", "isForCompensation"]), "a")
    return etree.tostring(root)


def look(data: bytes) -> str:
    """What became of a damaged file."""
    try:
        lenient = bpmn.compile(data, strict=False)
    except errors.DefinitionError:
        return "not opened"
    try:
        env = environment(lenient, agenda_limit=300)
        outcome = bpmn.start(lenient, {"x": 2, "xs": [1, 2]}, NOW, env)
        assert bpmn.view(outcome.state) is not None
        fate = "started"
    except errors.Conflict:
        fate = "not started"
    try:
        bpmn.compile(data)
    except errors.DefinitionError as refused:
        assert refused.problems and all(p.code and p.message for p in refused.problems)
        return "refused"
    return fate


@pytest.mark.parametrize("seed", range(8))
def test_damaged_models_are_refused_in_order(seed: int) -> None:
    chance = random.Random(seed)
    fates = [look(damage(CORPUS[n % len(CORPUS)], chance)) for n in range(60)]
    assert "refused" in fates


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_five_thousand_damaged_models_are_refused_in_order() -> None:
    chance = random.Random(2022)
    for data in itertools.islice(itertools.cycle(CORPUS), 6_000):
        look(damage(data, chance))


def test_the_undamaged_models_are_not_refused() -> None:
    assert look(RICH) == "started"
