import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ProgramProcess, startProgram, stopProgram } from "../../../scripts/demo/program-process";
import { eventually } from "../../support/eventually";

const folder = mkdtempSync(join(tmpdir(), "rhythmic-program-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const WAIT = "setInterval(() => undefined, 1000);";

/** Starts a program, and waits until its first line has run. */
async function start(name: string, code: string): Promise<ProgramProcess> {
  const bundle = join(folder, `${name}.cjs`);
  const begun = join(folder, `${name}.begun`);
  writeFileSync(bundle, `${code}\nrequire("node:fs").writeFileSync(${JSON.stringify(begun)}, "");`);
  const program = startProgram(name, bundle, {}, folder);
  await eventually(`${name} has begun`, () => existsSync(begun));
  return program;
}

test("a program that does not listen yet when it is asked to stop has nothing in hand", async () => {
  const program = await start("early", WAIT);
  await expect(stopProgram("processor", program, folder)).resolves.toBeUndefined();
  expect(program.killedBy).toBe("SIGTERM");
});

test.each([
  ["fails while it stops", `process.on("SIGTERM", () => process.exit(3)); ${WAIT}`, /ended with exit code 3/],
  [
    "is killed while it stops",
    `process.on("SIGTERM", () => process.kill(process.pid, "SIGKILL")); ${WAIT}`,
    /ended with a signal/,
  ],
])("a program that %s is a failure", async (name, code, problem) => {
  const program = await start(name.replaceAll(" ", "-"), code);
  await expect(stopProgram("processor", program, folder)).rejects.toThrow(problem);
});

test("a program that finishes when it is asked to is done", async () => {
  const program = await start("done", `process.on("SIGTERM", () => process.exit(0)); ${WAIT}`);
  await expect(stopProgram("processor", program, folder)).resolves.toBeUndefined();
});
