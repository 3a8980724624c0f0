import { setTimeout as sleep } from "node:timers/promises";
import { inTime } from "../../../runtime/support/drain";
import { RhythmicError } from "../../../runtime/support/errors";

const late = () => new RhythmicError("interrupted", "too late");
const NEVER = new Promise<never>(() => undefined);

describe("work that a stop gives a limit", () => {
  test("takes as long as it likes where nobody stops it", async () => {
    const work = sleep(80, "done");
    expect(await inTime(work, { stop: new AbortController().signal, limitMs: 10, late })).toBe("done");
  });

  test("is waited for after a stop, but no longer than the limit from then on", async () => {
    const abort = new AbortController();
    const waiting = inTime(NEVER, { stop: abort.signal, limitMs: 60, late });
    await sleep(100);
    const stoppedMs = performance.now();
    abort.abort();
    await expect(waiting).rejects.toThrow("too late");
    expect(performance.now() - stoppedMs).toBeGreaterThanOrEqual(55);
  });

  test("has the whole limit where it begins after the stop", async () => {
    await expect(inTime(NEVER, { stop: AbortSignal.abort(), limitMs: 20, late })).rejects.toThrow("too late");
    expect(await inTime(sleep(5, "done"), { stop: AbortSignal.abort(), limitMs: 500, late })).toBe("done");
  });

  test("ends as it ends where that comes first", async () => {
    const failing = Promise.reject(new Error("its own"));
    await expect(inTime(failing, { stop: AbortSignal.abort(), limitMs: 500, late })).rejects.toThrow("its own");
  });
});
