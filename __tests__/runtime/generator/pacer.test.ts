import { Pacer, SimulatedClock } from "../../../runtime/generator/pacer";
import { FakeClock } from "./fake-clock";

const NOW_S = 1_800_000_000;
const AT_ONCE = Number.POSITIVE_INFINITY;

function simulatedClock(speed: number, fromS: number, intoFuture = false) {
  const clock = new FakeClock(NOW_S * 1000);
  return { clock, simulated: new SimulatedClock(clock, { speed, intoFuture }, fromS) };
}

/** Waits as the loop does. @returns when the events of this second were written, seconds by the wall clock */
async function writtenAt(atS: number, { clock, simulated }: ReturnType<typeof simulatedClock>): Promise<number> {
  for (let waitMs = simulated.waitMs(atS); waitMs > 0; waitMs = simulated.waitMs(atS)) {
    await clock.sleep(Math.min(1_000, Math.ceil(waitMs)));
  }
  return clock.wallMs() / 1000;
}

describe("the simulated clock", () => {
  test("what lies in the past is due at once; the present when it has come, to the millisecond", async () => {
    const both = simulatedClock(AT_ONCE, NOW_S - 3_600);
    expect(await writtenAt(NOW_S - 3_600, both)).toBe(NOW_S);
    expect(await writtenAt(NOW_S, both)).toBe(NOW_S);
    both.clock.offsetMs += 0.6;
    expect(await writtenAt(NOW_S + 7, both)).toBeGreaterThanOrEqual(NOW_S + 7);
    expect(await writtenAt(NOW_S + 8, both)).toBeLessThan(NOW_S + 8.002);
  });

  test.each([2, 60, 86_400])(
    "from an hour ago it reaches the present at %d seconds a second, exactly",
    async (speed) => {
      const fromS = NOW_S - 3_600;
      const both = simulatedClock(speed, fromS);
      // Sleeps that are too long never add up: the schedule is absolute.
      both.clock.oversleepMs = () => 7;
      let latestMs = 0;
      for (let atS = fromS; atS < NOW_S; atS += 25) {
        const lateMs = (await writtenAt(atS, both)) * 1000 - (NOW_S * 1000 + ((atS - fromS) * 1000) / speed);
        expect(lateMs).toBeGreaterThan(-0.001);
        latestMs = Math.max(latestMs, lateMs);
      }
      expect(latestMs).toBeLessThan(10);
      // Both are together after 3600 / (speed - 1) seconds, and go together from there.
      const togetherS = NOW_S + 3_600 / (speed - 1);
      const soonS = Math.ceil(togetherS) + 100;
      expect(await writtenAt(soonS, both)).toBeCloseTo(soonS, 1);
      expect(both.simulated.behindS).toBeCloseTo(0, 1);
    },
  );

  test("half as fast as real it never gets nearer", async () => {
    const both = simulatedClock(0.5, NOW_S - 10);
    expect(await writtenAt(NOW_S, both)).toBeCloseTo(NOW_S + 20, 2);
    expect(both.simulated.behindS).toBeCloseTo(20, 2);
  });

  test("to an end that was given it goes on beyond the present, at its speed", async () => {
    const both = simulatedClock(3_600, NOW_S, true);
    expect(await writtenAt(NOW_S + 36_000, both)).toBeCloseTo(NOW_S + 10, 2);
  });

  test("after a stay it makes up at its speed, and at once without one", async () => {
    const slow = simulatedClock(10, NOW_S);
    await writtenAt(NOW_S + 1, slow);
    slow.clock.pass(600_000);
    const fromS = slow.clock.wallMs() / 1000;
    expect(await writtenAt(NOW_S + 2, slow)).toBe(fromS);
    expect(await writtenAt(NOW_S + 302, slow)).toBeCloseTo(fromS + 30, 1);
    const fast = simulatedClock(AT_ONCE, NOW_S);
    await writtenAt(NOW_S + 1, fast);
    fast.clock.pass(600_000);
    const atOnceS = fast.clock.wallMs() / 1000;
    expect(await writtenAt(NOW_S + 302, fast)).toBe(atOnceS);
  });

  test("a wall clock that is set back is waited for, one that is set forward caught up with", async () => {
    const both = simulatedClock(AT_ONCE, NOW_S);
    await writtenAt(NOW_S + 10, both);
    both.clock.offsetMs -= 60_000;
    const before = both.clock.sleeps.length;
    expect(await writtenAt(NOW_S + 11, both)).toBeCloseTo(NOW_S + 11, 2);
    expect(both.clock.sleeps.slice(before).reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(61_000, -1);
    both.clock.offsetMs += 3_600_000;
    const afterS = both.clock.wallMs() / 1000;
    expect(await writtenAt(NOW_S + 3_000, both)).toBe(afterS);
    expect(both.clock.sleeps.every((ms) => ms > 0)).toBe(true);
  });
});

describe("the rate", () => {
  async function runAt(perSecond: number, events: number, oversleepMs: () => number) {
    const clock = new FakeClock(0);
    clock.oversleepMs = oversleepMs;
    const pacer = new Pacer(clock, perSecond);
    let most = 0;
    for (let sent = 1; sent <= events; sent++) {
      clock.pass(0.001);
      if (!pacer.mustLook(sent)) continue;
      for (let waitMs = pacer.look(sent, sent); waitMs > 0; waitMs = pacer.look(sent, sent))
        await clock.sleep(Math.ceil(waitMs));
      most = Math.max(most, sent - (clock.steadyMs() / 1000) * perSecond);
    }
    return { seconds: clock.steadyMs() / 1000, most };
  }

  test.each([3, 250, 10_000, 200_000])(
    "%d a second are held within 1 %%, however late the sleeps end",
    async (rate) => {
      const events = rate * 20;
      const { seconds } = await runAt(rate, events, () => 9);
      expect(Math.abs(events / seconds / rate - 1)).toBeLessThan(0.01);
    },
  );

  test("is a limit after a stay too: what was missed is not made up in a burst", async () => {
    const clock = new FakeClock(0);
    const pacer = new Pacer(clock, 100);
    expect(pacer.look(100, 100)).toBeCloseTo(1_000);
    clock.pass(60_000);
    expect(pacer.look(101, 101)).toBe(0);
    expect(pacer.look(201, 201)).toBeCloseTo(1_000);
  });

  test("without one nothing waits, but others have their turn", () => {
    const clock = new FakeClock(0);
    const pacer = new Pacer(clock, Number.POSITIVE_INFINITY);
    expect(pacer.look(1_000_000, 1_000_000)).toBe(0);
    expect(pacer.owesTurn).toBe(false);
    clock.pass(21);
    expect(pacer.owesTurn).toBe(true);
    pacer.rested();
    expect(pacer.owesTurn).toBe(false);
  });
});
