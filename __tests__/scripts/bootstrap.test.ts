import path from "node:path";
import { explain } from "../../scripts/bootstrap/problems";
import { selectEnvironment } from "../../stacks/environments";
import { ROOT, runNode } from "../support/program";
import { type FakeStorage, startFakeStorage } from "./bootstrap/fake-storage";

let fake: FakeStorage;
beforeAll(async () => {
  fake = await startFakeStorage();
});
afterAll(() => fake.stop());

async function run(args: readonly string[], environment: Readonly<Record<string, string>>) {
  const { RHYTHMIC_PROJECT: _, RHYTHMIC_STATE: __, ...own } = process.env;
  const script = path.join(ROOT, "scripts/bootstrap.ts");
  // The client's own variable for a server in Google's place; it asks nobody for credentials then.
  const emulator = { STORAGE_EMULATOR_HOST: `${fake.endpoint}/storage/v1` };
  const program = runNode(["--require", "tsx/cjs", script, ...args], { ...own, ...emulator, ...environment });
  const { code } = await program.ended;
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

test("makes the bucket, says so, and the next run finds it", async () => {
  const first = await run([], { RHYTHMIC_PROJECT: "acme-music", RHYTHMIC_ENV: "prod" });
  expect(first).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^State bucket acme-music-rhythmic-state .*\nDone\.\n$/s),
    stderr: "",
  });
  const second = await run(["--dry-run"], { RHYTHMIC_PROJECT: "acme-music" });
  expect(second).toEqual({ code: 0, stdout: expect.stringMatching(/\nNothing to change\.\n$/), stderr: "" });
  expect(fake.changes.length).toBe(1);
});

test("a failure is one sentence, exit code 1", async () => {
  fake.failNext("GET", { status: 403, message: "no", reason: "forbidden" });
  const { code, stdout, stderr } = await run([], { RHYTHMIC_PROJECT: "acme-music" });
  expect([code, stdout, stderr]).toEqual([1, "", expect.stringMatching(/^bootstrap: Your account may not do .*\n$/)]);
});

test("state in files needs no bucket", async () => {
  const { code, stdout } = await run([], { RHYTHMIC_PROJECT: "acme-music", RHYTHMIC_STATE: "local" });
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^RHYTHMIC_STATE is local: .* needs no bucket\.\n$/)]);
});

test.each<[string, readonly string[], Readonly<Record<string, string>>, RegExp]>([
  [
    "the example project",
    [],
    {},
    /^bootstrap: RHYTHMIC_PROJECT is not set, and the example project is nobody's; allowed: .*\.\n$/,
  ],
  ["a malformed project", [], { RHYTHMIC_PROJECT: "X" }, /^bootstrap: RHYTHMIC_PROJECT is "X"; allowed: .*\n$/],
  [
    "an unknown flag",
    ["--dry"],
    {},
    /^bootstrap: There is no flag or argument --dry.*; allowed: --dry-run, --help\.\n$/,
  ],
  ["an argument", ["prod"], {}, /^bootstrap: There is no flag or argument prod.*\n$/],
])("%s is refused in one sentence, exit code 2", async (_, args, environment, stderr) => {
  expect(await run(args, environment)).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(stderr) });
});

test("explains itself", async () => {
  const { code, stdout } = await run(["--help"], {});
  expect([code, stdout]).toEqual([0, expect.stringContaining("--dry-run")]);
});

test.each([
  ["is not there", "The file at /key.json does not exist, or it is not a file. ENOENT: no such file or directory"],
  ["is no JSON", "Expected property name or '}' in JSON at position 2"],
  ["holds something else", "The incoming JSON object does not contain a client_email field"],
])("a file of credentials that %s is named", (_, message) => {
  const environment = selectEnvironment({ RHYTHMIC_PROJECT: "acme-music" });
  process.env.GOOGLE_APPLICATION_CREDENTIALS = "/key.json";
  try {
    const problem = explain(new Error(message), environment, "storage.buckets.list");
    expect(problem.reason).toBe("credentials");
    expect(problem.message).toMatch(/^GOOGLE_APPLICATION_CREDENTIALS names \/key\.json, .* run this again\.$/);
    const other = explain(new Error("socket hang up"), environment, "storage.buckets.list");
    expect(other.reason).toBe("network");
  } finally {
    delete process.env.GOOGLE_APPLICATION_CREDENTIALS;
  }
});
