// Runs a script as one file, bundled by esbuild once: cdktf and the providers are 700 modules, and finding, reading and
// compiling them one by one takes longer than a synth itself. Plain JavaScript, like everything that runs first.
//
//   node_modules/.cache/rhythmic/scripts/<name>.json         what the bundle was made of
//   node_modules/.cache/rhythmic/scripts/<name>-<hash>.cjs   the bundle
//   node_modules/.cache/rhythmic/scripts/<name>-<hash>.v8    V8's compiled code of it (V8 tells texts apart by their
//                                                            lengths alone, therefore the hash)
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import Module, { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import vm from "node:vm";

/** Raised when this file changes what a bundle holds. */
const FORMAT = 1;
/** Folders whose files come and go with the work; what npm installs is known by its own record. */
const SOURCES = ["stacks", "runtime", "scripts"];
/** What should be installed, and what is. */
const LOCKS = ["package.json", "package-lock.json", "node_modules/.package-lock.json"];
/** Native, or loaded only where something is to be built. */
const EXTERNAL = ["esbuild", "@duckdb/node-api"];

/**
 * Runs a TypeScript file of the repository as Node.js's main module.
 * @param {string} entry path relative to the root, such as scripts/synth.ts
 * @param {string} root folder of the repository
 * @param {() => void} install makes sure that the packages are there; not called where a bundle was made from them
 * @throws Error in esbuild's words where it does not build
 */
export async function runBundled(entry, root, install) {
  const realRoot = realpathSync(root);
  const name = basename(entry, ".ts");
  const folder = join(realRoot, "node_modules", ".cache", "rhythmic", "scripts");
  let bundle = readFresh(folder, name, realRoot);
  if (bundle === undefined) {
    install();
    bundle = await build(folder, name, entry, realRoot);
  }
  const compiledFile = bundle.file.replace(/cjs$/, "v8");
  const cachedData = existsSync(compiledFile) ? readFileSync(compiledFile) : undefined;
  const script = new vm.Script(Module.wrap(bundle.text), { filename: bundle.file, cachedData });
  if (cachedData === undefined || script.cachedDataRejected) {
    // At the end V8 knows which functions are used; without them it would compile each when it is first called.
    process.once("exit", () => writeAtomically(compiledFile, script.createCachedData()));
  }
  const module = new Module(bundle.file);
  module.filename = bundle.file;
  script
    .runInThisContext()
    .call(module.exports, module.exports, createRequire(bundle.file), module, bundle.file, dirname(bundle.file));
}

/** The bundle of the last time, where nothing that it was made of has changed. */
function readFresh(folder, name, root) {
  try {
    const record = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
    const fresh =
      record.surroundings === surroundingsOf(root) &&
      record.bundle === stampOf(record.file) &&
      Object.entries(record.inputs).every(([input, stamp]) => stampOf(join(root, input)) === stamp);
    return fresh ? { file: record.file, text: readFileSync(record.file, "utf8") } : undefined;
  } catch {
    return undefined;
  }
}

async function build(folder, name, entry, root) {
  const startedMs = Date.now();
  const { default: esbuild } = await import("esbuild");
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: "bundle.cjs",
    write: false,
    metafile: true,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: EXTERNAL,
    tsconfigRaw: "{}",
    preserveSymlinks: true,
    legalComments: "none",
    logLevel: "silent",
    plugins: [keepPlaces(root, join(root, entry))],
  });
  const text = outputFiles[0].text;
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const file = join(folder, `${name}-${hash}.cjs`);
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(folder)) {
    if (old.startsWith(`${name}-`) && !old.includes(hash)) rmSync(join(folder, old), { force: true });
  }
  writeAtomically(file, text);
  const files = Object.keys(metafile.inputs).filter((input) => existsSync(join(root, input)));
  // A file that was saved during the build may not be what went into it: then the next run builds again.
  if (files.every((input) => statSync(join(root, input)).mtimeMs < startedMs)) {
    const inputs = Object.fromEntries(files.map((input) => [input, stampOf(join(root, input))]));
    const record = { surroundings: surroundingsOf(root), bundle: stampOf(file), file, inputs };
    writeAtomically(join(folder, `${name}.json`), `${JSON.stringify(record)}\n`);
  }
  return { file, text };
}

/** Lets each file of ours know its folder, and only the entry that it is the main module. */
function keepPlaces(root, entry) {
  return {
    name: "keep-places",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (relative(root, path).startsWith("node_modules")) return undefined;
        const text = readFileSync(path, "utf8").replaceAll("require.main === module", String(path === entry));
        const place = `const __dirname = ${JSON.stringify(dirname(path))};`;
        return { contents: text.includes("__dirname") ? `${place}${text}` : text, loader: "ts" };
      });
    },
  };
}

/** What can change a bundle without changing a file that went into the last one. */
function surroundingsOf(root) {
  const hash = createHash("sha256").update(`${FORMAT} ${root} ${process.version}`);
  for (const file of LOCKS) hash.update(`\n${stampOf(join(root, file))}`);
  // A new file can come before another in an import's resolution.
  const names = readdirSync(root).filter((name) => name.endsWith(".ts") || name.endsWith(".tsx"));
  for (const source of SOURCES) names.push(...readdirSync(join(root, source), { recursive: true }));
  hash.update(names.sort().join("\n"));
  return hash.digest("hex");
}

/** What changes whenever somebody writes to a file. */
function stampOf(file) {
  const { size, mtimeMs, ctimeMs, ino } = statSync(file);
  return `${size} ${mtimeMs} ${ctimeMs} ${ino}`;
}

/** Two runs at a time must not see each other's half a file. */
function writeAtomically(file, contents) {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, file);
}
