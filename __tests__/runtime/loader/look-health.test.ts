import { LookHealth } from "../../../runtime/loader/look-health";
import { SILENT } from "../../../runtime/support/logging";
import { ProgramStatus } from "../../../runtime/support/status/program-status";

const HOUR_MS = 3_600_000;

function loader(answers: { readonly lake?: () => Promise<undefined>; readonly warehouse?: () => Promise<[]> } = {}) {
  const clock = { nowMs: 0 };
  const status = new ProgramStatus(SILENT);
  const health = new LookHealth({
    store: { get: answers.lake ?? (async () => undefined) },
    warehouse: { query: answers.warehouse ?? (async () => []) },
    status,
    nowMs: () => clock.nowMs,
  });
  const pass = async (ms: number) => {
    for (let passedMs = 0; passedMs < ms; passedMs += 30_000) {
      clock.nowMs += 30_000;
      health.judge();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { health, status, pass };
}

it("is ready after the first look that ended well, until one fails", () => {
  const { health, status } = loader();
  health.began();
  expect(status.standing.state).toBe("starting");
  health.ended();
  expect(status.standing.state).toBe("ready");
  health.began();
  expect(status.standing.state).toBe("ready");
  health.failed("The warehouse refused a load.");
  expect(status.standing).toMatchObject({ state: "not ready", why: "The warehouse refused a load." });
  health.began();
  expect(status.standing.state).toBe("not ready");
  health.ended();
  expect(status.standing.state).toBe("ready");
});

it("is ready as soon as a first look has loaded something: a roll need not wait for a year of events", () => {
  const { health, status } = loader();
  health.began();
  health.moved();
  expect([status.standing.state, status.isHealthy]).toEqual(["ready", true]);
});

it("is stuck only where a look stands still for eight hours although the lake and the warehouse answer", async () => {
  const { health, status, pass } = loader();
  health.ended();
  health.began();
  await pass(7.9 * HOUR_MS);
  health.moved();
  await pass(7.9 * HOUR_MS);
  expect(status.standing.state).toBe("ready");
  await pass(0.2 * HOUR_MS);
  expect(status.standing).toMatchObject({ state: "stuck", why: expect.stringMatching(/stood still for 8\.\d hours/) });
  health.ended();
  expect([status.standing.state, status.isHealthy]).toEqual(["ready", true]);
});

it("is never stuck between two looks, however long the interval", async () => {
  const { health, status, pass } = loader();
  health.ended();
  await pass(24 * HOUR_MS);
  expect(status.standing.state).toBe("ready");
});

it.each<[string, Parameters<typeof loader>[0]]>([
  ["the lake", { lake: () => new Promise(() => undefined) }],
  ["the warehouse", { warehouse: () => Promise.reject(new Error("no")) }],
])("is not stuck where %s does not answer: a restart would not help", async (_, answers) => {
  const { health, status, pass } = loader(answers);
  health.ended();
  health.began();
  await pass(24 * HOUR_MS);
  expect(status.isHealthy).toBe(true);
});
