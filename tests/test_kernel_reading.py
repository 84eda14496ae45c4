"""What the schema of BPMN allows to write in several ways means the same in all of them."""

import pytest

from engine import bpmn
from kernel_models import BPMN, Case

BODY = """
    <startEvent id="s"/>
    <userTask id="a"/>
    <boundaryEvent id="undone" attachedToRef="REF:a"><compensateEventDefinition/></boundaryEvent>
    <userTask id="undo" isForCompensation="YES"/>
    <association id="x" sourceRef="REF:undone" targetRef="REF:undo"/>
    <subProcess id="sub">
      <startEvent id="si"/><userTask id="b"><multiInstanceLoopCharacteristics isSequential="YES">
        <loopDataInputRef>REF:items</loopDataInputRef><inputDataItem id="item"/></multiInstanceLoopCharacteristics>
      </userTask>
      <sequenceFlow id="si_b" sourceRef="REF:si" targetRef="REF:b"/>
      <subProcess id="aside" triggeredByEvent="YES"><startEvent id="as" isInterrupting="NO">
        <signalEventDefinition signalRef="REF:signal"/></startEvent><userTask id="c"/>
        <sequenceFlow id="as_c" sourceRef="as" targetRef="c"/></subProcess>
    </subProcess>
    <boundaryEvent id="stop" attachedToRef="REF:sub" cancelActivity="YES">
      <messageEventDefinition messageRef="REF:message"/>
    </boundaryEvent>
    <dataObject id="items"/>
    <exclusiveGateway id="g" default="REF:g_e"/>
    <endEvent id="e"><compensateEventDefinition activityRef="REF:a" waitForCompletion="YES"/></endEvent>
    <endEvent id="f"/>
    <sequenceFlow id="s_a" sourceRef="REF:s" targetRef="REF:a"/>
    <sequenceFlow id="a_sub" sourceRef="a" targetRef="sub"/>
    <sequenceFlow id="stop_g" sourceRef="stop" targetRef="g"/>
    <sequenceFlow id="g_f" sourceRef="g" targetRef="f"><conditionExpression>false</conditionExpression></sequenceFlow>
    <sequenceFlow id="g_e" sourceRef="g" targetRef="e"/>
"""


@pytest.mark.parametrize(
    ("prefix", "yes", "no"),
    [("", "true", "false"), ("tns:", "true", "false"), ("", "1", "0"), (" tns:", " true ", " 0 "), ("\n ", "\n1", "0")],
)
def test_references_with_a_prefix_and_truth_as_a_digit(prefix: str, yes: str, no: str) -> None:
    body = BODY.replace("REF:", prefix).replace("YES", yes).replace("NO", no)
    text = f"""<definitions xmlns="{BPMN}" xmlns:tns="t" targetNamespace="t"><signal id="signal" name="Signal"/>
        <message id="message" name="Message"/><process id="first" isExecutable="{no}"><task id="other"/></process>
        <process id="p" isExecutable="{yes}">{body}</process></definitions>"""
    case = Case(bpmn.compile(text.encode()), items=[1, 2])
    assert case.do("a").waiting() == ["b"]
    case.deliver("signal", "Signal")
    assert case.waiting() == ["b", "c"]
    case.deliver("message", "Message")
    assert case.waiting() == ["undo"]
    assert case.do("undo").ended == "completed"


def test_what_a_flow_element_may_contain_is_read() -> None:
    text = f"""<definitions xmlns="{BPMN}" xmlns:v="urn:vendor">
        <interface id="i" name="I"><operation id="o" name="O"/></interface>
        <process id="p" v:mark="1"><extensionElements><v:any><v:thing id="s"/></v:any></extensionElements>
        <supportedInterfaceRef>i</supportedInterfaceRef><laneSet/><laneSet id="l"><lane id="empty"/></laneSet>
        <subProcess id="sub"><categoryValueRef>v</categoryValueRef><userTask id="a"/></subProcess>
        <textAnnotation id="t"><text>x</text></textAnnotation><group id="g" categoryValueRef="v"/></process>
        <category id="c"><categoryValue id="v" value="V"/></category></definitions>"""
    assert Case(bpmn.compile(text.encode())).waiting() == ["a"]


def test_flows_need_no_ids() -> None:
    flows = [("s", "g"), ("g", "j"), ("g", "j"), ("g", "a"), ("a", "j"), ("j", "b")]
    text = f"""<definitions xmlns="{BPMN}"><process id="p"><startEvent id="s"/><userTask id="a"/>
        <parallelGateway id="g"/>
        <parallelGateway id="j"/><userTask id="b"/><textAnnotation id="g_a"/>
        {"".join(f'<sequenceFlow sourceRef="{a}" targetRef="{b}"/>' for a, b in flows)}</process></definitions>"""
    definition = bpmn.compile(text.encode())
    assert set(definition.flows) == {"s_g", "g_j", "g_j_2", "g_a_3", "a_j", "j_b"}
    case = Case(definition)
    assert case.waiting() == ["a"]
    assert case.do("a").waiting() == ["b"]
