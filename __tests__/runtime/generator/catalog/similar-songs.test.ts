import { catalogOf, type Song, Songs } from "../../../../runtime/generator/catalog/catalog";
import { type SimilarSongs, SimilarSongsBuilder } from "../../../../runtime/generator/catalog/similar-songs";
import { Random, STREAM } from "../../../../runtime/generator/random";
import { bySession, simulate } from "../simulate";

const WEIGHTS = [10, 1, 2, 5, 0, 7];
const SONGS = WEIGHTS.map((weight, index): Song => ({ artist: "A", title: `T${index}`, durationS: 100, weight }));

function built(pairs: readonly (readonly [number, number])[]) {
  const builder = new SimilarSongsBuilder();
  for (const [song, similar] of pairs) builder.add(song, similar);
  return builder.build(Float64Array.from(WEIGHTS));
}

function drawn(songs: Songs, after: number, times: number): number[] {
  const random = new Random(3, STREAM.user, 1);
  const counts = WEIGHTS.map(() => 0);
  for (let time = 0; time < times; time++) {
    const song = songs.drawAfter(after, random);
    counts[song] = (counts[song] ?? 0) + 1;
  }
  return counts;
}

const withSimilar = (similar: SimilarSongs) => new Songs(SONGS, similar);
const PAIRS = [
  [0, 3],
  [5, 0],
  [0, 1],
  [0, 4],
  [0, 2],
  [3, 4],
] as const;

describe("songs after a song", () => {
  it("are its neighbours by their listen counts, as eventsim draws them, within what chance explains", () => {
    const counts = drawn(withSimilar(built(PAIRS).similar), 0, 80_000);
    const expected = [0, 10_000, 20_000, 50_000, 0, 0];
    // Chi-square with two degrees of freedom: above 18 in one of ten thousand seeds.
    const chi = expected.reduce((sum, e, i) => (e === 0 ? sum : sum + ((counts[i] ?? 0) - e) ** 2 / e), 0);
    expect(chi).toBeLessThan(18);
    expect(counts[0]).toBe(0);
    expect(counts[4]).toBe(0);
  });

  it("are drawn one way only, always where there is one alone, and among all where there is none or nobody listens", () => {
    const songs = withSimilar(built(PAIRS).similar);
    expect(songs.hasNeighbours).toBe(true);
    expect(drawn(songs, 5, 100)[0]).toBe(100);
    // 1 has no neighbours, 3 has one that nobody listens to, -1 is no song.
    for (const after of [1, 3, -1]) {
      const [a, b] = [new Random(9, STREAM.user, 2), new Random(9, STREAM.user, 2)];
      for (let time = 0; time < 100; time++) expect(songs.drawAfter(after, a)).toBe(songs.draw(b));
    }
  });

  it("are any song where no file of similar songs is there: the same as without asking", () => {
    const songs = new Songs(SONGS);
    const [a, b] = [new Random(9, STREAM.user, 2), new Random(9, STREAM.user, 2)];
    for (let time = 0; time < 100; time++) expect(songs.drawAfter(0, a)).toBe(songs.draw(b));
    expect(songs.hasNeighbours).toBe(false);
  });

  it("do not depend on the order of the pairs; repeated ones, unknown ones and a song itself are counted", () => {
    const more = [...PAIRS, [0, 3], [0, 3], [2, 2], [-1, 2], [2, -1], [-1, -1]] as const;
    const { similar, counts } = built(more.toReversed());
    expect(counts).toEqual({ kept: 6, repeated: 2, itself: 1, unknown: 3 });
    expect([...similar.starts]).toEqual([0, 4, 4, 4, 5, 5, 6]);
    expect([...similar.neighbours]).toEqual([1, 2, 3, 4, 4, 0]);
    expect(built(PAIRS).similar.neighbours).toEqual(similar.neighbours);
  });

  it("may be more than fit into one piece of memory", () => {
    const builder = new SimilarSongsBuilder();
    const pairs = 2 ** 20 + 5;
    for (let pair = 0; pair < pairs; pair++) builder.add(pair % 5, 5);
    const { similar, counts } = builder.build(Float64Array.from(WEIGHTS));
    expect(counts).toEqual({ kept: 5, repeated: pairs - 5, itself: 0, unknown: 0 });
    expect([...similar.neighbours]).toEqual([5, 5, 5, 5, 5]);
  });
});

describe("listeners", () => {
  it("hear after a song one that is similar to it, and begin a session with any", () => {
    // Each song has the next one as its only neighbour, so that a session's songs are known after the first.
    const songs = Array.from(
      { length: 40 },
      (_, song): Song => ({ artist: "A", title: "T", durationS: 100 + song, weight: 1 }),
    );
    const builder = new SimilarSongsBuilder();
    for (const song of songs.keys()) builder.add(song, (song + 1) % songs.length);
    const { similar } = builder.build(Float64Array.from(songs, ({ weight }) => weight));
    const one = <T>(value: T) => ({ values: [value], weights: [1] });
    const catalog = catalogOf("a test", {
      songs,
      similar,
      firstNames: one({ name: "Ada", gender: "F" as const }),
      lastNames: one("Lovelace"),
      places: one({ city: "C", state: "NY", zip: "1", longitudeDeg: 0, latitudeDeg: 0 }),
      userAgents: one("U"),
    });
    const sessions = bySession(simulate({ catalog, users: 30, days: 7 }), "listen_events")
      .map((events) => events.map(({ duration = 0 }) => duration - 100))
      // What was heard before the run's beginning is not written.
      .filter((heard) => heard.length > 1);
    expect(sessions.length).toBeGreaterThan(10);
    for (const heard of sessions) {
      expect(heard).toEqual(heard.map((_, index) => ((heard[0] ?? 0) + index) % songs.length));
    }
    expect(new Set(sessions.map(([first]) => first)).size).toBeGreaterThan(5);
  });
});

describe("finding a song", () => {
  const songs = new Songs([
    { artist: "A", title: "B", durationS: 1, weight: 1 },
    { artist: 'Q","song":"B', title: 'A","song":"B', durationS: 1, weight: 1 },
    { artist: "Björk", title: "Jóga", durationS: 1.5, weight: 1 },
    { artist: "A", title: "B2", durationS: 1, weight: 1 },
    { artist: "Björk", title: "Jóga", durationS: 2, weight: 1 },
  ]);

  it.each([
    ["A", "B", 0],
    ['Q","song":"B', 'A","song":"B', 1],
    ["Björk", "Jóga", 2],
    ["A", "B2", 3],
    ["A", "", -1],
    ["", "B", -1],
    ["björk", "Jóga", -1],
  ])("of %j called %j gives %d", (artist, title, song) => {
    expect(songs.find(artist, title)).toBe(song);
  });
});
