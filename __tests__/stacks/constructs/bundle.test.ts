import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as esbuild from "esbuild";
import { buildBundle, compileBundle, PROGRAMS, REPOSITORY_ROOT } from "../../../stacks/constructs/bundle";

jest.mock("esbuild", () => {
  const actual = jest.requireActual("esbuild");
  return { ...actual, buildSync: jest.fn(actual.buildSync) };
});

const builds = jest.mocked(esbuild.buildSync);
const folders: string[] = [];

function temporaryFolder(name: string): string {
  const unique = mkdtempSync(path.join(tmpdir(), "rhythmic-bundle-"));
  folders.push(unique);
  const folder = path.join(unique, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const sha256Of = (contents: Uint8Array) => createHash("sha256").update(contents).digest("hex");

describe("the programs", () => {
  let checkouts: readonly string[];
  /** A copy of a checkout in another folder, with its packages behind a link. */
  function copyOf(root: string, name: string): string {
    const copy = temporaryFolder(name);
    for (const part of ["runtime", "package.json"]) {
      cpSync(path.join(root, part), path.join(copy, part), { recursive: true });
    }
    symlinkSync(path.join(REPOSITORY_ROOT, "node_modules"), path.join(copy, "node_modules"));
    return copy;
  }
  beforeAll(() => {
    const plain = copyOf(REPOSITORY_ROOT, "plain");
    const odd = copyOf(plain, "deeper/a folder with spaces");
    writeFileSync(path.join(odd, "tsconfig.json"), '{ "compilerOptions": { "target": "es5", "strict": false } }');
    checkouts = [plain, odd];
  });

  test.each(PROGRAMS)("%s is the same bytes from any folder, and carries neither a provider nor a path", (program) => {
    const before = process.cwd();
    const compilations = checkouts.map((root, index) => {
      process.chdir(index === 0 ? before : tmpdir());
      return compileBundle(program, root);
    });
    process.chdir(before);
    const hashes = compilations.map(({ contents }) => sha256Of(contents));
    expect(new Set(hashes).size).toBe(1);
    for (const { contents, inputs } of compilations) {
      expect(inputs.filter((input) => /cdktf|constructs|^stacks|^scripts|\.node$/.test(input))).toEqual([]);
      for (const folder of [REPOSITORY_ROOT, ...checkouts]) {
        expect(Buffer.from(contents).includes(folder)).toBe(false);
      }
    }
  });

  test.each(PROGRAMS)("%s is one file that explains itself", (program) => {
    const bundle = buildBundle(program);
    const contents = readFileSync(bundle.file);
    expect(bundle).toMatchObject({ program, sha256: sha256Of(contents), bytes: contents.length });
    expect(path.basename(bundle.file)).toBe(`${program}.cjs`);
    expect(contents.toString()).toMatch(
      new RegExp(`^/\\* Rhythmic ${program}; esbuild [0-9.]+, options [0-9a-f]{16} \\*/`),
    );
    const help = execFileSync(process.execPath, [bundle.file, "--help"], { cwd: tmpdir(), encoding: "utf8" });
    expect(help).toMatch(/^\w+: .+\n[\s\S]*Settings/);
  });
});

test("a change of one program's file builds that program only", async () => {
  const root = temporaryFolder("checkout");
  cpSync(path.join(REPOSITORY_ROOT, "runtime"), path.join(root, "runtime"), { recursive: true });
  cpSync(path.join(REPOSITORY_ROOT, "package.json"), path.join(root, "package.json"));
  mkdirSync(path.join(root, "node_modules"));
  for (const name of readdirSync(path.join(REPOSITORY_ROOT, "node_modules"))) {
    if (name === ".cache") continue;
    symlinkSync(path.join(REPOSITORY_ROOT, "node_modules", name), path.join(root, "node_modules", name));
  }
  const hashes = () => PROGRAMS.map((program) => [program, buildBundle(program, root).sha256]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const before = hashes();
  builds.mockClear();
  expect(hashes()).toEqual(before);
  expect(builds).not.toHaveBeenCalled();
  appendFileSync(path.join(root, "runtime/loader/loader.ts"), 'process.emitWarning("another loader");\n');
  const after = hashes();
  expect(builds.mock.calls.map(([options]) => options.entryPoints)).toEqual([["runtime/loader/main.ts"]]);
  expect(after.filter((entry) => !before.some((old) => String(old) === String(entry)))).toEqual([
    ["loader", expect.any(String)],
  ]);
});

describe("the cache", () => {
  let root: string;
  const write = (name: string, text: string) => {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  };
  /** Builds as a later run would, when what was just written is old enough to be trusted. */
  const build = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const bundle = buildBundle("generator", root);
    return { ...bundle, text: readFileSync(bundle.file, "utf8") };
  };

  beforeEach(() => {
    root = temporaryFolder("checkout");
    builds.mockClear();
    write("package.json", "{}");
    write("runtime/generator/main.ts", 'import { a } from "./a";\nimport b from "b";\nconsole.log(a, b);\n');
    write("runtime/generator/a.ts", 'export const a: string = "first a";\n');
    write("node_modules/b/package.json", '{ "name": "b", "version": "1.0.0", "main": "one.js" }');
    write("node_modules/b/one.js", 'module.exports = "first b";\n');
    write("node_modules/b/two.js", 'module.exports = "second b";\n');
  });

  test("a file that was written anew without a change is read once more, and built from never", async () => {
    const first = await build();
    const record = () => readFileSync(path.join(root, "node_modules/.cache/rhythmic/bundles/generator.json"), "utf8");
    const before = record();
    utimesSync(path.join(root, "runtime/generator/a.ts"), 1, 1);
    expect(await build()).toEqual(first);
    expect(builds).toHaveBeenCalledTimes(1);
    expect(record()).not.toBe(before);
  });

  test("an unchanged program is not built again", async () => {
    const first = await build();
    expect(await build()).toEqual(first);
    expect(builds).toHaveBeenCalledTimes(1);
  });

  test.each<[string, () => void, string]>([
    ["its own files", () => write("runtime/generator/a.ts", 'export const a = "second a";\n'), "second a"],
    ["a package's file", () => write("node_modules/b/one.js", 'module.exports = "third b";\n'), "third b"],
    [
      "a package's manifest",
      () => write("node_modules/b/package.json", '{ "name": "b", "version": "1.0.0", "main": "two.js" }'),
      "second b",
    ],
    [
      "a file that comes before another",
      () => write("runtime/generator/a.tsx", 'export const a = "tsx a";\n'),
      "tsx a",
    ],
  ])("a change of %s builds it again", async (_, change, expected) => {
    const first = await build();
    expect(first.text).not.toContain(expected);
    change();
    const second = await build();
    expect(second.text).toContain(expected);
    expect(second.sha256).not.toBe(first.sha256);
    expect(builds).toHaveBeenCalledTimes(2);
  });

  test("a package's new version and a bundle that somebody touched build it again", async () => {
    await build();
    write("node_modules/.package-lock.json", '{ "packages": { "node_modules/b": { "version": "1.0.1" } } }');
    const { file, sha256 } = await build();
    expect(builds).toHaveBeenCalledTimes(2);
    writeFileSync(file, "cut sho");
    expect((await build()).sha256).toBe(sha256);
    expect(builds).toHaveBeenCalledTimes(3);
    expect(sha256Of(readFileSync(file))).toBe(sha256);
  });

  test("keeps the last few builds only", async () => {
    for (let count = 0; count < 8; count++) {
      write("runtime/generator/a.ts", `export const a = "a ${count}";\n`);
      await build();
    }
    const cache = path.join(root, "node_modules/.cache/rhythmic/bundles");
    expect(readdirSync(cache).filter((name) => name.length === 64).length).toBe(5);
  });

  test("a program that does not build is refused in esbuild's words, and the cache stays as it was", async () => {
    await build();
    write("runtime/generator/a.ts", "export const a: string = ;\n");
    await expect(build()).rejects.toThrow(/The program generator does not build: .*runtime\/generator\/a\.ts:1:25/s);
    rmSync(path.join(root, "runtime/generator/main.ts"));
    await expect(build()).rejects.toThrow("can't be bundled: there is no runtime/generator/main.ts");
    expect(existsSync(path.join(root, "node_modules/.cache/rhythmic/bundles/generator.json"))).toBe(true);
  });
});
