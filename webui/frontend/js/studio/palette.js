// The palette stands beside the canvas, not over it, so that nothing is hidden under it; and it can be worked by keys.
import Palette from "diagram-js/lib/features/palette/Palette";
import consultation from "lucide-static/icons/users.svg";
import flag from "lucide-static/icons/flag.svg";
import signature from "lucide-static/icons/signature.svg";
import work from "lucide-static/icons/user-round.svg";
import { newest } from "./templates.js";
import { t } from "./words.js";

class SidePalette extends Palette {
  constructor(eventBus, canvas, holder) {
    super(eventBus, canvas);
    this._holder = holder.element;
    eventBus.on("palette.changed", () => this._label());
    this._holder.addEventListener("keydown", (event) => {
      const entry = event.target.closest(".entry");
      if (!entry) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        const all = [...this._holder.querySelectorAll(".entry")];
        const next = all[all.indexOf(entry) + (event.key === "ArrowDown" ? 1 : -1)];
        next?.focus();
        event.preventDefault();
      } else if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        entry.click();
      }
    });
  }
  _getParentContainer() {
    return this._holder;
  }
  _needsCollapse() {
    return false;
  }
  _label() {
    for (const entry of this._holder.querySelectorAll(".entry")) {
      entry.tabIndex = 0;
      entry.title = entry.getAttribute("aria-label") ?? "";
    }
    this._holder.setAttribute("aria-label", t("Palette"));
  }
}
SidePalette.$inject = ["eventBus", "canvas", "config.paletteHolder"];

// What is drawn most often: the steps that the office knows, ready to be put down.
const OFFICE = {
  "office-step": ["trinhky.step", work],
  "office-gate": ["trinhky.gate.signing", signature],
  "office-consultation": ["trinhky.consultation.internal", consultation],
  "office-milestone": ["trinhky.milestone", flag],
};

class OfficeEntries {
  constructor(palette, elementTemplates, create, eventBus) {
    this._templates = elementTemplates;
    this._create = create;
    palette.registerProvider(400, this);
    eventBus.on("elementTemplates.changed", () => palette._rebuild());
  }
  getPaletteEntries() {
    const entries = {};
    for (const [id, [name, icon]] of Object.entries(OFFICE)) {
      const template = newest(this._templates, name);
      if (!template) continue;
      const start = (event) => this._create.start(event, this._templates.createElement(template));
      const html = `<div class="entry office" draggable="true">${icon.replace(/<!--.*?-->/s, "").trim()}</div>`;
      entries[id] = { group: "office", html, title: t("Create: {what}", { what: template.name }), action: { dragstart: start, click: start } };
    }
    if (Object.keys(entries).length) entries["office-separator"] = { group: "office", separator: true };
    return (others) => {
      const { "hand-tool": hand, "lasso-tool": lasso, "space-tool": space, "global-connect-tool": connect, "tool-separator": line, ...rest } = others;
      const tools = { "hand-tool": hand, "lasso-tool": lasso, "space-tool": space, "global-connect-tool": connect, "tool-separator": line };
      return { ...Object.fromEntries(Object.entries(tools).filter(([, entry]) => entry)), ...entries, ...rest };
    };
  }
}
OfficeEntries.$inject = ["palette", "elementTemplates", "create", "eventBus"];

export const paletteModule = {
  __init__: ["officeEntries"],
  palette: ["type", SidePalette],
  officeEntries: ["type", OfficeEntries],
};
