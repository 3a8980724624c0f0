import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFolderSecret } from "../../../runtime/secrets/folder-secret";
import { freePorts } from "../../../scripts/kafka/ports";
import { eventually } from "../../support/eventually";
import { type RunningProgram, runBundle } from "../../support/program";

jest.setTimeout(60_000);

let folder: string;
let nobody: string;
const running: RunningProgram[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmic-waiting-"));
  const [port] = await freePorts(1);
  nobody = `127.0.0.1:${port}`;
});

afterAll(async () => {
  for (const program of running) program.process.kill("SIGKILL");
  await Promise.all(running.map(({ ended }) => ended));
  rmSync(folder, { recursive: true, force: true });
});

/** A program as on a machine that has booted before Kafka's. */
function start(name: "generator" | "processor", settings: Readonly<Record<string, string>>): RunningProgram {
  const own: Record<string, string> =
    name === "generator" ? { GENERATOR_EVENTS: "10" } : { LAKE_URL: join(folder, "lake") };
  const program = runBundle(name, { KAFKA_BROKERS: nobody, ...own, ...settings });
  running.push(program);
  return program;
}

function waitingLines({ stderr }: RunningProgram): string[] {
  return stderr()
    .split("\n")
    .filter((line) => line.includes("waiting for Kafka"));
}

describe.each(["generator", "processor"] as const)("the %s", (name) => {
  test("waits for its credential and for Kafka as long as it is told to, and ends at once when it is stopped", async () => {
    const program = start(name, {
      KAFKA_CREDENTIALS: join(folder, "not-yet-there"),
      KAFKA_WAIT_MAX_MS: "600000",
    });
    await eventually("it says that it waits", () => waitingLines(program).length > 0);
    expect(waitingLines(program)[0]).toContain("is not there or has no version yet");
    program.process.kill("SIGTERM");
    const stoppedMs = performance.now();
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - stoppedMs).toBeLessThan(5_000);
    expect(waitingLines(program)).toHaveLength(1);
  });

  test("refuses a credential that can't be one, by the setting's name, without saying any of it", async () => {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, '{"username":"generator-a","password":"open sesame"');
    const program = start(name, { KAFKA_CREDENTIALS: file, KAFKA_WAIT_MAX_MS: "600000" });
    expect(await program.ended).toEqual({ code: 2, signal: null });
    expect(program.stderr()).toContain(`The credential ${file}, which KAFKA_CREDENTIALS (--credentials) names`);
    expect(program.stderr()).toContain("it is not JSON");
    expect(program.stderr()).not.toContain("sesame");
  });

  test("without a wait ends at once where its credential is not there", async () => {
    const program = start(name, { KAFKA_CREDENTIALS: createFolderSecret(join(folder, "empty")).url });
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.stderr()).toContain('"code":"secret_unusable"');
  });
});
