import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { linkPackages } from "../../../scripts/review/packages";
import { ROOT } from "../../support/program";

/** What the platform is declared from. */
const SOURCES = [
  "main.ts",
  "stacks",
  "runtime",
  "scripts",
  "package.json",
  "package-lock.json",
  "docs",
  "cdktf.json",
  "tsconfig.json",
];

let root: string;
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), "rhythmic-checkout-"));
  for (const name of SOURCES) cpSync(path.join(ROOT, name), path.join(root, name), { recursive: true });
  linkPackages(path.join(ROOT, "node_modules"), path.join(root, "node_modules"));
  writeFileSync(path.join(root, ".gitignore"), "node_modules/\ncdktf.out/\n");
  git("init", "--quiet", "--initial-branch", "main");
  git("add", ".");
  git("commit", "--quiet", "--message", "one");
  git("checkout", "--quiet", "-b", "feature");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function git(...args: string[]): void {
  execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], { cwd: root });
}

function start(...args: string[]) {
  const temporary = mkdtempSync(path.join(tmpdir(), "rhythmic-temporary-"));
  const child = spawn(process.execPath, ["--require", "tsx/cjs", "scripts/review.ts", ...args], {
    cwd: root,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr.on("data", (data: Buffer) => {
    stderr += data.toString();
  });
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string; left: string[] }>((resolve) => {
    child.once("close", (code) => {
      // What tsx itself caches is no folder of the review's.
      const left = readdirSync(temporary).filter((name) => name.startsWith("rhythmic-"));
      rmSync(temporary, { recursive: true, force: true });
      resolve({ code, stdout, stderr, left });
    });
  });
  // Whether its temporary folder is there; gone where it has ended.
  const works = () =>
    existsSync(temporary) && readdirSync(temporary).some((name) => name.startsWith("rhythmic-review-"));
  return { child, ended, works };
}

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(path.join(root, file), "utf8");
  expect(text).toContain(from);
  writeFileSync(path.join(root, file), text.replace(from, to));
}

test("a clean branch without commits of its own has nothing to compare", async () => {
  const { code, stdout, left } = await start().ended;
  expect(stdout).toMatch(/Nothing was compared: main holds/);
  expect({ code, left }).toEqual({ code: 0, left: [] });
}, 60_000);

test("a changed program and a smaller disk are told, and nothing is left behind", async () => {
  edit("runtime/loader/main.ts", "import", "globalThis.console.error('reviewed');\nimport");
  edit("stacks/environments.ts", "dataDiskGb: 50 }", "dataDiskGb: 40 }");
  const before = readFileSync(path.join(root, "runtime/loader/main.ts"), "utf8");
  const { code, stdout, stderr, left } = await start("--environment", "dev").ended;
  expect(stderr).toBe("");
  expect(stdout).toMatch(
    /^# What this change does to dev\n\nThe work tree at [0-9a-f]{10} with what is not committed, compared with HEAD/,
  );
  expect(stdout).toContain("> **Data would be lost**");
  expect(stdout).toMatch(
    /disk `rhythmic-dev-kafka-data` is destroyed and made anew, empty, because of `size`; nothing refuses it/,
  );
  expect(stdout).toContain("  - because of its bundle: `runtime/loader/main.ts`\n");
  expect(stdout).toMatch(/\ndev: .*; rolls loader; .*DATA WOULD BE LOST \(1\).* a month\.\n$/);
  expect({ code, left }).toEqual({ code: 4, left: [] });
  expect(readFileSync(path.join(root, "runtime/loader/main.ts"), "utf8")).toBe(before);
}, 60_000);

test("the same as JSON, against a commit by its name", async () => {
  git("commit", "--quiet", "--all", "--message", "two");
  const { code, stdout } = await start("--against", "main", "--json").ended;
  const review = JSON.parse(stdout);
  expect(review).toMatchObject({
    format: 1,
    source: "synth",
    environment: "dev",
    before: expect.stringMatching(/^main at /),
  });
  expect(
    review.stacks
      .flatMap(({ rolls }: { rolls: { program: string }[] }) => rolls)
      .map(({ program }: { program: string }) => program),
  ).toEqual(["loader"]);
  expect(code).toBe(4);
}, 60_000);

test("a work tree that does not synthesize is told in one sentence", async () => {
  const file = path.join(root, "runtime/loader/main.ts");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, `${text}\n(((`);
  const { code, stderr, left } = await start("--against", "main").ended;
  writeFileSync(file, text);
  expect(stderr).toMatch(/^review: The synth of the work tree fails: .*The program loader does not build: .*\n$/);
  expect({ code, left }).toEqual({ code: 1, left: [] });
}, 60_000);

test("Ctrl-C leaves nothing behind", async () => {
  const { child, ended, works } = start("--against", "main");
  while (!works()) {
    expect(child.exitCode).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  child.kill("SIGINT");
  const { code, left } = await ended;
  expect({ code, left }).toEqual({ code: 130, left: [] });
}, 60_000);
