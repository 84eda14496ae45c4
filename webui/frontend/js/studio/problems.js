// Problems: asked of the server for what is on the canvas, listed, shown at their elements, and played step by step.
import { nameOf, show } from "./modeler.js";
import { send } from "./server.js";
import { count, t } from "./words.js";

const WAIT = 1_200; // after the last change
const PATIENCE = 60_000; // with a server that does not answer

// Where a problem or an act shows: its element; the pool of a process. A process without a pool is the paper itself, and
// what would be marked there would colour everything on it.
function spot(modeler, id) {
  const registry = modeler.get("elementRegistry");
  const found = id && (registry.get(id) ?? registry.find((one) => one.businessObject?.processRef?.id === id));
  return found?.parent ? found : null;
}

export class Problems {
  constructor(modeler, place, draft, root) {
    this.modeler = modeler;
    this.place = place;
    this.draft = draft;
    this.list = root.querySelector("[data-problems]");
    this.told = root.querySelector("[data-check-state]");
    this.counted = root.querySelector("[data-problem-count]");
    this.player = root.querySelector("[data-player]");
    this.found = [];
    this.marked = [];
    this.asking = null;
    this.again = false;
    this.list.addEventListener("click", (event) => {
      const row = event.target.closest("[data-problem]");
      if (!row) return;
      if (event.target.closest("[data-play]")) this.play(Number(row.dataset.problem));
      else this.choose(Number(row.dataset.problem));
    });
    this.list.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const all = step && [...this.list.querySelectorAll(".go")];
      const next = all?.[all.indexOf(event.target) + step];
      if (!next) return;
      event.preventDefault();
      next.focus();
    });
    this.player.addEventListener("click", (event) => {
      const act = event.target.closest("[data-act]")?.dataset.act;
      if (act === "previous") this.step(-1);
      if (act === "next") this.step(1);
      if (act === "stop") this.stop();
    });
    this.player.addEventListener("keydown", (event) => {
      const act = { ArrowLeft: () => this.step(-1), ArrowRight: () => this.step(1), Escape: () => this.stop() }[event.key];
      if (!act) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    });
  }

  watch() {
    this.modeler.on("commandStack.changed", () => {
      this.stop();
      this.told.textContent = t("Changed since the last check");
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.check(), WAIT);
    });
    this.modeler.on("selection.changed", ({ newSelection }) => this.follow(newSelection[0]?.id));
  }

  // Asks the server, one question at a time: what is asked meanwhile is asked once more afterwards. The server goes on
  // with a question that nobody waits for any longer. Returns whether there is no error, null when unknown.
  check() {
    clearTimeout(this.timer);
    this.told.textContent = t("Checking…");
    this.list.setAttribute("aria-busy", "true");
    this.again = Boolean(this.asking);
    this.asking ??= this.ask().finally(() => {
      this.asking = null;
      if (this.again) this.check();
    });
    return this.asking;
  }

  async ask() {
    try {
      const answer = await send(this.place, this.place.checkUrl, {
        method: "POST",
        body: await this.draft.xml(),
        signal: AbortSignal.timeout(PATIENCE),
        headers: { "Content-Type": "application/xml" },
      });
      const said = await answer.json().catch(() => ({}));
      if (this.again) return null;
      if (!answer.ok && !said.problems) throw new Error(String(answer.status));
      this.tell(said.problems ?? [], said);
      return !this.found.some((one) => one.severity === "error");
    } catch {
      if (this.again) return null;
      this.told.textContent = t("The check did not answer. The drawing is not affected");
      this.list.removeAttribute("aria-busy");
      return null;
    }
  }

  tell(problems, { states, complete } = {}) {
    this.stop();
    this.found = [...problems].sort((a, b) => (a.severity === "error" ? 0 : 1) - (b.severity === "error" ? 0 : 1));
    const errors = this.found.filter((one) => one.severity === "error").length;
    this.counted.textContent = count(this.found.length);
    const looked =
      states === undefined || states === null
        ? ""
        : complete === false && states > 0
          ? t("{n} states looked at, not all of them", { n: count(states) })
          : states > 0
            ? t("{n} states looked at", { n: count(states) })
            : complete === false
              ? t("the runs were not looked at")
              : "";
    const one = (text, many, n) => t(n === 1 ? text : many, { n: count(n) });
    const verdict = errors
      ? one("1 error stands in the way of deploying", "{n} errors stand in the way of deploying", errors)
      : this.found.length
        ? one("no error, 1 warning", "no error, {n} warnings", this.found.length)
        : t("no fault found");
    this.told.textContent = [looked, verdict].filter(Boolean).join(", ").replace(/^./, (c) => c.toUpperCase());
    this.list.removeAttribute("aria-busy");
    this.list.replaceChildren(...this.found.map((one, number) => this.row(one, number)));
    if (!this.found.length) {
      const none = document.createElement("li");
      none.className = "none";
      none.textContent = t("No problems.");
      this.list.append(none);
    }
    this.mark();
  }

  row(one, number) {
    const row = document.getElementById("problem-row").content.firstElementChild.cloneNode(true);
    row.dataset.problem = number;
    row.classList.add(one.severity);
    row.querySelector(".kind b").textContent = one.severity === "error" ? t("Error") : t("Warning");
    for (const icon of row.querySelectorAll("[data-severity]")) icon.toggleAttribute("hidden", icon.dataset.severity !== one.severity);
    const element = spot(this.modeler, one.element);
    row.querySelector(".where").textContent = element && !one.message.includes(nameOf(element)) ? `${nameOf(element)}: ` : "";
    row.querySelector(".what").textContent = one.message;
    row.querySelector(".go").toggleAttribute("data-nowhere", !element);
    const play = row.querySelector("[data-play]");
    play.hidden = !one.run?.length;
    if (one.run?.length) play.setAttribute("aria-label", `${t("Play the run")}: ${one.message}`);
    return row;
  }

  // A badge with the number of problems at each element; its words say which.
  mark() {
    const canvas = this.modeler.get("canvas");
    const overlays = this.modeler.get("overlays");
    overlays.remove({ type: "problem" });
    for (const [id, cls] of this.marked) if (this.modeler.get("elementRegistry").get(id)) canvas.removeMarker(id, cls);
    this.marked = [];
    const at = new Map();
    this.found.forEach((one, number) => {
      const element = spot(this.modeler, one.element);
      if (element) at.set(element.id, [...(at.get(element.id) ?? []), number]);
    });
    for (const [id, numbers] of at) {
      const element = this.modeler.get("elementRegistry").get(id);
      const worst = numbers.some((number) => this.found[number].severity === "error") ? "error" : "warning";
      const badge = document.createElement("button");
      badge.type = "button";
      badge.className = `problem-badge ${worst}`;
      badge.dataset.at = id;
      badge.textContent = numbers.length;
      const said = numbers.map((number) => this.found[number].message).join("\n");
      badge.title = said;
      badge.setAttribute("aria-label", `${nameOf(element)}: ${said}`);
      badge.addEventListener("click", () => this.choose(numbers[0]));
      const middle = element.waypoints?.[Math.floor((element.waypoints.length - 1) / 2)];
      const position = middle ? { left: middle.x - element.x - 10 || 0, top: middle.y - element.y - 10 || 0 } : { top: -11, right: 11 };
      overlays.add(id, "problem", { position: element.waypoints ? { top: -10, left: 8 } : position, html: badge });
      canvas.addMarker(id, `has-${worst}`);
      this.marked.push([id, `has-${worst}`]);
    }
  }

  choose(number) {
    const one = this.found[number];
    if (!one) return;
    this.pick(number);
    show(this.modeler, spot(this.modeler, one.element));
    this.bubble(one);
  }

  pick(number) {
    for (const row of this.list.querySelectorAll("[data-problem]")) {
      const here = Number(row.dataset.problem) === number;
      row.classList.toggle("picked", here);
      if (here) row.scrollIntoView({ block: "nearest" });
    }
  }

  // Selecting an element on the canvas finds its problem in the list.
  follow(id) {
    const picked = this.list.querySelector(".picked");
    if (picked && spot(this.modeler, this.found[Number(picked.dataset.problem)]?.element)?.id === id) return;
    this.modeler.get("overlays").remove({ type: "problem-words" });
    const number = this.found.findIndex((one) => one.element === id);
    this.pick(id && number >= 0 ? number : -1);
  }

  bubble(one) {
    const overlays = this.modeler.get("overlays");
    overlays.remove({ type: "problem-words" });
    const element = spot(this.modeler, one.element);
    if (!element) return;
    const words = document.createElement("div");
    words.className = `problem-words ${one.severity}`;
    words.textContent = one.message;
    overlays.add(element, "problem-words", { position: { top: -14, left: 0 }, html: words });
  }

  // --- the shortest run that shows the fault ------------------------------------------------------------------------

  play(number) {
    this.stop();
    this.pick(number);
    this.run = this.found[number].run;
    this.fault = this.found[number];
    this.at = -1;
    this.modeler.get("selection", false)?.select([]); // its tools would lie on the run
    this.player.hidden = false;
    this.step(1);
    this.player.querySelector("[data-act=next]").focus();
  }

  step(by) {
    if (!this.run) return;
    this.at = Math.min(Math.max(this.at + by, 0), this.run.length);
    const canvas = this.modeler.get("canvas");
    this.clear();
    const over = this.at === this.run.length; // one more than the acts: the fault itself
    for (const act of this.run.slice(0, this.at)) this.light(canvas, act.element, "run-done");
    const act = over ? { element: this.fault.element, words: this.fault.message } : this.run[this.at];
    this.light(canvas, act.element, over ? "run-fault" : "run-now");
    show(this.modeler, spot(this.modeler, act.element), false);
    this.player.querySelector("[data-run-at]").textContent = over
      ? t("End of the run")
      : t("Step {n} of {all}", { n: this.at + 1, all: this.run.length });
    this.player.querySelector("[data-run-words]").textContent = act.words ?? "";
    const [back, next] = ["previous", "next"].map((name) => this.player.querySelector(`[data-act=${name}]`));
    back.setAttribute("aria-disabled", String(this.at === 0));
    next.setAttribute("aria-disabled", String(over));
  }

  light(canvas, id, cls) {
    const element = spot(this.modeler, id);
    if (!element) return;
    canvas.addMarker(element, cls);
    (this.lit ??= []).push([element.id, cls]);
  }

  clear() {
    const canvas = this.modeler.get("canvas");
    for (const [id, cls] of this.lit ?? []) if (this.modeler.get("elementRegistry").get(id)) canvas.removeMarker(id, cls);
    this.lit = [];
  }

  stop() {
    if (!this.run) return;
    this.clear();
    this.run = null;
    this.player.hidden = true;
  }
}
