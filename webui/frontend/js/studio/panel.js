// The properties panel in office words: what a step is for comes first, ids and technical properties come last.
import { Group } from "@bpmn-io/properties-panel";
import { t } from "./words.js";

// Entries of the general group that only matter to those who read the file.
const TECHNICAL = new Set(["id", "processId", "versionTag", "isExecutable", "participant-id"]);
// Groups that no one of our engine's makers serves.
const FOREIGN = new Set(["exampleData", "agentDefinition", "tasklist"]);
// Groups that repeat what a template's own fields say.
const SAID_BY_TEMPLATE = new Set([
  "assignmentDefinition",
  "form",
  "userTaskImplementation",
  "calledElement",
]);
const LAST = ["inputs", "outputs", "Zeebe__ExecutionListeners", "Zeebe__TaskListeners", "extensionProperties"];
const LOWEST = 100;

class OfficePanel {
  constructor(propertiesPanel, officeTemplates) {
    propertiesPanel.registerProvider(LOWEST, this);
    this._templates = officeTemplates;
  }
  getGroups(element) {
    return (groups) => {
      const template = this._templates.lens.get(element);
      const bound = new Set(template?.properties.map((one) => one.binding.type) ?? []);
      const technical = [];
      let kept = [];
      for (const group of groups) {
        if (FOREIGN.has(group.id)) continue;
        if (template && SAID_BY_TEMPLATE.has(group.id) && repeats(group.id, bound)) continue;
        if (group.id === "general") {
          technical.push(...group.entries.filter((entry) => TECHNICAL.has(entry.id)));
          const entries = group.entries.filter((entry) => !TECHNICAL.has(entry.id));
          if (entries.length) kept.push({ ...group, entries, label: t("Information"), shouldOpen: true });
        } else if (group.id === "ElementTemplates__Template" && template) kept.push({ ...group, label: template.name });
        else kept.push(group);
      }
      const info = kept.find((group) => group.id === "general");
      const words = kept.find((group) => group.id === "documentation");
      if (info && words) {
        info.entries = [...info.entries, ...words.entries];
        kept = kept.filter((group) => group !== words);
      }
      const late = (group) => LAST.indexOf(group.id);
      kept = [...kept.filter((group) => late(group) < 0), ...kept.filter((group) => late(group) >= 0).sort((a, b) => late(a) - late(b))];
      if (technical.length) kept.push({ id: "advanced", label: t("Advanced"), component: Group, entries: technical });
      return kept;
    };
  }
}
OfficePanel.$inject = ["propertiesPanel", "officeTemplates"];

function repeats(group, bound) {
  return (
    {
      assignmentDefinition: bound.has("zeebe:assignmentDefinition"),
      form: bound.has("zeebe:formDefinition"),
      userTaskImplementation: bound.has("zeebe:userTask"),
      calledElement: bound.has("zeebe:calledElement"),
    }[group] ?? false
  );
}

export const panelModule = { __init__: ["officePanel"], officePanel: ["type", OfficePanel] };
