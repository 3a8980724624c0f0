import { syntheticCatalog } from "../../../../runtime/generator/catalog/synthetic";
import { type IncidentContext, readIncidents } from "../../../../runtime/generator/incidents/read-incidents";

const DAY_S = 86_400;
const HOUR_S = 3_600;
/** 1 January 2026 at six in the morning: the days of the run begin at midnight all the same. */
const START_S = Date.UTC(2026, 0, 1, 6) / 1000;
const MIDNIGHT_S = START_S - 6 * HOUR_S;
const { songs } = syntheticCatalog(1);

/** A part of the catalogue: looking for what is near compares with all. */
const SONGS = Array.from({ length: 300 }, (_, song) => {
  const { artist, song: title } = JSON.parse(`{${Buffer.from(songs.bytesOf(song)).toString("utf8")}}`);
  return { artist, title } as { artist: string; title: string };
});
const context: IncidentContext = {
  songs: {
    size: SONGS.length,
    bytesOf: (song) => songs.bytesOf(song),
    find: (artist, title) => SONGS.findIndex((song) => song.artist === artist && song.title === title),
  },
  states: ["NV", "CA", "NY", "CA"],
  startS: START_S,
};
const HIT = SONGS[17] as { artist: string; title: string };
const read = (...incidents: unknown[]) =>
  readIncidents("incidents.json", JSON.stringify({ incidents }, undefined, 1), context);
const messageOf = (...incidents: unknown[]) => {
  try {
    read(...incidents);
    return "accepted";
  } catch (error) {
    return (error as Error).message;
  }
};
const silence = { kind: "silence", states: ["CA", "NV"], from: "day 3 08:00", to: "day 3 14:30" };
const errors = { kind: "errors", factor: 2, from: "2026-01-02", to: "2026-01-03T12:00:00Z", note: "release 4.2" };
const viral = { kind: "viral-song", ...HIT, share: 0.05, from: "day 5", to: "day 8" };

/** The example of docs/generator.md. */
const EXAMPLE = `{
  "incidents": [
    { "kind": "silence", "states": ["CA", "NV"], "from": "day 3 08:00", "to": "day 3 20:00", "note": "a cut cable" },
    { "kind": "errors", "factor": 20, "from": "day 6", "to": "day 8", "note": "release 4.2" },
    { "kind": "viral-song", "artist": "Toasters of Raven Bluffs", "title": "I Call Before Breakfast", "share": 0.2, "from": "day 9", "to": "day 12" }
  ]
}`;

describe("a file of incidents", () => {
  it("looks like the example, with a song of the synthetic catalogue", () => {
    const { described } = readIncidents("incidents.json", EXAMPLE, { ...context, songs });
    expect(described.map(({ line, text }) => `${line}: ${text}`)).toEqual([
      "3: nobody in CA, NV comes or acts (a cut cable)",
      "4: errors are 20 times as likely (release 4.2)",
      '5: 20 % of what is played is "I Call Before Breakfast" by Toasters of Raven Bluffs',
    ]);
  });

  it("tells what happens when, from the first second to before the last", () => {
    const incidents = read(silence, errors, viral);
    const fromS = MIDNIGHT_S + 2 * DAY_S + 8 * HOUR_S;
    const toS = MIDNIGHT_S + 2 * DAY_S + 14.5 * HOUR_S;
    expect([fromS - 1, fromS, toS - 1, toS].map((timeS) => incidents.silentUntilS("CA", timeS))).toEqual([
      undefined,
      toS,
      toS,
      undefined,
    ]);
    expect(incidents.silentUntilS("NV", fromS)).toBe(toS);
    expect(incidents.silentUntilS("NY", fromS)).toBeUndefined();
    const errorsS = [MIDNIGHT_S + DAY_S, MIDNIGHT_S + 2.5 * DAY_S] as const;
    expect([errorsS[0] - 1, errorsS[0], errorsS[1] - 1, errorsS[1]].map(incidents.errorFactorAt)).toEqual([1, 2, 2, 1]);
    const viralS = [MIDNIGHT_S + 4 * DAY_S, MIDNIGHT_S + 7 * DAY_S] as const;
    const song = { song: 17, share: 0.05 };
    expect([viralS[0] - 1, viralS[0], viralS[1] - 1, viralS[1]].map(incidents.viralSongAt)).toEqual([
      undefined,
      song,
      song,
      undefined,
    ]);
    expect([incidents.firstS, incidents.lastS]).toEqual([errorsS[0], viralS[1]]);
    expect(incidents.described).toEqual([
      { line: 3, fromS, toS, text: "nobody in CA, NV comes or acts" },
      { line: 12, fromS: errorsS[0], toS: errorsS[1], text: "errors are 2 times as likely (release 4.2)" },
      { line: 19, fromS: viralS[0], toS: viralS[1], text: `5 % of what is played is "${HIT.title}" by ${HIT.artist}` },
    ]);
  });

  it("may hold incidents that overlap: silence lasts, factors multiply, the newest song is heard", () => {
    const other = SONGS[3] as { artist: string; title: string };
    const incidents = read(
      { kind: "silence", states: ["CA"], from: "day 1", to: "day 4" },
      { kind: "silence", states: ["CA"], from: "day 2", to: "day 3" },
      { kind: "silence", states: ["CA"], from: "day 4", to: "day 5" },
      { kind: "errors", factor: 2, from: "day 1", to: "day 3" },
      { kind: "errors", factor: 0.5, from: "day 2", to: "day 4" },
      { kind: "errors", factor: 3, from: "day 2", to: "day 3" },
      // Together more than a number can say, and times 0: every session ended at its first page.
      ...Array.from({ length: 110 }, () => ({ kind: "errors", factor: 1_000, from: "day 20", to: "day 22" })),
      { kind: "errors", factor: 0, from: "day 21", to: "day 22" },
      { kind: "viral-song", ...HIT, share: 0.1, from: "day 1", to: "day 5" },
      { kind: "viral-song", ...other, share: 0.2, from: "day 2", to: "day 3" },
    );
    const day = (number: number) => MIDNIGHT_S + (number - 1) * DAY_S;
    expect([1, 2, 3, 4, 5].map((number) => incidents.silentUntilS("CA", day(number)))).toEqual([
      day(5),
      day(5),
      day(5),
      day(5),
      undefined,
    ]);
    expect([1, 2, 3, 4].map((number) => incidents.errorFactorAt(day(number)))).toEqual([2, 3, 0.5, 1]);
    expect([20, 21].map((number) => incidents.errorFactorAt(day(number)))).toEqual([Number.MAX_VALUE, 0]);
    expect([1, 2, 3, 4, 5].map((number) => incidents.viralSongAt(day(number))?.song)).toEqual([
      17,
      3,
      17,
      17,
      undefined,
    ]);
  });

  it("may be empty, and then nothing ever happens", () => {
    const incidents = read();
    expect([incidents.firstS > incidents.lastS, incidents.errorFactorAt(START_S)]).toEqual([true, 1]);
  });

  it.each([
    [
      "an unknown kind",
      { ...silence, kind: "silent" },
      /line 4: "kind" of an incident is "silent"; it must be one of silence, errors, viral-song \(did you mean silence\?\)\.$/,
    ],
    [
      "a key of another kind",
      { ...errors, share: 1 },
      /an incident of the kind "errors" has no key "share"; allowed: kind, factor, from, to, note/,
    ],
    ["a misspelt key", { ...errors, facter: 1 }, /an incident has no key "facter" \(did you mean factor\?\)/],
    [
      "an unknown state",
      { ...silence, states: ["NY", "CAA"] },
      /line 7: the catalogue has no place in the state "CAA" \(did you mean CA\?\); allowed: CA, NV, NY\.$/,
    ],
    ["no state", { ...silence, states: [] }, /line 5: "states" .* is \[\]; it must be a list of texts/],
    [
      "a time that is none",
      { ...silence, from: "Tuesday" },
      /line 9: "from" .* is "Tuesday"; it must be a day of the run such as "day 3"/,
    ],
    ["a day 0", { ...silence, from: "day 0" }, /"from" .* is "day 0"; it must be a day of the run/],
    ["an hour that is none", { ...silence, from: "day 1 24:00" }, /"from" .* is "day 1 24:00"; it must be/],
    [
      "an end before the beginning",
      { ...silence, to: "day 3 08:00" },
      /line 10: the incident ends at 2026-01-03T08:00:00Z, not after its beginning at 2026-01-03T08:00:00Z/,
    ],
    ["a negative factor", { ...errors, factor: -1 }, /"factor" .* is -1; it must be a number from 0 to 1000/],
    ["a share above 1", { ...viral, share: 1.5 }, /"share" .* is 1.5; it must be a number above 0 to 1/],
    ["no end", { ...silence, to: undefined }, /lacks the key "to"/],
  ])("is refused for %s, in one sentence with file and line", (_what, incident, message) => {
    const found = messageOf(incident);
    expect(found).toMatch(message);
    expect(found).toMatch(/^incidents\.json, line \d+: [^\n]+\.$/);
  });

  it("is refused for a song that the catalogue does not have, with the nearest", () => {
    const near = `(did you mean ${JSON.stringify(HIT.title)} by ${JSON.stringify(HIT.artist)}?)`;
    expect(messageOf({ ...viral, title: `${HIT.title}s` })).toContain(near);
    expect(messageOf({ ...viral, artist: `${HIT.artist}s` })).toContain(near);
    expect(messageOf({ ...viral, artist: `${HIT.artist}s`, title: `${HIT.title}s` })).toContain(near);
    expect(messageOf({ ...viral, artist: "Nobody", title: "At all that is anywhere near" })).toMatch(
      /^incidents\.json, line 6: the catalogue has no song "At all that is anywhere near" by "Nobody"; allowed is a song/,
    );
  });
});
