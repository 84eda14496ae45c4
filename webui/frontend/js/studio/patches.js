// Texts that the packages write past their `translate`: put right after they appear. Which ones stay English is listed in
// docs/decisions/0007-studio.md; nothing here touches the maker's mark.
import { language, t } from "./words.js";

const ATTRIBUTES = ["title", "aria-label", "placeholder", "alt"];

// Some of these texts carry a number.
const COUNTED = /^List contains (\d+) items?$/;
const worded = (text) => {
  const found = COUNTED.exec(text);
  return found ? t("List contains {n} items", { n: found[1] }) : t(text);
};

export function keepWords(root) {
  if (language !== "vi") return;
  const mend = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const text = node.data.trim();
      const said = text && worded(text);
      if (said && said !== text) node.data = node.data.replace(text, said);
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE || node.closest(".djs-container svg, .cm-content, input, textarea, .bjs-powered-by")) return;
    for (const name of ATTRIBUTES) {
      const text = node.getAttribute(name)?.trim();
      const said = text && worded(text);
      if (said && said !== text) node.setAttribute(name, said);
    }
    for (const child of node.childNodes) mend(child);
  };
  const watch = (place) => {
    mend(place);
    new MutationObserver((changes) => {
      for (const change of changes) {
        if (change.type !== "childList") mend(change.target);
        else for (const node of change.addedNodes) mend(node);
      }
    }).observe(place, { childList: true, subtree: true, characterData: true, attributeFilter: ATTRIBUTES });
  };
  for (const place of root.querySelectorAll("[data-panel], [data-palette], .djs-popup-parent")) watch(place);
  // Menus and the search open in the canvas' frame, the large FEEL editor at the end of the body.
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) if (node.nodeType === Node.ELEMENT_NODE) mend(node);
  }).observe(document.body, { childList: true });
  const canvas = root.querySelector(".djs-container");
  if (canvas) {
    new MutationObserver((changes) => {
      for (const change of changes)
        for (const node of change.addedNodes)
          if (node.nodeType === Node.ELEMENT_NODE && node.matches(".djs-popup-parent, .djs-popup, .djs-search-container, .djs-context-pad-parent")) watch(node);
    }).observe(canvas, { childList: true });
  }
}
