// The draft: loading it, saving it under the revision that was seen, and keeping a copy in this browser until it is saved.
// Nothing that was drawn is lost: not by a server that does not answer, not by a colleague, not by a closed window.
import { send } from "./server.js";
import { clock, stamp, t } from "./words.js";

const IDLE = 2_000; // after the last change
const EVERY = 30_000; // at the latest, while somebody goes on drawing
const LATER = 10_000; // the next attempt after a failure

export class Draft {
  constructor(modeler, place, page) {
    this.modeler = modeler;
    this.place = place; // the data-… of the page
    this.page = page; // what to tell: state(code, words), conflict(found), refused(problems), etag()
    this.etag = "0";
    this.changed = false;
    this.stopped = false; // while a conflict waits for a decision
    this.saving = null;
    this.copies = `tk-studio ${place.person ?? ""} ${place.processId}`;
    // A copy for each tab: one that saves must not throw away what another one could not.
    this.key = `${this.copies} ${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
  }

  async fetch(url = this.place.modelUrl) {
    const answer = await fetch(url, { headers: { Accept: "application/xml" }, cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    return { xml: await answer.text(), etag: bare(answer.headers.get("ETag")) };
  }

  // The newest copy of an earlier visit that never reached the server. It stays until it is dropped; those that the
  // server has by now, and those of tabs that are still open, are none.
  async left(xml) {
    const found = [];
    try {
      // Without locks (no secure connection) nobody knows of other tabs: then their copies are offered too.
      const open = new Set((await navigator.locks?.query())?.held.map((lock) => lock.name));
      for (const key of Object.keys(localStorage).filter((one) => one === this.copies || one.startsWith(`${this.copies} `))) {
        if (key === this.key || open.has(key)) continue;
        const copy = JSON.parse(localStorage.getItem(key));
        if (copy.xml === xml) localStorage.removeItem(key);
        else found.push({ ...copy, key, at: new Date(copy.at) });
      }
    } catch {
      // a full or forbidden storage, or somebody else's text: there is no copy
    }
    return found.sort((a, b) => b.at - a.at)[0] ?? null;
  }

  drop(copy) {
    try {
      localStorage.removeItem(copy.key);
    } catch {
      // forbidden storage holds nothing
    }
  }

  watch() {
    navigator.locks?.request(this.key, () => new Promise(() => {})); // held as long as this tab is open
    this.modeler.on("commandStack.changed", () => this.touch());
    window.addEventListener("beforeunload", (event) => {
      if (!this.changed && !this.saving) return;
      event.preventDefault();
      event.returnValue = "";
    });
    // Going out of sight may be the last that this page hears.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && this.changed) this.keep().then(() => this.save());
    });
    window.addEventListener("online", () => this.changed && this.save());
  }

  touch() {
    this.changed = true;
    this.page.state("changed", t("Not saved yet"));
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.keep(), 400);
    this.due(IDLE);
    this.latest ??= setTimeout(() => this.save(), EVERY);
  }

  due(after) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), after);
  }

  async xml() {
    return (await this.modeler.saveXML({ format: true })).xml;
  }

  async keep() {
    if (!this.changed) return;
    try {
      const xml = await this.xml();
      if (this.changed) localStorage.setItem(this.key, JSON.stringify({ xml, etag: this.etag, at: Date.now() }));
    } catch {
      // without a copy the page still guards itself when it is left
    }
  }

  forget() {
    clearTimeout(this.keeping);
    this.drop(this);
  }

  // Saves what is on the canvas now; true when the server has it. One at a time, the newest last.
  async save({ asked = false } = {}) {
    clearTimeout(this.timer);
    clearTimeout(this.latest);
    this.latest = undefined;
    if (this.saving) await this.saving;
    if (this.stopped && !asked) return false;
    if (!this.changed) {
      if (asked) this.page.state("saved", t("Nothing to save"));
      return true;
    }
    this.saving = this.put();
    try {
      return await this.saving;
    } finally {
      this.saving = null;
    }
  }

  async put() {
    const xml = await this.xml();
    this.changed = false; // what is drawn from here on is newer than what is sent
    this.page.state("saving", t("Saving…"));
    let answer;
    try {
      answer = await send(this.place, this.place.modelUrl, {
        method: "PUT",
        body: xml,
        headers: { "Content-Type": "application/xml", "If-Match": `"${this.etag}"` },
      });
    } catch {
      return this.failed(t("No connection: kept in this browser, trying again"));
    }
    if (answer.ok) {
      this.etag = bare(answer.headers.get("ETag")) ?? this.etag;
      this.stopped = false;
      if (!this.changed) this.forget();
      this.page.state(this.changed ? "changed" : "saved", t("Saved {at}", { at: clock(new Date()) }));
      return true;
    }
    this.changed = true;
    await this.keep();
    if (answer.status === 412) {
      this.stopped = true;
      this.page.state("lost", t("Somebody else has saved"));
      this.page.conflict(await answer.json().catch(() => ({})), xml);
      return false;
    }
    if (answer.status === 422) {
      const { problems = [] } = await answer.json().catch(() => ({}));
      this.page.state("lost", t("Not saved: the file is not accepted"));
      this.page.refused(problems);
      return false;
    }
    const why = {
      401: t("Not saved: the session is over. Log in in another tab, then save again"),
      403: t("Not saved: no right to edit this process"),
      413: t("Not saved: the file is larger than 2 MB"),
    }[answer.status];
    if (why) {
      this.page.state("lost", why);
      return false;
    }
    return this.failed(t("The server did not save: kept in this browser, trying again"));
  }

  failed(words) {
    this.changed = true;
    this.keep();
    this.page.state("lost", words);
    this.due(LATER);
    return false;
  }

  async download(xml) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([xml ?? (await this.xml())], { type: "application/xml" }));
    link.download = `${this.place.processId}.bpmn`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
}

// An entity tag without its quotes and without the mark of a weak one.
export const bare = (etag) => etag?.replace(/^W\//, "").replace(/"/g, "") ?? null;

export const savedAt = (text) => {
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? (text ?? "") : stamp(moment);
};
