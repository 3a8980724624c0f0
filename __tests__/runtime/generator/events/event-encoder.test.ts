import fc from "fast-check";
import { syntheticCatalog } from "../../../../runtime/generator/catalog/synthetic";
import { EventEncoder } from "../../../../runtime/generator/events/event-encoder";
import { putSession, UserBytesMaker } from "../../../../runtime/generator/events/user-bytes";
import { NO_INCIDENTS } from "../../../../runtime/generator/incidents/incidents";
import { OUR_RULES } from "../../../../runtime/generator/walk/rules";
import { SessionTimes } from "../../../../runtime/generator/walk/session-times";
import { Weighted } from "../../../../runtime/generator/weighted";
import { BUILT_IN, eventsOf, simulationOfTest } from "../simulate";

const { states } = BUILT_IN.machine;
const synthetic = syntheticCatalog(1);
const state = (page: string, auth: string) => states.findIndex((one) => one.page === page && one.auth === auth);

/** Encodes one visit's page view, listen, auth and status change. */
function encode(given: {
  atS: number;
  item: number;
  ordinal: number;
  userId: number;
  session: number;
  song: number;
  text: string;
  shown: boolean;
}) {
  const { text, userId, session, song, ordinal } = given;
  const place = { city: text, state: "CA", zip: "01234", longitudeDeg: -120.5, latitudeDeg: 0.1 };
  const catalog = { ...synthetic, places: new Weighted([place], [1]), userAgents: new Weighted([text], [1]) };
  const configuration = { ...BUILT_IN, tag: text };
  const sessionTimes = new SessionTimes(configuration, OUR_RULES);
  const world = { seed: 42, configuration, catalog, rules: OUR_RULES, sessionTimes, incidents: NO_INCIDENTS };
  const profile = {
    alphaFactor: 1,
    betaFactor: 1,
    firstName: { name: text, gender: "F" as const },
    lastName: text,
    place: 0,
    devices: [0],
  };
  const user = new UserBytesMaker(world).make(userId, profile, 1_700_000_000, userId * 1_000_000 + 999_999);
  if (userId > 0) putSession(user, userId * 1_000_000 + session);
  const encoder = new EventEncoder(states, catalog);
  const visit = {
    state: given.shown ? state("NextSong", "Logged In") : state("Home", "Logged Out"),
    atS: given.atS,
    item: given.item,
    userAgent: 0,
    song,
    user,
  };
  const ends = [
    encoder.pageView(visit, ordinal),
    encoder.listen(visit, ordinal + 1),
    encoder.auth(visit, ordinal + 2, true),
    encoder.statusChange(visit, ordinal + 3),
  ];
  return ends.map((end, index) =>
    JSON.parse(Buffer.from(encoder.scratch.subarray(ends[index - 1] ?? 0, end)).toString("utf8")),
  );
}

describe("an event's bytes", () => {
  it("are the JSON of its fields, whatever the texts, the time and the numbers", () => {
    const visits = fc.record({
      atS: fc.oneof(
        fc.integer({ min: 0, max: 253_402_300_799 }),
        fc.constantFrom(0, 9_999, 10_000, 999_999_999, 1_000_000_000),
      ),
      item: fc.oneof(fc.nat(3_000), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })),
      ordinal: fc.oneof(fc.nat(3_000), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 9 })),
      userId: fc.oneof(fc.nat(30), fc.integer({ min: 0, max: 9_000_000_000 })),
      session: fc.nat(999_999),
      song: fc.nat(synthetic.songs.size - 1),
      text: fc.oneof(fc.string({ unit: "grapheme", minLength: 1 }), fc.constant('"\\ \u0000é€😀'.repeat(1_500))),
      shown: fc.boolean(),
    });
    fc.assert(
      fc.property(visits, (given) => {
        const events = encode(given);
        const [pageView, listen, auth, statusChange] = events;
        const sessionId = given.userId * 1_000_000 + (given.userId > 0 ? given.session : 999_999);
        events.forEach((event, index) => {
          expect(event).toMatchObject({ ts: given.atS * 1000, itemInSession: given.item, sessionId, city: given.text });
          expect(event).toMatchObject({ userAgent: given.text, zip: "01234", lat: 0.1, lon: -120.5 });
          expect(event.eventId).toBe(`42-${given.userId}-${given.ordinal + index}`);
          const who = { userId: given.userId, lastName: given.text, firstName: given.text, tag: given.text };
          if (given.shown) expect(event).toMatchObject({ ...who, gender: "F", registration: 1_700_000_000_000 });
          else
            for (const name of [...Object.keys(who), "gender", "registration"]) expect(event).not.toHaveProperty(name);
        });
        const song = JSON.parse(`{${Buffer.from(synthetic.songs.bytesOf(given.song)).toString()}}`);
        expect(pageView).toMatchObject({ ...song, page: given.shown ? "NextSong" : "Home" });
        expect(listen).toMatchObject(song);
        expect(listen).not.toHaveProperty("page");
        expect(auth).toMatchObject({ success: true });
        for (const other of [auth, statusChange]) expect(other).not.toHaveProperty("artist");
      }),
      { numRuns: 150 },
    );
  });

  it("name user 0's sessions, whose ids grow longer", () => {
    const configuration = { ...BUILT_IN, firstUserId: 0, betaS: 3_600, sessionGapS: 0 };
    const events = eventsOf(simulationOfTest({ users: 1, days: 10, configuration }));
    const sessions = [...new Set(events.map((event) => event.sessionId))];
    expect(sessions).toEqual(sessions.map((_, index) => (sessions[0] ?? 0) + index));
    expect(Math.max(...sessions)).toBeGreaterThan(9);
    expect(new Set(events.map((event) => event.eventId)).size).toBe(events.length);
  });
});
