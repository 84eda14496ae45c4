// Writing: a draft saves itself two seconds after the last key, and when the page goes out of sight; files can be dropped.
let timer;

export function compose() {
  // Where a condition of the form reads this field, the form is asked for again with what was typed.
  document.addEventListener("change", async (event) => {
    const form = event.target.closest("form[data-autosave]");
    if (!form || !event.target.closest("[data-refresh]")) return;
    clearTimeout(timer);
    await save(form);
    const page = await fetch(form.dataset.autosave.replace(/\/luu$/, ""))
      .then((answer) => (answer.ok ? answer.text() : ""))
      .catch(() => ""); // the server does not answer, or the page is being left
    const fresh = new DOMParser().parseFromString(page, "text/html").getElementById("fields");
    const old = document.getElementById("fields");
    if (fresh && old) renew(old, fresh);
  });
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-autosave]");
    if (!form || event.target.type === "password" || event.target.type === "file") return;
    form.dataset.changed = "1";
    clearTimeout(timer);
    timer = setTimeout(() => save(form), 2000);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "hidden") return;
    for (const form of document.querySelectorAll("form[data-autosave][data-changed]")) save(form, true);
  });
  document.addEventListener("submit", (event) => {
    clearTimeout(timer);
    delete event.target.dataset.changed;
  });
  document.addEventListener("htmx:beforeRequest", () => {
    for (const form of document.querySelectorAll("form[data-autosave][data-changed]")) save(form, true);
  });
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const drop = event.target.closest?.(".drop");
      if (!drop || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragenter" || kind === "dragover");
      if (kind !== "drop") return;
      const input = drop.querySelector("input[type=file]");
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
  document.addEventListener("change", (event) => {
    const drop = event.target.closest(".drop");
    if (!drop || event.target.type !== "file" || !event.target.files.length) return;
    const limit = Number(drop.dataset.limit);
    const told = drop.querySelector(".told");
    if (event.target.files[0].size > limit) {
      event.target.value = "";
      told.textContent = drop.dataset.tooLarge;
      told.className = "told t-late";
      return;
    }
    drop.querySelector("button").click();
  });
}

// Puts the fields as they should be now in the place of the old ones. Whoever typed in the meantime goes on typing.
function renew(old, fresh) {
  const twin = (field) => {
    const name = `[name="${CSS.escape(field.name)}"]`;
    return fresh.querySelector(/radio|checkbox/.test(field.type) ? `${name}[value="${CSS.escape(field.value)}"]` : name);
  };
  for (const field of old.querySelectorAll("input, select, textarea")) {
    const next = twin(field);
    if (next) Object.assign(next, /radio|checkbox/.test(field.type) ? { checked: field.checked } : { value: field.value });
  }
  const here = document.activeElement;
  const next = old.contains(here) && here.name ? twin(here) : null;
  const caret = next && /text/.test(here.type) ? [here.selectionStart, here.selectionEnd] : null;
  old.replaceWith(fresh);
  next?.focus({ preventScroll: true });
  if (caret) next.setSelectionRange(...caret);
}

// Saves once; a second save waits for the first, so that an older text never overwrites a newer one.
const waiting = new WeakMap();

async function save(form, leaving = false) {
  const before = waiting.get(form);
  if (before && !leaving) await before;
  delete form.dataset.changed;
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File || name === "password") data.delete(name);
  const told = form.querySelector(".saved") ?? document.querySelector(".saved");
  const sent = fetch(form.dataset.autosave, {
    method: "POST",
    body: data,
    keepalive: leaving,
    headers: { Accept: "application/json" },
  })
    .then(async (answer) => {
      if (!answer.ok || !answer.headers.get("Content-Type")?.includes("json")) throw new Error(String(answer.status));
      const { saved, version } = await answer.json();
      const seen = form.elements.namedItem("seen_version");
      if (seen && version !== undefined) seen.value = version;
      told?.classList.remove("lost");
      if (told) told.querySelector("span").textContent = saved;
    })
    .catch(() => {
      form.dataset.changed = "1";
      told?.classList.add("lost");
      if (told) told.querySelector("span").textContent = told.dataset.lost;
    });
  waiting.set(form, sent);
  await sent;
}
