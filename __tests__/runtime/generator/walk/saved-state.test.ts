import { createHash } from "node:crypto";
import fc from "fast-check";
import { syntheticCatalog } from "../../../../runtime/generator/catalog/synthetic";
import { NO_INCIDENTS } from "../../../../runtime/generator/incidents/incidents";
import { WALK_VERSION } from "../../../../runtime/generator/walk/saved-state";
import type { Simulation } from "../../../../runtime/generator/walk/simulation";
import { RhythmicError } from "../../../../runtime/support/errors";
import { BUILT_IN, DAY_S, type SimulateOptions, START_S, simulationOfTest } from "../simulate";

const catalog = syntheticCatalog(7);

/** Visits at most so often. @returns a hash of all that the events are made of */
function hashOf(simulation: Simulation, visits = Number.POSITIVE_INFINITY): string {
  const hash = createHash("sha256");
  for (let visit = 0; visit < visits; visit++) {
    const count = simulation.visit();
    if (count === 0) break;
    for (const event of simulation.events.slice(0, count)) {
      hash.update(`${event.topic} ${event.key} ${event.userId} ${event.ordinal} `);
      hash.update(event.bytes.subarray(event.start, event.end));
    }
  }
  return hash.digest("hex");
}

/** Runs with all that a walk depends on: growth, attrition, shards, incidents, both rules. */
const runs: fc.Arbitrary<SimulateOptions> = fc
  .record({
    seed: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    users: fc.integer({ min: 1, max: 15 }),
    days: fc.integer({ min: 1, max: 4 }),
    growthRate: fc.constantFrom(0, 5, 200),
    attritionRate: fc.constantFrom(0, 0.5, 100),
    firstUserId: fc.constantFrom(0, 1, 9_000_000),
    eventsimCompat: fc.boolean(),
    shards: fc.constantFrom(0, 1, 2),
    incidents: fc.boolean(),
  })
  .map(({ growthRate, attritionRate, firstUserId, shards, incidents, ...rest }) => ({
    ...rest,
    catalog,
    configuration: { ...BUILT_IN, growthRate, attritionRate, firstUserId, tag: "ä" },
    ...(shards === 0 ? {} : { shard: { index: shards, count: shards } }),
    incidents: incidents
      ? {
          ...NO_INCIDENTS,
          firstS: START_S + DAY_S,
          lastS: START_S + 3 * DAY_S,
          silentUntilS: (state: string) => (state === "CA" ? START_S + 3 * DAY_S : undefined),
          errorFactorAt: () => 5,
          viralSongAt: () => ({ song: 3, share: 0.5 }),
        }
      : NO_INCIDENTS,
  }));

describe("a saved walk", () => {
  it("goes on as the one that was not interrupted, byte for byte, wherever it is cut", () => {
    let events = 0;
    fc.assert(
      fc.property(runs, fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 3 }), (options, cuts) => {
        const whole = simulationOfTest(options);
        let parts = simulationOfTest(options);
        for (const visits of cuts) {
          expect(hashOf(parts, visits)).toBe(hashOf(whole, visits));
          // Asked for its next second or not, it is the same.
          if (visits % 2 === 0) parts.nextS();
          parts = simulationOfTest(options, parts.save());
        }
        expect(parts.nextS()).toBe(whole.nextS());
        expect(hashOf(parts)).toBe(hashOf(whole));
        expect([parts.users, parts.sessions, parts.usersLeft, parts.nowS]).toEqual([
          whole.users,
          whole.sessions,
          whole.usersLeft,
          whole.nowS,
        ]);
        events += whole.sessions;
      }),
      { numRuns: 50, seed: 1 },
    );
    expect(events).toBeGreaterThan(200);
  });

  it("is the same bytes whenever it is asked for at the same place, also after a restart", () => {
    const simulation = simulationOfTest({ users: 30 });
    hashOf(simulation, 500);
    const saved = Buffer.from(simulation.save());
    expect(saved.equals(simulation.save())).toBe(true);
    expect(saved.equals(simulationOfTest({ users: 30 }, saved).save())).toBe(true);
  });

  it("is refused with a sentence where its bytes are broken, never with a crash", () => {
    const saved = simulationOfTest({ users: 5, catalog }).save();
    const refused = (bytes: Uint8Array) => {
      try {
        simulationOfTest({ users: 5, catalog }, bytes);
        return "taken";
      } catch (error) {
        return error instanceof RhythmicError && error.code === "bad_settings" ? error.message : `crash: ${error}`;
      }
    };
    expect(refused(saved)).toBe("taken");
    const broken = fc.oneof(
      fc.tuple(fc.nat(saved.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, change]) => {
        const bytes = Uint8Array.from(saved);
        bytes[at] = (bytes[at] as number) ^ change;
        return bytes;
      }),
      fc.nat(saved.length - 1).map((length) => saved.subarray(0, length)),
      fc.uint8Array({ minLength: 1 }).map((more) => Buffer.concat([saved, more])),
      fc.uint8Array(),
    );
    fc.assert(
      fc.property(broken, (bytes) => {
        expect(refused(bytes)).toMatch(/^The saved state of the walk can't be used: its? .+\.$/);
      }),
      { numRuns: 200 },
    );
  });

  it("is refused where the run is another one, by what is different", () => {
    const saved = simulationOfTest({ users: 5, catalog }).save();
    const other = (options: SimulateOptions) => () => simulationOfTest({ users: 5, catalog, ...options }, saved);
    expect(other({ seed: 8 })).toThrow("its seed is 7, and that of this run 8;");
    expect(other({ users: 6 })).toThrow("its number of users is 5, and that of this run 6;");
    expect(other({ shard: { index: 1, count: 2 } })).toThrow("its number of shards is 1, and that of this run 2;");
    expect(other({ days: 30 })).not.toThrow();
  });

  it("takes some 130 bytes a user", () => {
    expect(simulationOfTest({ users: 3_000 }).save().length / 3_000).toBeLessThan(145);
  });
});

describe("the walk's version", () => {
  it("is raised with every change of the events that a seed gives (both rules)", () => {
    const hash = (eventsimCompat: boolean) => {
      const configuration = { ...BUILT_IN, growthRate: 10, attritionRate: 1 };
      const options = { seed: 1, users: 30, days: 7, configuration, eventsimCompat };
      return hashOf(simulationOfTest(options)).slice(0, 16);
    };
    // Where this fails you have changed what a seed gives: raise WALK_VERSION, so that no run that was begun before
    // goes on as another one, and write the new hashes here.
    expect([WALK_VERSION, hash(false), hash(true)]).toEqual([2, "d49ca3c63327af9c", "aaa66be5aefe3c7d"]);
  });
});
