// The canvas: `camunda-bpmn-js` with our words, our font, our palette's place and our templates; or its viewer where there is
// no room to edit.
import CloudModeler from "camunda-bpmn-js/lib/camunda-cloud/Modeler";
import CloudViewer from "camunda-bpmn-js/lib/camunda-cloud/NavigatedViewer";
import { CopyAsImageModule } from "bpmn-js-copy-as-image";
import colorPicker from "bpmn-js-color-picker";
import exampleData from "@camunda/example-data-properties-provider";
import minimap from "diagram-js-minimap";
import details from "camunda-bpmn-js/lib/camunda-cloud/features/popup-menu";
import { DefaultHandlersModule, ResourcesModule } from "camunda-bpmn-js/lib/camunda-cloud/features/external-resources";
import { panelModule } from "./panel.js";
import { paletteModule } from "./palette.js";
import { templatesModule } from "./templates.js";
import { t, translateModule } from "./words.js";

// Colours mean something here (done, late, version compared), so nobody paints; the rest serves other engines than ours.
const LEFT_OUT = new Set([colorPicker, CopyAsImageModule, exampleData, minimap, details, DefaultHandlersModule, ResourcesModule]);
const FONT = '"So", "Be Vietnam Pro", sans-serif';

class Modeler extends CloudModeler {}
Modeler.prototype._modules = CloudModeler.prototype._modules.filter((part) => !LEFT_OUT.has(part));

// Text is measured once, when it is drawn: the letters must be there before.
export async function fontsReady() {
  const sample = "Ký duyệt 0123456789";
  await Promise.all(["400 12px", "500 12px"].map((size) => document.fonts.load(`${size} ${FONT}`, sample)));
  await document.fonts.ready;
}

export function createModeler(parts) {
  const look = {
    textRenderer: {
      defaultStyle: { fontFamily: FONT, fontSize: 12, fontWeight: 500, lineHeight: 1.35 },
      externalStyle: { fontSize: 12, fontWeight: 400, lineHeight: 1.35 },
    },
    bpmnRenderer: { defaultFillColor: "#fff", defaultStrokeColor: "#4a4641", defaultLabelColor: "#1d1b19" },
  };
  if (parts.viewOnly) return new CloudViewer({ container: parts.canvas, additionalModules: [translateModule], ...look });
  return new Modeler({
    container: parts.canvas,
    ...look,
    additionalModules: [translateModule, paletteModule, panelModule, templatesModule],
    paletteHolder: { element: parts.palette },
    propertiesPanel: {
      parent: parts.panel,
      // Nothing here sends the reader to another maker's pages.
      getFeelPopupLinks: () => [],
      tooltip: {},
      description: {},
      layout: { groups: { general: { open: true } } },
    },
    // What was typed is in the model at once: else a save right after a key stores what was there before.
    debounceInput: false,
    elementTemplateChooser: true,
    alignToOrigin: { alignOnSave: false }, // looking at a drawing must not change it
    exporter: { name: "Trình Ký", version: "1" },
  });
}

// What the user sees of an element: its name, else what kind of thing it is.
export function nameOf(element) {
  const bo = element?.businessObject ?? element;
  if (!bo) return "";
  const text = (bo.name ?? "").replace(/\s+/g, " ").trim();
  if (text) return text;
  const kind = bo.$type.replace("bpmn:", "").replace(/(\B[A-Z])/g, " $1");
  return t(kind.charAt(0) + kind.slice(1).toLowerCase());
}

// Fits the whole diagram, but never smaller than can be read, nor larger than it is; the top left corner shows then.
export function fit(modeler, whole = false) {
  const canvas = modeler.get("canvas");
  canvas.zoom("fit-viewport");
  const box = canvas.viewbox();
  const scale = Math.min(1, whole ? box.scale : Math.max(box.scale, 0.8));
  if (scale === box.scale) return;
  const { inner, outer } = box;
  const margin = 24 / scale;
  canvas.viewbox({ x: inner.x - margin, y: inner.y - margin, width: outer.width / scale, height: outer.height / scale });
}

export function show(modeler, id) {
  const element = modeler.get("elementRegistry").get(id);
  if (!element) return null;
  modeler.get("canvas").scrollToElement(element, { top: 120, bottom: 120, left: 160, right: 160 });
  modeler.get("selection", false)?.select(element);
  return element;
}
