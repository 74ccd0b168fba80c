// Writes FILE.br and FILE.gz beside each text file of dist/, for the master to send as they are, and tells what a first
// visit loads. Fails where the scripts of the first page are larger than they may be.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = "dist";
const texts = new Set([".html", ".js", ".css", ".svg", ".json", ".txt"]);
const limit = 200 * 1024;

/** @param {string} folder @returns {string[]} */
const filesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)],
  );

const sizes = new Map();
for (const file of filesIn(dist)) {
  if (!texts.has(extname(file)) || statSync(file).size < 512) continue;
  const text = readFileSync(file);
  // index.html gets a nonce with each answer: compressed ahead, it would be the same for everybody.
  if (file === join(dist, "index.html")) continue;
  const br = brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length },
  });
  writeFileSync(`${file}.br`, br);
  writeFileSync(`${file}.gz`, gzipSync(text, { level: 9 }));
  sizes.set(relative(dist, file), br.length);
}

// What /commands loads: the entry, the list page, and all that these import, as Vite's manifest says.
const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));
const seen = new Set();
const visit = (key) => {
  if (seen.has(key)) return;
  seen.add(key);
  for (const next of manifest[key].imports ?? []) visit(next);
};
visit("index.html");
visit("src/pages/assets/AssetsPage.tsx");
const chunks = [...seen].map((key) => manifest[key]);
const sum = (files) => [...new Set(files)].reduce((total, file) => total + (sizes.get(file) ?? 0), 0);
const scripts = sum(chunks.map(({ file }) => file));
const styles = sum(chunks.flatMap(({ css }) => css ?? []));
const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
console.log(`first page, brotli: ${kib(scripts)} of script (at most ${kib(limit)}), ${kib(styles)} of style`);
rmSync(join(dist, ".vite"), { recursive: true });
if (scripts > limit) process.exit(1);
