// What the studio says, in the language of the page. English is the key, as in the catalogues of the server; `vi.js` holds
// our words and those for the texts of the packages, which have none of their own.
import { VI } from "./vi.js";

export const language = document.documentElement.lang === "en" ? "en" : "vi";

// Looks a text up and fills its `{places}`; what has no translation stays as it is.
export function t(text, params = {}) {
  const found = language === "vi" ? (VI[text] ?? text) : text;
  return String(found).replace(/{(\w+)}/g, (whole, name) => (name in params ? params[name] : whole));
}

// For the packages: they ask a service `translate`.
export const translateModule = { translate: ["value", t] };

// Numbers and times as the reader writes them.
export const count = (number) => number.toLocaleString(language === "vi" ? "vi-VN" : "en-GB");
export const clock = (moment) =>
  moment.toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Ho_Chi_Minh" });
export const stamp = (moment) =>
  `${clock(moment)} ${moment.toLocaleDateString("vi-VN", { day: "2-digit", month: "2-digit", year: "numeric", timeZone: "Asia/Ho_Chi_Minh" })}`;
