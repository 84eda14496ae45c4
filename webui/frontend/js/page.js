// Small things of every page: menus, toasts, focus after a change, showing a password, forms sent once.
export function page() {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    const reveal = event.target.closest("[data-reveal]");
    if (reveal) {
      const input = document.getElementById(reveal.dataset.reveal);
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      reveal.setAttribute("aria-pressed", String(!shown));
      reveal.querySelector("span").textContent = shown ? reveal.dataset.show : reveal.dataset.hide;
      input.focus();
    }
    const shut = event.target.closest("[data-close]");
    shut?.closest(".toast")?.remove();
    shut?.closest("dialog")?.close();
    const phrase = event.target.closest("[data-phrase]");
    if (phrase) {
      const field = document.getElementById(phrase.dataset.phrase);
      field.value = field.value.trim() ? `${field.value.trim()} ${phrase.textContent.trim()}.` : `${phrase.textContent.trim()}.`;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    }
    const more = event.target.closest("[data-add-row]");
    if (more) {
      const rows = more.closest("form, details").querySelector("[data-rows]");
      const row = rows.lastElementChild.cloneNode(true);
      for (const field of row.querySelectorAll("input, textarea")) {
        field.value = "";
        field.removeAttribute("id");
      }
      rows.append(row);
      row.querySelector("input, textarea").focus();
    }
    const print = event.target.closest("[data-print]");
    if (print) window.print();
    const summaryLink = event.target.closest(".summary a[href^='#']");
    if (summaryLink) {
      const field = document.getElementById(summaryLink.hash.slice(1));
      if (field) {
        event.preventDefault();
        field.scrollIntoView({ block: "center" });
        field.focus({ preventScroll: true });
      }
    }
  });
  for (const button of document.querySelectorAll("[data-add-row]")) button.hidden = false;
  document.addEventListener("htmx:load", () => {
    for (const button of document.querySelectorAll("[data-add-row]")) button.hidden = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea[data-send]")) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("select[data-go]")) event.target.form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const submitter = event.submitter;
    if (event.defaultPrevented) return;
    if (submitter?.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
      const why = document.getElementById(submitter.getAttribute("aria-describedby"));
      why?.querySelector("a, input, button")?.focus();
      return;
    }
    if (form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    submitter?.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
    }
  });
  // htmx swaps the pane only where there is one, and leaves new tabs and windows to the browser.
  document.addEventListener("htmx:confirm", (event) => {
    const link = event.target.closest("a[href]");
    const click = event.detail.triggeringEvent;
    if (!link || !click) return;
    if (click.ctrlKey || click.metaKey || click.shiftKey) {
      event.preventDefault();
      window.open(link.href, "_blank");
    } else if (window.innerWidth < 700 && event.detail.target?.id === "detail") {
      event.preventDefault();
      location.assign(link.href);
    }
  });
  toasts();
  document.querySelector(".row.selected")?.scrollIntoView({ block: "nearest" });
  document.querySelector(".summary")?.focus();
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "detail") return;
    toasts();
    event.detail.target.querySelector("h1")?.focus({ preventScroll: true });
    for (const row of document.querySelectorAll(".row")) {
      const mine = row.dataset.task === event.detail.target.querySelector("[data-task]")?.dataset.task;
      row.classList.toggle("selected", mine);
      const link = row.querySelector("a");
      if (mine) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  });
}

function toasts() {
  for (const toast of document.querySelectorAll(".toast:not([data-timed])")) {
    toast.dataset.timed = "";
    let left = 6;
    const tick = setInterval(() => {
      if (toast.matches(":hover, :focus-within")) return;
      left -= 1;
      if (left > 0) return;
      clearInterval(tick);
      toast.remove();
    }, 1000);
  }
}
