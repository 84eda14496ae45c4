// The diagram in its frame: as large as it can be read, where the case stands in the middle; smaller, larger, fitting.
const STEPS = [0.35, 0.5, 0.65, 0.8, 1, 1.25, 1.5];

export function diagram() {
  const frame = document.getElementById("diagram");
  const svg = frame?.querySelector("svg");
  const bar = document.querySelector("[data-zoom]");
  if (!svg || !bar) return;
  const width = Number(svg.getAttribute("width"));
  const height = Number(svg.getAttribute("height"));
  const room = () => frame.clientWidth - 32;
  let scale = 1;
  const show = (next) => {
    const middle = (frame.scrollLeft + frame.clientWidth / 2) / scale;
    scale = next;
    svg.style.width = `${width * scale}px`;
    svg.style.height = `${height * scale}px`;
    frame.scrollLeft = middle * scale - frame.clientWidth / 2;
  };
  const fit = () => Math.min(room() / width, (frame.clientHeight - 24) / height, 1);
  bar.hidden = false;
  bar.addEventListener("click", (event) => {
    const by = event.target.closest("[data-zoom-by]")?.dataset.zoomBy;
    if (by === "0") show(fit());
    if (by === "1") show(STEPS.find((step) => step > scale + 0.01) ?? scale);
    if (by === "-1") show([...STEPS].reverse().find((step) => step < scale - 0.01) ?? scale);
  });
  const settle = () => {
    show(Math.min(1, Math.max(room() / width, 0.8)));
    const here = svg.querySelector(".el.late, .el.active");
    if (!here) return;
    const at = here.getBoundingClientRect();
    const box = frame.getBoundingClientRect();
    frame.scrollLeft += at.left + at.width / 2 - box.left - frame.clientWidth / 2;
    frame.scrollTop += at.top + at.height / 2 - box.top - frame.clientHeight / 2;
  };
  settle();
  window.addEventListener("hashchange", settle); // on a phone the frame opens by its address
}

// Lines of steps that were done long ago open where they are.
export function folds() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-unfold]");
    if (!link) return;
    event.preventDefault();
    unfold(link.closest("table"));
  });
}

function unfold(table) {
  for (const row of table.querySelectorAll(".folded")) row.classList.remove("folded");
  table.querySelector(".fold")?.remove();
}

// A click on a step finds its line in the table below; a click on a line's number finds the step.
export function pairs() {
  const point = (row) => {
    if (row.matches(".folded")) unfold(row.closest("table"));
    for (const other of document.querySelectorAll(".pointed")) other.classList.remove("pointed");
    row.classList.add("pointed");
    row.scrollIntoView({ block: "center" });
  };
  const found = (event) => event.target.closest?.("#diagram [data-element]")?.dataset.element;
  const open = (event) => {
    const row = found(event) && document.getElementById(`b-${found(event)}`);
    if (row) point(row);
  };
  document.addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter") open(event);
  });
}
