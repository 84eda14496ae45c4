// Keys: g then a letter goes somewhere, j and k walk the list, Enter opens, c takes a task, Ctrl+Enter finishes, ? lists them.
// A person can switch all but the browser's own off in the profile menu (WCAG 2.1.4).
let going = false;

export function keys() {
  const on = () => document.body.dataset.shortcuts === "on";
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      const button = document.querySelector("[data-finish]");
      if (button && on() && button.getAttribute("aria-disabled") !== "true" && confirm(button.dataset.confirm)) {
        event.preventDefault();
        button.form.requestSubmit(button);
      }
      return;
    }
    if (!on() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
    if (going) {
      going = false;
      const link = document.querySelector(`[data-go-key="${CSS.escape(event.key)}"]`);
      if (link) {
        event.preventDefault();
        location.assign(link.href);
      }
      return;
    }
    const act = {
      g: () => {
        going = true;
        setTimeout(() => (going = false), 1500);
      },
      j: () => walk(1),
      k: () => walk(-1),
      c: () => document.querySelector("[data-claim]")?.click(),
      "?": () => document.getElementById("keys")?.showModal(),
      Escape: () => document.querySelector(".row.selected a")?.focus(),
    }[event.key];
    if (!act) return;
    if (event.key !== "Escape") event.preventDefault();
    act();
  });
}

function walk(step) {
  const links = [...document.querySelectorAll(".row > a")];
  if (!links.length) return;
  const here = links.indexOf(document.activeElement);
  const from = here >= 0 ? here : links.findIndex((link) => link.closest(".selected"));
  const next = links[Math.min(Math.max(from + step, 0), links.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}
