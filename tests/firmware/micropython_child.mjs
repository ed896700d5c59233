// MicroPython (WebAssembly) behind lines of JSON: node micropython_child.mjs MODULE HEAP_BYTES FOLDER...
// Every .py file of the folders is put where MicroPython imports from. Each line in calls a function
// of `micropython_served`: {"call": name, "text": argument}; each line out is what it returned.
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { pathToFileURL } from "node:url";

const [module, heap, ...folders] = process.argv.slice(2);
const { loadMicroPython } = await import(pathToFileURL(module).href);
const machine = await loadMicroPython({ heapsize: Number(heap) });

function put(folder, under) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const from = path.join(folder, entry.name);
    if (entry.isDirectory() && entry.name === "open_sensor") {
      machine.FS.mkdir("/lib/" + entry.name);
      put(from, "/lib/" + entry.name);
    } else if (entry.name.endsWith(".py") && entry.name !== "main.py") {
      machine.FS.writeFile(under + "/" + entry.name, fs.readFileSync(from));
    }
  }
}

machine.FS.mkdir("/lib");
for (const folder of folders) put(folder, "/lib");
machine.runPython("import sys\nsys.path.append('/lib')\nfrom micropython_served import call");
const call = machine.globals.get("call");
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { call: name, text } = JSON.parse(line);
  let answer;
  try {
    answer = { gave: call(name, text) };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
