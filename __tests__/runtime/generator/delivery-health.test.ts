import { DeliveryHealth } from "../../../runtime/generator/delivery-health";
import { SILENT } from "../../../runtime/support/logging";
import { ProgramStatus } from "../../../runtime/support/status/program-status";

const LATE_AFTER_MS = 15_000;

function generator(mayIdle = false) {
  const counts = { generated: 0, acknowledged: 0 };
  const clock = { nowMs: 0 };
  const status = new ProgramStatus(SILENT);
  const health = new DeliveryHealth({ counts: () => counts, status, mayIdle, nowMs: () => clock.nowMs });
  const pass = (ms: number) => {
    for (let passedMs = 0; passedMs < ms; passedMs += 1_000) {
      clock.nowMs += 1_000;
      health.judge();
    }
  };
  return { counts, status, pass };
}

test("it is ready from the first record that is acknowledged", () => {
  const { counts, status, pass } = generator();
  pass(60_000);
  counts.generated = 5;
  pass(5_000);
  expect(status.standing).toMatchObject({ state: "starting", why: "No record has been acknowledged yet." });
  counts.acknowledged = 1;
  pass(1_000);
  expect(status.standing.state).toBe("ready");
});

test("it is ready before its first record where none is due yet, until one waits for too long", () => {
  const { counts, status, pass } = generator(true);
  pass(1_000);
  expect(status.standing.state).toBe("ready");
  pass(3_600_000);
  expect(status.standing.state).toBe("ready");
  counts.generated = 1;
  pass(LATE_AFTER_MS);
  expect(status.standing.state).toBe("ready");
  pass(2_000);
  expect(status.standing).toMatchObject({
    state: "not ready",
    why: "1 record waits to be acknowledged, and none has been for 17 s.",
  });
  counts.acknowledged = 1;
  pass(1_000);
  expect(status.standing.state).toBe("ready");
});

test("it is ready while it waits for its rate, however long", () => {
  const { counts, status, pass } = generator();
  counts.generated = counts.acknowledged = 5;
  pass(3_600_000);
  expect(status.standing.state).toBe("ready");
  // The next record is not late before it has waited itself.
  counts.generated = 6;
  pass(LATE_AFTER_MS - 1_000);
  expect(status.standing.state).toBe("ready");
});

test("it is ready as long as something is acknowledged, however much waits", () => {
  const { counts, status, pass } = generator();
  counts.generated = 1_000_000;
  for (let time = 0; time < 10; time++) {
    counts.acknowledged++;
    pass(LATE_AFTER_MS - 1_000);
  }
  expect(status.standing.state).toBe("ready");
});

test("records that wait too long turn it not ready, never unhealthy, and the first acknowledgement ready again", () => {
  const { counts, status, pass } = generator();
  counts.generated = 20;
  counts.acknowledged = 10;
  pass(LATE_AFTER_MS + 2_000);
  expect(status.standing).toMatchObject({
    state: "not ready",
    why: "10 records wait to be acknowledged, and none has been for 16 s.",
  });
  pass(3_600_000);
  expect(status.isHealthy).toBe(true);
  counts.acknowledged = 11;
  pass(1_000);
  expect(status.standing.state).toBe("ready");
});
