// A decision: the button says what the chosen option does, the reason says whether it is needed, the password is asked
// for where the choice is a signature.
export function decide() {
  document.addEventListener("change", (event) => {
    if (event.target.name !== "outcome") return;
    follow(event.target.form);
    event.target.form.querySelector("[data-reason]")?.scrollIntoView({ block: "nearest" });
  });
  const all = () => document.querySelectorAll("form[data-decision]").forEach(follow);
  all();
  document.addEventListener("htmx:afterSwap", all);
}

function follow(form) {
  if (!form?.matches("[data-decision]")) return;
  const chosen = form.querySelector("input[name=outcome]:checked");
  const button = form.querySelector("[data-decide]");
  if (!button) return; // decided already, or somebody else's
  const label = button.querySelector("span");
  button.dataset.plain ??= label.textContent;
  label.textContent = chosen ? chosen.dataset.button : button.dataset.choose;
  for (const icon of button.querySelectorAll("i")) icon.toggleAttribute("hidden", icon.dataset.kind !== chosen?.dataset.kind);
  if (button.dataset.blocked === undefined) {
    if (chosen) button.removeAttribute("aria-disabled");
    else button.setAttribute("aria-disabled", "true");
  } else {
    // Conditions that are not met close the way forward only; a draft can still be sent back.
    if (chosen && !["approve", "edit"].includes(chosen.dataset.kind)) button.removeAttribute("aria-disabled");
    else button.setAttribute("aria-disabled", "true");
  }
  const reason = form.querySelector("[data-reason]");
  if (reason) {
    const needed = Number(chosen?.dataset.reasonMin ?? 0);
    reason.querySelector("textarea").toggleAttribute("required", needed > 0);
    reason.querySelector("label > span").textContent = needed ? reason.dataset.labelReason : reason.dataset.label;
    reason.querySelector(".opt").textContent = needed ? reason.dataset.needed : reason.dataset.optional;
  }
  const password = form.querySelector("[data-password]");
  if (password) {
    const signs = chosen?.dataset.signs !== undefined;
    password.hidden = !signs;
    password.querySelector("input").disabled = !signs;
  }
}
