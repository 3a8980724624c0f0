import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../../support/eventually";
import { get, probe, statusUrlOf } from "../../../support/prober";
import { runBundle } from "../../../support/program";

/** The status of programs as they run. */

const folder = mkdtempSync(join(tmpdir(), "rhythmic-status-"));
const generator = (settings: Readonly<Record<string, string>>) =>
  runBundle("generator", { GENERATOR_OUT: join(folder, "events"), GENERATOR_EVENTS: "500", ...settings });

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("without STATUS_PORT nothing is listened on", async () => {
  const run = generator({});
  expect(await run.ended).toMatchObject({ code: 0 });
  expect(statusUrlOf(run.stderr())).toBeUndefined();
});

test("a taken port ends the program before its work with one sentence, and the code of wrong settings", async () => {
  const other = createServer();
  const port = await new Promise<number>((resolve) => {
    other.listen(0, "127.0.0.1", () => resolve((other.address() as { readonly port: number }).port));
  });
  const run = generator({ STATUS_PORT: String(port) });
  expect(await run.ended).toMatchObject({ code: 2 });
  expect(run.stderr()).toBe(
    `generator: STATUS_PORT (--status-port) is ${port}, where another program listens at 127.0.0.1 already; give a free port, or 0 for any.\n`,
  );
  other.close();
});

test("a generator that has done its plan ends; one that is to stay says so until it is stopped", async () => {
  const run = generator({ STATUS_PORT: "0", GENERATOR_STAY: "true" });
  await eventually("it has done its plan", () => run.stderr().includes("500 events generated, 500 acknowledged"));
  const url = statusUrlOf(run.stderr()) ?? "";
  await eventually("it says so", async () => (await get(`${url}/readyz`)).body.includes("All is generated"));
  expect([await probe(`${url}/healthz`), await probe(`${url}/readyz`)]).toEqual([200, 200]);
  run.process.kill("SIGTERM");
  expect(await run.ended).toMatchObject({ code: 0 });
  expect(await probe(`${url}/healthz`)).toBe("no answer");
});

test.each(["generator", "processor", "loader"] as const)("%s --help names what is answered", async (program) => {
  const { stdout, ended } = runBundle(program, {}, ["--help"]);
  expect(await ended).toMatchObject({ code: 0 });
  for (const word of ["STATUS_PORT, --status-port", "/healthz", "/readyz", "/metrics"])
    expect(stdout()).toContain(word);
});
