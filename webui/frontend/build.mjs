// Builds ../static: one stylesheet, one script, fonts cut to what Vietnamese needs, the icons that templates use; and the
// modeler (studio.js, studio.css), which only its own page loads.
// Names carry a hash of the content, so that browsers may keep files for ever; manifest.json maps plain names to them.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import subsetFont from "subset-font";
import { drum } from "./drum.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "static");
const fresh = `${target}.new`;
rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });

const manifest = {};
function emit(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const dot = name.lastIndexOf(".");
  const hashed = `${name.slice(0, dot)}-${hash}${name.slice(dot)}`;
  writeFileSync(join(fresh, hashed), content);
  if (/\.(css|js|svg)$/.test(name)) {
    writeFileSync(join(fresh, `${hashed}.gz`), gzipSync(content, { level: 9 }));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
    writeFileSync(join(fresh, `${hashed}.br`), brotliCompressSync(content, { params }));
  }
  manifest[name] = hashed;
  return hashed;
}

// --- fonts: Be Vietnam Pro for text, the digits of Inter because the former has no tabular figures -----------------
const range = (from, to) => String.fromCodePoint(...Array.from({ length: to - from + 1 }, (_, i) => from + i));
const LATIN = range(0x20, 0x7e) + range(0xc0, 0xff) + "\u00a0«»°·×÷§±–—‘’“”…•′″€";
const VIETNAMESE =
  "ĂăĐđĨĩŨũƠơƯư₫" + range(0x1ea0, 0x1ef9) + String.fromCodePoint(0x300, 0x301, 0x303, 0x309, 0x323);
const codes = (text) => [...text].map((c) => `U+${c.codePointAt(0).toString(16)}`).join(",");
const faces = [];
for (const weight of [400, 500, 600]) {
  for (const [family, pkg, subset, text, keepFeatures] of [
    ["So", "inter", "latin", "0123456789", ["tnum"]],
    ["Be Vietnam Pro", "be-vietnam-pro", "latin", LATIN, ["kern", "liga", "mark", "mkmk", "ccmp", "locl"]],
    ["Be Vietnam Pro", "be-vietnam-pro", "vietnamese", VIETNAMESE, ["kern", "mark", "mkmk", "ccmp", "locl"]],
  ]) {
    const file = join(here, "node_modules", "@fontsource", pkg, "files", `${pkg}-${subset}-${weight}-normal.woff2`);
    const cut = await subsetFont(readFileSync(file), text, { targetFormat: "woff2", noHinting: true, keepFeatures });
    const name = emit(`${family === "So" ? "so" : "bvp"}-${subset}-${weight}.woff2`, cut);
    faces.push(
      `@font-face{font-family:"${family}";font-weight:${weight};font-display:swap;` +
        `src:url(${name}) format("woff2");unicode-range:${family === "So" ? "U+30-39" : codes(text)}}`,
    );
  }
}

// --- style and script ------------------------------------------------------------------------------------------------
const common = { bundle: true, minify: true, write: false, legalComments: "none", logLevel: "warning" };
const browsers = ["chrome109", "firefox115", "safari16"];
const css = await esbuild.build({
  ...common,
  entryPoints: [join(here, "css", "app.css")],
  target: browsers,
  external: ["*.woff2"],
});
emit("app.css", faces.join("") + css.outputFiles[0].text);
const js = await esbuild.build({
  ...common,
  entryPoints: [join(here, "js", "app.js")],
  target: browsers,
  format: "esm",
});
emit("app.js", js.outputFiles[0].text);

// --- the modeler: a bundle of its own, many times as heavy as everything else ---------------------------------------
const studio = await esbuild.build({
  ...common,
  entryPoints: [join(here, "js", "studio", "studio.js")],
  target: browsers,
  format: "esm",
  define: { "process.env.NODE_ENV": '"production"' },
  loader: { ".svg": "text" },
});
emit("studio.js", studio.outputFiles[0].text);
// Its shapes are letters of a font: of the five formats that bpmn.css names, the one that every browser here reads.
const newestFontOnly = {
  name: "newest-font-only",
  setup(build) {
    build.onLoad({ filter: /bpmn-font[/\\]css[/\\]bpmn\.css$/ }, ({ path }) => {
      const face = /@font-face\s*{[^}]*}/;
      const css = readFileSync(path, "utf8");
      if (!face.test(css)) throw new Error(`${path}: expected an @font-face`);
      const one = "@font-face{font-family:'bpmn';src:url('../font/bpmn.woff2') format('woff2')}";
      return { contents: css.replace(face, one), loader: "css" };
    });
  },
};
const studioCss = await esbuild.build({
  ...common,
  entryPoints: { studio: join(here, "css", "studio", "studio.css") },
  target: browsers,
  plugins: [newestFontOnly],
  loader: { ".svg": "file", ".woff2": "file" },
  outdir: fresh,
  assetNames: "[name]-[hash]",
});
for (const { path, contents } of studioCss.outputFiles) {
  if (path.endsWith(".css")) emit("studio.css", Buffer.from(contents));
  else {
    const name = basename(path);
    writeFileSync(join(fresh, name), contents);
    manifest[name] = name; // its name is in the stylesheet already
  }
}

emit("drum.svg", drum());
emit("mark.svg", readFileSync(join(here, "mark.svg")));

// --- icons: whatever a template or a table of words names, and the package has ---------------------------------------
const sources = [];
(function walk(folder) {
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry);
    if (path === here || path === target || path === fresh) continue;
    if (statSync(path).isDirectory()) walk(path);
    else if (/\.(html|py)$/.test(path)) sources.push(readFileSync(path, "utf8"));
  }
})(join(here, ".."));
const wanted = new Set();
for (const source of sources) for (const [, name] of source.matchAll(/["']([a-z][a-z0-9]*(?:-[a-z0-9]+)*)["']/g)) wanted.add(name);
const icons = {};
const folder = join(here, "node_modules", "lucide-static", "icons");
const known = new Set(readdirSync(folder));
for (const name of [...wanted].sort()) {
  if (!known.has(`${name}.svg`)) continue;
  const svg = readFileSync(join(folder, `${name}.svg`), "utf8");
  icons[name] = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s+/g, " ").replaceAll("> <", "><").trim();
}
writeFileSync(join(fresh, "icons.json"), JSON.stringify(icons));
writeFileSync(join(fresh, "manifest.json"), JSON.stringify(manifest, null, 1));

rmSync(target, { recursive: true, force: true });
renameSync(fresh, target);
for (const name of Object.values(manifest)) {
  const raw = statSync(join(target, name)).size;
  const packed = statSync(join(target, `${name}.br`), { throwIfNoEntry: false })?.size;
  console.log(`${name.padEnd(44)} ${String(raw).padStart(7)} B${packed ? ` (${packed} B brotli)` : ""}`);
}
console.log(`${Object.keys(icons).length} icons`);
