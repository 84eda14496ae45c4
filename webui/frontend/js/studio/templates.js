// Element templates: the steps that an office knows (work, gate, consultation, milestone). They come from the server; the
// choices of roles, forms and steps are filled in here. A step that was drawn without a template is recognised by its
// properties and shown with the same fields; its XML stays as it is.
import CommandInterceptor from "diagram-js/lib/command/CommandInterceptor";
import { language } from "./words.js";

const NONE = { name: "–", value: "" };

export const property = (bo, name) =>
  bo
    ?.get("extensionElements")
    ?.get("values")
    ?.find((value) => value.$type === "zeebe:Properties")
    ?.get("properties")
    ?.find((one) => one.name === name)?.value;

const extension = (bo, type) =>
  bo
    ?.get("extensionElements")
    ?.get("values")
    ?.find((value) => value.$type === type);

// The template that would have made this element; null when there is none.
export function recognise(bo) {
  if (!bo?.$type) return null;
  if (bo.$type === "bpmn:UserTask") {
    const gate = property(bo, "gate");
    if (gate) return `trinhky.gate.${gate}`;
    const consultation = property(bo, "consultation");
    if (consultation) return `trinhky.consultation.${consultation}`;
    return "trinhky.step";
  }
  if (bo.$type === "bpmn:CallActivity") {
    return { ca_internal_consultation: "trinhky.call.consultation", ca_sign_and_issue: "trinhky.call.sign_and_issue" }[
      extension(bo, "zeebe:CalledElement")?.processId
    ] ?? null;
  }
  if (bo.$type === "bpmn:EndEvent" && property(bo, "result")) return "trinhky.end";
  if (bo.$type === "bpmn:IntermediateThrowEvent" && property(bo, "milestone")) return "trinhky.milestone";
  if (bo.$type === "bpmn:BoundaryEvent" && property(bo, "silence")) return "trinhky.silence";
  return null;
}

// Whether it was made by a template: of another house when it is none of ours. The panel then says so.
const foreign = (bo) => Boolean(bo.get?.("zeebe:modelerTemplate"));

// What a template asks, with the choices of this house and this diagram. `{{roles}}` and the like stand in for choices.
function filled(template, choices, words) {
  const say = (text) => (text && words[text]) || text;
  return {
    ...template,
    name: say(template.name),
    description: say(template.description),
    category: template.category && { ...template.category, name: say(template.category.name) },
    groups: template.groups?.map((group) => ({ ...group, label: say(group.label), tooltip: say(group.tooltip) })),
    properties: template.properties.map((one) => {
      const made = { ...one, label: say(one.label), description: say(one.description) };
      if (one.choices) {
        const place = /^{{(\w+)}}$/.exec(one.choices[0]?.value ?? "")?.[1];
        const list = place ? choices(place, one) : one.choices.map((choice) => ({ ...choice, name: say(choice.name) }));
        const known = new Set(list.map((choice) => choice.value));
        const used = choices("used", one).filter((value) => value && !known.has(value));
        made.choices = [...(one.constraints?.notEmpty ? [] : [NONE]), ...list, ...used.map((value) => ({ name: value, value }))];
      }
      return made;
    }),
  };
}

export const newest = (service, id) => (id ? (service.getLatest(id)?.[0] ?? null) : null);

export class OfficeTemplates {
  constructor(elementTemplates, elementTemplatesPropertiesProvider, propertiesPanel, elementRegistry, eventBus) {
    this._service = elementTemplates;
    this._registry = elementRegistry;
    this._raw = [];
    this._options = {};
    this._seen = "";
    // The panel shows a recognised step with the fields of its template. Only the panel: commands see the model as it is.
    const own = elementTemplatesPropertiesProvider._elementTemplates;
    const lens = Object.create(own);
    lens.get = (asked, version) =>
      own.get(asked, version) ?? (asked?.businessObject && !foreign(asked.businessObject) ? newest(own, recognise(asked.businessObject)) : null);
    elementTemplatesPropertiesProvider._elementTemplates = lens;
    const services = propertiesPanel._injector;
    propertiesPanel._injector = Object.create(services, {
      get: { value: (name, strict) => (name === "elementTemplates" ? lens : services.get(name, strict)) },
    });
    this.lens = lens;
    eventBus.on("commandStack.changed", () => this.refresh());
    eventBus.on("import.done", () => this.refresh());
  }

  load(templates, options) {
    this._raw = templates;
    this._options = options;
    this._seen = "";
    this.refresh();
  }

  // Steps come and go while the analyst draws: the lists of steps follow.
  refresh() {
    if (!this._raw.length) return;
    const tasks = this._registry
      .filter((element) => /^bpmn:(UserTask|CallActivity|SubProcess)$/.test(element.type) && !element.labelTarget)
      .map((element) => ({ value: element.id, name: element.businessObject.name || element.id }));
    const used = {};
    for (const element of this._registry.getAll()) {
      const bo = element.businessObject;
      for (const one of extension(bo, "zeebe:Properties")?.get("properties") ?? []) (used[one.name] ??= new Set()).add(one.value);
      const groups = extension(bo, "zeebe:AssignmentDefinition")?.candidateGroups;
      if (groups) (used.candidateGroups ??= new Set()).add(groups);
      const form = extension(bo, "zeebe:FormDefinition")?.formId;
      if (form) (used.formId ??= new Set()).add(form);
    }
    const seen = JSON.stringify([tasks, Object.entries(used).map(([name, values]) => [name, [...values]])]);
    if (seen === this._seen) return;
    this._seen = seen;
    const listed = (list) => (list ?? []).map(({ id, name }) => ({ value: id, name: name && name !== id ? name : id }));
    const choices = (place, one) => {
      if (place === "used") return [...(used[one.binding.name ?? one.binding.property] ?? [])];
      if (place === "steps") return tasks;
      return listed(this._options[place]);
    };
    this._service.set(
      this._raw.map((template) => filled(template, choices, language === "en" ? (template.metadata?.en ?? {}) : {})),
    );
  }
}
OfficeTemplates.$inject = [
  "elementTemplates",
  "elementTemplatesPropertiesProvider",
  "propertiesPanel",
  "elementRegistry",
  "eventBus",
];

// A consultation asks many at once: its template makes the step a multi-instance, which templates alone cannot say.
class AskMany extends CommandInterceptor {
  constructor(eventBus, bpmnFactory, modeling) {
    super(eventBus);
    const ask = (element) => {
      const bo = element?.businessObject;
      if (bo?.$type !== "bpmn:UserTask" || bo.loopCharacteristics) return;
      if (!bo.get("zeebe:modelerTemplate")?.startsWith("trinhky.consultation.")) return;
      const loop = bpmnFactory.create("bpmn:MultiInstanceLoopCharacteristics", { isSequential: false });
      const over = bpmnFactory.create("zeebe:LoopCharacteristics", {
        inputCollection: "=participants",
        inputElement: "participant",
      });
      loop.extensionElements = bpmnFactory.create("bpmn:ExtensionElements", { values: [over] });
      over.$parent = loop.extensionElements;
      loop.extensionElements.$parent = loop;
      loop.$parent = bo;
      modeling.updateProperties(element, { loopCharacteristics: loop });
    };
    this.postExecuted("propertiesPanel.zeebe.changeTemplate", ({ context }) => ask(context.element));
    this.postExecuted("shape.create", ({ context }) => ask(context.shape));
  }
}
AskMany.$inject = ["eventBus", "bpmnFactory", "modeling"];

// The package asks for `move` where it means the mouse (2.0.0): a template that has to be put down by hand, as one for the
// edge of a step, would fail when it is chosen by Enter.
class MouseForAppending {
  constructor(elementTemplatesAppendProvider, mouse) {
    elementTemplatesAppendProvider._mouse = mouse;
  }
}
MouseForAppending.$inject = ["elementTemplatesAppendProvider", "mouse"];

export const templatesModule = {
  __init__: ["officeTemplates", "askMany", "mouseForAppending"],
  mouseForAppending: ["type", MouseForAppending],
  officeTemplates: ["type", OfficeTemplates],
  askMany: ["type", AskMany],
};
