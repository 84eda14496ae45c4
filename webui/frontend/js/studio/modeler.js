// The canvas: `camunda-bpmn-js` with our words, our font, our palette's place and our templates; or its viewer where there is
// no room to edit.
import CloudModeler from "camunda-bpmn-js/lib/camunda-cloud/Modeler";
import CloudViewer from "camunda-bpmn-js/lib/camunda-cloud/NavigatedViewer";
import { CopyAsImageModule } from "bpmn-js-copy-as-image";
import colorPicker from "bpmn-js-color-picker";
import exampleData from "@camunda/example-data-properties-provider";
import TextRenderer from "bpmn-js/lib/draw/TextRenderer";
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

// The icon of a task is drawn for boxes larger than ours: it is made smaller, and the name keeps clear of it.
class OfficeText extends TextRenderer {
  constructor(config) {
    super(config);
    const plain = this.createText;
    this.room = null; // what the next name keeps clear of, as padding
    this.createText = (text, options = {}) => plain(text, this.room ? { ...options, padding: this.room } : options);
  }
}
OfficeText.$inject = ["config.textRenderer"];

const ICON = 0.72;
const BELOW_ICON = { top: 15, right: 6, bottom: 3, left: 6 };
const ABOVE_MARK = { top: 3, right: 6, bottom: 18, left: 6 };
class SmallIcons {
  constructor(bpmnRenderer, textRenderer) {
    const { handlers } = bpmnRenderer;
    const call = handlers["bpmn:CallActivity"];
    handlers["bpmn:CallActivity"] = (place, element, attrs) => {
      textRenderer.room = ABOVE_MARK;
      const drawn = call(place, element, attrs);
      textRenderer.room = null;
      return drawn;
    };
    for (const kind of ["User", "Service", "Send", "Receive", "Manual", "Script", "BusinessRule"]) {
      const draw = handlers[`bpmn:${kind}Task`];
      handlers[`bpmn:${kind}Task`] = (place, element, attrs) => {
        textRenderer.room = element.businessObject.loopCharacteristics ? null : BELOW_ICON;
        const drawn = draw(place, element, attrs);
        textRenderer.room = null;
        for (const path of place.querySelectorAll(":scope > path")) {
          const top = Number(/^\s*m\s*[-\d.]+[\s,]+([-\d.]+)/i.exec(path.getAttribute("d") ?? "")?.[1]);
          if (top < element.height / 2) path.style.transform = `scale(${ICON})`;
        }
        return drawn;
      };
    }
  }
}
SmallIcons.$inject = ["bpmnRenderer", "textRenderer"];
const drawingModule = {
  __init__: ["smallIcons"],
  smallIcons: ["type", SmallIcons],
  textRenderer: ["type", OfficeText],
};

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
  if (parts.viewOnly) return new CloudViewer({ container: parts.canvas, additionalModules: [translateModule, drawingModule], ...look });
  return new Modeler({
    container: parts.canvas,
    ...look,
    additionalModules: [translateModule, drawingModule, paletteModule, panelModule, templatesModule],
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

// Brings an element into sight, and selects it.
export function show(modeler, element, select = true) {
  if (!element) return;
  modeler.get("canvas").scrollToElement(element, { top: 120, bottom: 120, left: 160, right: 160 });
  if (select) modeler.get("selection", false)?.select(element);
}
