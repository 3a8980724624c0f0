import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT, runNode } from "../../support/program";

const MODULE = pathToFileURL(path.join(ROOT, "scripts/setup/bundled-script.mjs")).href;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "rhythmic-bundled-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function run(args: readonly string[], environment: NodeJS.ProcessEnv = process.env) {
  const program = runNode(args, environment);
  const { code } = await program.ended;
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

/** A repository of two files. */
describe("a script as one file", () => {
  const write = (name: string, text: string) => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  };
  /** Runs it when what was just written is old enough to be trusted. */
  const runScript = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const code = `import { runBundled } from ${JSON.stringify(MODULE)};
      await runBundled("scripts/greet.ts", ${JSON.stringify(folder)}, () => console.error("install"));`;
    return run(["--input-type=module", "--eval", code]);
  };
  const cached = () =>
    readdirSync(path.join(folder, "node_modules/.cache/rhythmic/scripts")).filter((name) => name !== "greet.json");

  beforeEach(() => {
    for (const name of ["package.json", "package-lock.json", "node_modules/.package-lock.json"]) write(name, "{}");
    for (const name of ["runtime", "stacks"]) mkdirSync(path.join(folder, name));
    write("main.ts", 'export const name: string = "main";\nif (require.main === module) console.log("not I");\n');
    write("stacks/place.ts", "export const place = __dirname;\n");
    write(
      "scripts/greet.ts",
      `import { name } from "../main";
      import { place } from "../stacks/place";
      if (require.main === module) console.log(name, place, __dirname);\n`,
    );
  });

  test("is the main module, and every file knows its own folder", async () => {
    const stdout = `main ${path.join(folder, "stacks")} ${path.join(folder, "scripts")}\n`;
    expect(await runScript()).toEqual({ code: 0, stdout, stderr: "install\n" });
    expect(await runScript()).toEqual({ code: 0, stdout, stderr: "" });
    expect(cached().map((name) => path.extname(name))).toEqual([".cjs", ".v8"]);
  });

  test("a change is seen at once, also where the length stays", async () => {
    const first = await runScript();
    const before = cached();
    write("main.ts", readFileSync(path.join(folder, "main.ts"), "utf8").replace('"main"', '"MAIN"'));
    expect((await runScript()).stdout).toBe(first.stdout.replace("main", "MAIN"));
    // What is of no more use is gone.
    expect(cached().length).toBe(before.length);
    expect(cached()).not.toEqual(before);
  });

  test.each(["package-lock.json", "node_modules/.package-lock.json"])(
    "another %s asks for the packages",
    async (name) => {
      await runScript();
      write(name, '{ "packages": {} }');
      expect((await runScript()).stderr).toBe("install\n");
    },
  );

  test("a new file that comes before another is seen", async () => {
    await runScript();
    write("main.tsx", 'export const name = "main.tsx";\n');
    expect((await runScript()).stdout).toMatch(/^main.tsx /);
  });

  test("a script that does not build is refused in esbuild's words", async () => {
    write("main.ts", "export const name: string = ;\n");
    const { code, stderr } = await runScript();
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("main.ts:1:28: ERROR: Unexpected") });
  });
});

test("the app as one file declares to the byte what it declares file by file", async () => {
  const filesOf = (outdir: string) =>
    readdirSync(outdir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(outdir, path.join(entry.parentPath, entry.name)))
      .sort();
  const [bundled = "", plain = ""] = await Promise.all(
    [
      ["scripts/run.mjs", "app"],
      ["--require", "tsx/cjs", "main.ts"],
    ].map(async (args, index) => {
      const outdir = path.join(folder, String(index));
      const { code, stderr } = await run(args, { ...process.env, CDKTF_OUTDIR: outdir });
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: expect.stringMatching(/^RHYTHMIC_PROJECT is not set: .*\n(Images are not pinned: .*\n)?$/),
      });
      return outdir;
    }),
  );
  expect(filesOf(bundled).length).toBeGreaterThan(10);
  expect(filesOf(bundled)).toEqual(filesOf(plain));
  for (const file of filesOf(plain)) {
    expect(readFileSync(path.join(bundled, file)).equals(readFileSync(path.join(plain, file)))).toBe(true);
  }
});
