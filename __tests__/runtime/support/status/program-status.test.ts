import { ProgramStatus } from "../../../../runtime/support/status/program-status";
import { collectLines } from "../../../support/lines";

let nowMs: number;
const log = collectLines();
let status: ProgramStatus;

beforeEach(() => {
  nowMs = Date.UTC(2026, 0, 1);
  log.lines.length = 0;
  status = new ProgramStatus(log, () => nowMs);
});

/** How it stands: the state, and what /healthz and /readyz would answer. */
function standing(): readonly [string, { readonly healthy: boolean; readonly ready: boolean }] {
  return [status.standing.state, { healthy: status.isHealthy, ready: status.isReady }];
}

test("before the first time it is ready it is neither healthy nor ready, whatever it says", () => {
  expect(standing()).toEqual(["starting", { healthy: false, ready: false }]);
  status.notReady("Kafka is away.");
  expect(standing()).toEqual(["starting", { healthy: false, ready: false }]);
  expect(status.standing.why).toBe("Kafka is away.");
  expect(log.lines).toEqual([]);
});

test("once it was ready it stays healthy, however often it is not ready", () => {
  for (let time = 0; time < 3; time++) {
    status.ready();
    expect(standing()).toEqual(["ready", { healthy: true, ready: true }]);
    status.notReady("Kafka is away.");
    expect(standing()).toEqual(["not ready", { healthy: true, ready: false }]);
  }
});

test("it is unhealthy for as long as only a restart would help", () => {
  status.ready();
  status.stuck("Nothing moves.");
  expect(standing()).toEqual(["stuck", { healthy: false, ready: false }]);
  expect(status.standing.why).toBe("Nothing moves.");
  // Said again by who judges both at every look: neither hides the other.
  status.ready();
  expect(standing()).toEqual(["stuck", { healthy: false, ready: false }]);
  status.stuck(undefined);
  expect(standing()).toEqual(["ready", { healthy: true, ready: true }]);
});

test.each([
  ["healthy", true, (one: ProgramStatus) => one.ready()],
  ["not healthy, since it never was ready", false, () => undefined],
] as const)("asked to stop it is not ready, and stays %s to its end", (_, healthy, before) => {
  before(status);
  status.stopping();
  for (const said of [
    () => status.ready(),
    () => status.notReady("Its group is left."),
    () => status.stuck("Nothing moves."),
  ]) {
    expect(standing()).toEqual(["stopping", { healthy, ready: false }]);
    said();
  }
  expect(standing()).toEqual(["stopping", { healthy, ready: false }]);
  expect(status.standing.why).toMatch(/asked to stop/);
});

test("the time is that of the state's beginning, and a repeated word changes nothing", () => {
  status.ready();
  const since = status.standing.since;
  nowMs += 60_000;
  status.ready("Standing by.");
  expect(status.standing).toEqual({ state: "ready", why: "Standing by.", since });
  status.notReady("Kafka is away.");
  expect(status.standing.since).toBe(new Date(nowMs).toISOString());
});

test("every change is a line of the log, by how bad it is", () => {
  status.ready();
  status.ready();
  status.notReady("Kafka is away.");
  status.notReady("Kafka is still away.");
  status.stuck("Nothing moves.");
  status.stuck(undefined);
  status.ready();
  expect(log.lines.map(({ severity, message, context }) => [severity, message, context.why])).toEqual([
    ["INFO", "ready", undefined],
    ["WARNING", "not ready", "Kafka is away."],
    ["ERROR", "stuck: only a restart would help", "Nothing moves."],
    ["WARNING", "not ready", "Kafka is still away."],
    ["INFO", "ready", undefined],
  ]);
});
