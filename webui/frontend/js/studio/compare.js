// What is different between two files of the same process, as sentences. Layout counts once, not shape by shape.
import { diff } from "bpmn-js-differ";
import { BpmnModdle } from "bpmn-moddle";
import zeebe from "zeebe-bpmn-moddle/resources/zeebe.json";
import { nameOf } from "./modeler.js";
import { t } from "./words.js";

const NOISE = /(^|\.)(\$|di\b|incoming|outgoing|flowNodeRef|\$parent)/;

// `theirs` and `mine` are XML; the list tells how mine differs from theirs.
export async function compare(theirs, mine) {
  const moddle = new BpmnModdle({ zeebe });
  const [before, after] = await Promise.all([theirs, mine].map(async (xml) => (await moddle.fromXML(xml)).rootElement));
  const found = diff(before, after);
  const lines = [];
  for (const element of Object.values(found._added)) lines.push({ kind: "added", text: nameOf(element) });
  for (const element of Object.values(found._removed)) lines.push({ kind: "removed", text: nameOf(element) });
  for (const { model, attrs } of Object.values(found._changed)) {
    const facts = Object.entries(attrs).filter(([name]) => !NOISE.test(name));
    if (!facts.length) continue;
    const what = facts.map(([name, change]) => fact(name, change));
    lines.push({ kind: "changed", text: `${nameOf(model)}: ${what.join("; ")}` });
  }
  const moved = Object.keys(found._layoutChanged).length;
  if (moved) lines.push({ kind: "changed", text: t("{count} elements were moved", { count: moved }) });
  return lines;
}

// The differ names a scalar's new value `oldValue` and the other way round.
function fact(name, { oldValue: now, newValue: was }) {
  const label = { name: t("Name"), "extensionElements.values": t("Properties"), documentation: t("Documentation") }[name] ?? name.replace(/^.*\./, "");
  const plain = (value) => value === undefined || ["string", "number", "boolean"].includes(typeof value);
  if (!plain(was) || !plain(now)) return t("{what} changed", { what: label });
  return `${label} “${was ?? ""}” → “${now ?? ""}”`;
}
