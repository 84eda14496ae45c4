// Names of lanes stay in sight at the left edge when the drawing is scrolled: who does a step is half of what it says.
export function pinLanes(modeler, sheet) {
  const canvas = modeler.get("canvas");
  const registry = modeler.get("elementRegistry");
  const strip = document.createElement("div");
  strip.className = "lanes";
  strip.setAttribute("aria-hidden", "true"); // the drawing itself has them
  sheet.append(strip);
  let lanes = [];
  const HEAD = 30; // where the lane's own name is written

  const find = () => {
    const bands = registry.filter((one) => /^bpmn:(Lane|Participant)$/.test(one.type) && one.businessObject.name && !one.labelTarget);
    // Only the innermost bands: a pool with lanes is named by them.
    lanes = bands.filter((band) => !bands.some((other) => other !== band && other.parent === band));
    strip.replaceChildren(
      ...lanes.map((lane) => {
        const name = document.createElement("span");
        name.textContent = lane.businessObject.name;
        return name;
      }),
    );
    place();
  };
  const place = () => {
    const { x, y, scale } = canvas.viewbox();
    const left = Math.max(0, ...lanes.map((lane) => x - lane.x - HEAD / 2));
    strip.hidden = !lanes.length || left <= 0;
    lanes.forEach((lane, number) => {
      const name = strip.children[number];
      name.style.top = `${(lane.y - y) * scale}px`;
      name.style.height = `${lane.height * scale}px`;
    });
  };
  modeler.on(["import.done", "commandStack.changed"], find);
  modeler.on("canvas.viewbox.changed", place);
  find();
}
