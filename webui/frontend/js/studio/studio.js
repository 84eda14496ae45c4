// The studio: an analyst draws a process, reads what is wrong with it at its elements, and deploys it as a new version.
// Loaded by its own page only; the pages of everybody else know nothing of it.
import { compare } from "./compare.js";
import { Draft, savedAt } from "./draft.js";
import { pinLanes } from "./lanes.js";
import { createModeler, fit, fontsReady } from "./modeler.js";
import { keepWords } from "./patches.js";
import { Problems } from "./problems.js";
import { send } from "./server.js";
import { clock, stamp, t } from "./words.js";

const root = document.getElementById("modeler");
const find = (selector) => root.querySelector(selector);
const place = root.dataset;
const dialog = (name) => document.getElementById(`studio-${name}`);
const viewOnly = window.innerWidth < 700 || place.readOnly !== undefined;
// The canvas stands on paper; a dark one would show black lines on black.
document.documentElement.dataset.theme = "light";

function tell(words, kind = "warn") {
  const note = find("[data-note]");
  note.hidden = !words;
  note.className = `note ${kind}`;
  note.querySelector("span").textContent = words;
}

const page = {
  state(code, words) {
    const shown = find("[data-saved]");
    if (!shown) return;
    shown.dataset.state = code;
    const text = shown.querySelector("span");
    if (text.textContent !== words) text.textContent = words;
    version();
  },
  conflict: (found, mine) => conflict(found, mine),
  refused: (list) => problems.tell(list),
};

let modeler, draft, problems;

function version() {
  const tag = find("[data-version]");
  if (!tag || !draft) return;
  tag.querySelector("span").textContent =
    draft.etag.startsWith("0") && !draft.changed ? t("Version in force") : t("Draft, revision {n}", { n: draft.etag });
}

async function start() {
  const [loaded, templates, options] = await Promise.all([
    fetchModel(),
    json(place.templatesUrl, []),
    json(place.optionsUrl, {}),
    fontsReady(),
  ]);
  modeler = createModeler({ canvas: find("[data-canvas]"), palette: find("[data-palette]"), panel: find("[data-panel]"), viewOnly });
  draft = new Draft(modeler, place, page);
  problems = new Problems(modeler, place, draft, root);
  root.modeler = modeler; // for the browser tests and for looking closer
  keepWords(root);
  if (!loaded) {
    tell(t("The process could not be loaded. Try again in a moment."), "late");
    return;
  }
  draft.etag = loaded.etag ?? "0";
  if (!(await open(loaded.xml))) return;
  if (!viewOnly) {
    modeler.get("officeTemplates").load(templates, options);
    draft.watch();
    problems.watch();
    toolbar();
    keys();
    await offer(loaded.xml);
    page.state("saved", draft.etag.startsWith("0") ? t("No draft yet") : t("All saved"));
  }
  zooming();
  pinLanes(modeler, find("[data-canvas]"));
  new ResizeObserver(() => modeler.get("canvas").resized()).observe(find("[data-canvas]"));
  await problems.check();
}

const fetchModel = () => new Draft(null, place, page).fetch().catch(() => null);

const json = (url, otherwise) =>
  fetch(url, { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : otherwise))
    .catch(() => otherwise);

// Shows a file; what it could not read is said.
async function open(xml) {
  try {
    const { warnings } = await modeler.importXML(xml);
    find("[data-empty]").hidden = true;
    if (warnings.length) {
      const said = warnings.slice(0, 3).map((one) => one.message.split("\n")[0]);
      tell(t("Read with {n} warnings: {what}", { n: warnings.length, what: said.join(" · ") }));
    }
    fit(modeler);
    return true;
  } catch (error) {
    const bare = /no diagram to display|no process or collaboration/i.test(error.message);
    tell(
      bare
        ? t("The file has no drawing: only the process itself. Upload it again to have it laid out.")
        : t("The file cannot be shown: {why}", { why: error.message.split("\n")[0] }),
      "late",
    );
    return false;
  }
}

// --- the bar -------------------------------------------------------------------------------------------------------

function toolbar() {
  const stack = modeler.get("commandStack");
  const able = () => {
    find("[data-do=undo]").setAttribute("aria-disabled", String(!stack.canUndo()));
    find("[data-do=redo]").setAttribute("aria-disabled", String(!stack.canRedo()));
    const name = modeler.get("canvas").getRootElement().businessObject;
    const process = name.$type === "bpmn:Collaboration" ? name.participants?.[0] : name;
    if (process?.name) find("[data-name]").textContent = process.name;
  };
  modeler.on("commandStack.changed", able);
  able();
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    actions[button.dataset.do]?.(button);
  });
  root.addEventListener("keydown", (event) => {
    if (event.target.closest("[data-canvas]") || !(event.ctrlKey || event.metaKey)) return;
    if (event.target.closest("input, textarea, [contenteditable], [data-panel]")) return;
    if (event.key === "z" || event.key === "y") {
      event.preventDefault();
      actions[event.key === "y" || event.shiftKey ? "redo" : "undo"]();
    }
  });
}

const actions = {
  save: () => save(),
  check: () => problems.check(),
  undo: () => modeler.get("commandStack").undo(),
  redo: () => modeler.get("commandStack").redo(),
  fit: () => fit(modeler, true),
  keys: () => dialog("keys").showModal(),
  download: () => draft.download(),
  deploy: () => deploy(),
};

// What is being typed belongs to what is saved.
function flush() {
  const here = document.activeElement;
  if (!here || !here.closest("[data-panel], .djs-direct-editing-parent")) return;
  here.blur();
  here.focus?.({ preventScroll: true });
}

async function save() {
  flush();
  await new Promise((done) => setTimeout(done)); // entries that write when they lose the focus do so now
  const direct = modeler.get("directEditing");
  if (direct.isActive()) direct.complete();
  return draft.save({ asked: true });
}

function keys() {
  document.addEventListener(
    "keydown",
    (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
        event.preventDefault();
        save();
      }
      const typing = event.target.closest?.("input, textarea, select, [contenteditable], dialog, .cm-editor");
      if (event.key === "?" && !typing && document.body.dataset.shortcuts === "on") {
        event.preventDefault();
        event.stopImmediatePropagation();
        dialog("keys").showModal();
      }
    },
    true,
  );
}

function zooming() {
  const canvas = modeler.get("canvas");
  const shown = find("[data-zoom-level]");
  const say = () => {
    shown.textContent = `${Math.round(canvas.zoom() * 100)}%`; // returning it would keep the event from the others
  };
  modeler.on("canvas.viewbox.changed", say);
  say();
  find("[data-zoom-bar]").addEventListener("click", (event) => {
    const by = event.target.closest("[data-zoom-by]")?.dataset.zoomBy;
    if (by === "0") canvas.zoom(1, "auto");
    else if (by) canvas.zoom(Math.min(4, Math.max(0.2, canvas.zoom() * (by === "1" ? 1.25 : 0.8))), "auto");
  });
}

// --- what was left behind by a closed window -------------------------------------------------------------------------

async function offer(xml) {
  const copy = await draft.left(xml);
  if (!copy) return;
  const bar = find("[data-recovery]");
  const overtaken = copy.etag !== draft.etag; // somebody has saved since: the server will say so
  bar.querySelector("span").textContent = t("This page was left at {at} with changes that were not saved.", { at: stamp(copy.at) });
  bar.hidden = false;
  bar.addEventListener("click", async (event) => {
    const act = event.target.closest("[data-recover]")?.dataset.recover;
    if (!act) return;
    bar.hidden = true;
    if (act === "drop") return draft.drop(copy);
    await save(); // what was drawn in the meantime is a revision of its own
    if (!(await open(copy.xml))) return;
    if (overtaken) draft.etag = copy.etag;
    draft.touch();
    await draft.keep();
    draft.drop(copy);
    problems.check();
    find("[data-canvas]").querySelector("svg")?.focus();
  });
}

// --- two analysts ----------------------------------------------------------------------------------------------------

const HAPPENED = {
  saved: "{who} saved at {at}. Nothing of either is lost: choose what to keep.",
  dropped: "{who} dropped the draft at {at}. Nothing of either is lost: choose what to keep.",
  deployed: "{who} deployed a new version at {at}. Nothing of either is lost: choose what to keep.",
};

async function conflict(found, mine) {
  const box = dialog("conflict");
  box.querySelector("[data-who]").textContent = t(HAPPENED[found.kind] ?? HAPPENED.saved, {
    who: found.saved_by ?? t("Somebody else"),
    at: savedAt(found.saved_at),
  });
  const list = box.querySelector("[data-differences]");
  list.replaceChildren(line("changed", t("Comparing…")));
  if (!box.open) box.showModal();
  const theirs = await draft.fetch(found.xml_url || place.modelUrl).catch(() => null);
  const lines = theirs ? await compare(theirs.xml, mine).catch(() => null) : null;
  list.replaceChildren(
    ...(lines?.length
      ? lines.map((one) => line(one.kind, one.text))
      : [line("changed", lines ? t("Both drawings say the same.") : t("The two could not be compared."))]),
  );
  box.onclick = async (event) => {
    const act = event.target.closest("[data-keep]")?.dataset.keep;
    if (!act) return;
    if (act === "download") return draft.download(mine);
    if (act === "mine") {
      box.close();
      draft.etag = found.etag === undefined ? draft.etag : String(found.etag).replace(/"/g, "");
      draft.changed = true;
      await draft.save({ asked: true });
    }
    if (act === "theirs") {
      const newest = theirs ?? (await draft.fetch().catch(() => null));
      if (!newest) return tell(t("The process could not be loaded. Try again in a moment."), "late");
      box.close();
      await open(newest.xml);
      draft.etag = String(found.etag ?? newest.etag).replace(/"/g, "");
      draft.changed = false;
      draft.stopped = false;
      draft.forget();
      page.state("saved", t("Opened as saved by {who}", { who: found.saved_by ?? "" }));
      problems.check();
    }
  };
}

function line(kind, text) {
  const item = document.createElement("li");
  item.className = kind;
  const sign = document.createElement("b");
  sign.textContent = { added: t("Added"), removed: t("Removed"), changed: t("Changed") }[kind];
  item.append(sign, ` ${text}`);
  return item;
}

// --- a new version ---------------------------------------------------------------------------------------------------

function deploy() {
  const box = dialog("deploy");
  const form = box.querySelector("form");
  const done = box.querySelector("[data-done]");
  const said = box.querySelector("[data-deploy-error]");
  form.hidden = false;
  done.hidden = true;
  const errors = problems.found.filter((one) => one.severity === "error").length;
  said.hidden = !errors;
  said.querySelector("span").textContent = errors ? t("There are errors: they have to be mended before.") : "";
  box.showModal();
  form.onsubmit = async (event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    said.hidden = true;
    const stop = (words) => {
      button.removeAttribute("aria-busy");
      said.hidden = false;
      said.querySelector("span").textContent = words;
    };
    try {
      if (!(await save())) {
        button.removeAttribute("aria-busy");
        if (draft.stopped) return box.close();
        return stop(t("The draft could not be saved, so nothing was deployed."));
      }
      const answer = await send(place, place.deployUrl, {
        method: "POST",
        body: JSON.stringify({ etag: draft.etag, note: form.note.value }),
        headers: { "Content-Type": "application/json" },
      });
      const found = await answer.json().catch(() => ({}));
      button.removeAttribute("aria-busy");
      if (answer.ok) {
        form.hidden = true;
        done.hidden = false;
        done.querySelector("[data-words]").textContent = t("Version {n} is in force. Running cases keep their version.", { n: found.version });
        const link = done.querySelector("a");
        link.href = found.url || place.processUrl;
        link.focus();
        draft.etag = `0.${found.version}`; // the draft is closed; the next one begins from this version
        page.state("saved", t("Version {n} deployed {at}", { n: found.version, at: clock(new Date()) }));
        return undefined;
      }
      if (answer.status === 409) {
        box.close();
        problems.tell(found.problems ?? []);
        tell(t("Not deployed: the errors below stand in the way."), "late");
        problems.choose(0);
        return undefined;
      }
      if (answer.status === 412) {
        box.close();
        return conflict(found, await draft.xml());
      }
      return stop(t("The server did not deploy. The draft is kept."));
    } catch {
      return stop(t("No connection: nothing was deployed. The draft is kept."));
    }
  };
}

// Anything that goes wrong above is said; the page never stays silent.
start()
  .catch((error) => {
    tell(t("The studio could not be opened: {why}", { why: error.message }), "late");
    console.error(error);
  })
  .finally(() => (root.dataset.ready = ""));
