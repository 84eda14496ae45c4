// Everything here makes a working page quicker; no page needs it. One listener a kind of event, on the document, so that
// what htmx brings in later works too.
import htmx from "htmx.org/dist/htmx.esm.js";
import { compose } from "./compose.js";
import { decide } from "./decide.js";
import { diagram, folds, pairs } from "./diagram.js";
import { keys } from "./keys.js";
import { page } from "./page.js";

window.htmx = htmx;
for (const part of [page, compose, decide, diagram, folds, pairs, keys]) part(htmx);
document.documentElement.dataset.ready = "";
