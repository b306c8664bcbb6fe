#!/usr/bin/env node
// The first file of every program in dist/: loads the bundle that stands beside it, `<program>-main.js`, and those that this asks for, with
// the code that V8 compiled for them when they were built. A cache of another Node is refused by V8 itself and the file is compiled as
// usual. With ARK_WRITE_CODE_CACHE set (by the build) the caches are written.
"use strict";
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const vm = require("node:vm");

const shouldWrite = process.env.ARK_WRITE_CODE_CACHE === "1";
const scripts = [];

function load(file) {
  const cacheFile = `${file}.cache`;
  let cachedData;
  try {
    if (!shouldWrite) cachedData = fs.readFileSync(cacheFile);
  } catch {
    // no cache: compiled as usual
  }
  const script = new vm.Script(Module.wrap(fs.readFileSync(file, "utf8")), { filename: file, cachedData });
  if (shouldWrite) scripts.push({ script, cacheFile });
  const loaded = { exports: {}, importModule: (url) => import(url) }; // code from a cache cannot import by itself
  const own = Module.createRequire(file);
  const requireHere = Object.assign((id) => (id.startsWith("./ark-") ? load(path.join(path.dirname(file), id)) : own(id)), own);
  script.runInThisContext().call(loaded.exports, loaded.exports, requireHere, loaded, file, path.dirname(file));
  return loaded.exports;
}

// After a run, so that what was compiled while it ran is in it.
if (shouldWrite) {
  process.on("exit", () => {
    for (const { script, cacheFile } of scripts) fs.writeFileSync(cacheFile, script.createCachedData());
  });
}
load(path.join(__dirname, `${path.basename(__filename, ".js")}-main.js`));
