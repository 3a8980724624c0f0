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

test.each(["0.0.0.0", "0", "::", "0:0:0:0:0:0:0:0"])(
  "the address %s, which is all of a machine's, is refused",
  async (all) => {
    const run = generator({ STATUS_PORT: "0", STATUS_ADDRESS: all });
    expect(await run.ended).toMatchObject({ code: 2 });
    expect(run.stderr()).toBe(
      `generator: STATUS_ADDRESS (--status-address) is "${all}"; it must be one address of this machine, such as 127.0.0.1; 0.0.0.0 and :: would be all of them.\n`,
    );
  },
);

test("the end of a program is the end of its status", async () => {
  const run = generator({ STATUS_PORT: "0", GENERATOR_EVENTS_PER_SECOND_MAX: "100" });
  await eventually("it is ready", async () => (await probe(`${statusUrlOf(run.stderr())}/readyz`)) === 200);
  expect(await run.ended).toMatchObject({ code: 0 });
  expect(await probe(`${statusUrlOf(run.stderr())}/healthz`)).toBe("no answer");
});

test("asked to stop, a program says so at /readyz until it has ended, and /healthz stays green", async () => {
  // Nobody reads what it prints, so that it has something in hand for as long as the test wants.
  const run = runBundle("generator", { GENERATOR_OUT: "-", GENERATOR_EVENTS: "100000", STATUS_PORT: "0" });
  run.process.stdout?.pause();
  await eventually("it is ready", async () => (await probe(`${statusUrlOf(run.stderr())}/readyz`)) === 200);
  const url = statusUrlOf(run.stderr());
  run.process.kill("SIGTERM");
  await eventually("it is stopping", async () => (await probe(`${url}/readyz`)) === 503);
  expect(JSON.parse((await get(`${url}/readyz`)).body)).toMatchObject({ program: "generator", state: "stopping" });
  expect(await probe(`${url}/healthz`)).toBe(200);
  run.process.stdout?.resume();
  expect(await run.ended).toMatchObject({ code: 0 });
});

test.each(["generator", "processor", "loader"] as const)("%s --help names what is answered", async (program) => {
  const { stdout, ended } = runBundle(program, {}, ["--help"]);
  expect(await ended).toMatchObject({ code: 0 });
  for (const word of ["STATUS_PORT, --status-port", "/healthz", "/readyz", "/metrics"])
    expect(stdout()).toContain(word);
});
