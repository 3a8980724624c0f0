import fc from "fast-check";
import builtIn from "../../../../runtime/generator/config/music-service.json";

/** Values that programs stumble over, and plain ones. */
const numbers = fc.oneof(
  fc.constantFrom(0, -0, -1, 1, 0.5, 1.0000000001, 5e-324, 1e-9, 1e9, 1e12, 1e308, 2 ** 53, 86_400, 200, 307, 404),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: 0, max: 1, noNaN: true }),
);
const words = fc.oneof(
  fc.constantFrom(
    "NextSong",
    "Home",
    "Login",
    "Guest",
    "Logged In",
    "Cancelled",
    "free",
    "paid",
    "GET",
    "",
    "2026-01-01",
  ),
  fc.constantFrom("__proto__", "constructor", "toString", "a\nb", "\u2028", "\ud800", "%s", "{}", "1"),
  fc.string({ maxLength: 12, unit: "binary" }),
);
const odd: fc.Arbitrary<unknown> = fc.oneof(
  numbers,
  words,
  fc.constantFrom<unknown>(null, true, false, [], {}, [[]], { page: "Home" }, [null], [1]),
  fc.jsonValue({ maxDepth: 2 }),
);

type Tree = { [key: string]: unknown } | unknown[];
type Change = (file: Tree) => void;

/** The object or list and the key in it that a list of numbers leads to. */
function placeIn(root: Tree, steps: readonly number[]): { parent: Tree; key: string } {
  let parent: Tree = root;
  let key = "";
  for (const step of steps) {
    const keys = Object.keys(parent);
    if (keys.length === 0) break;
    key = keys[step % keys.length] as string;
    const next = (parent as { [key: string]: unknown })[key];
    if (typeof next !== "object" || next === null || step % 7 === 0) break;
    if (Object.keys(next).length === 0) break;
    parent = next as Tree;
    key = Object.keys(parent)[0] as string;
  }
  return { parent, key };
}

const steps = fc.array(fc.nat(10_000), { minLength: 1, maxLength: 5 });
const put = (parent: Tree, key: string, value: unknown) =>
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });

const changes: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(steps, odd).map(([way, value]) => (file: Tree) => {
    const { parent, key } = placeIn(file, way);
    put(parent, key, value);
  }),
  steps.map((way) => (file: Tree) => {
    const { parent, key } = placeIn(file, way);
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
  }),
  fc.tuple(steps, words).map(([way, name]) => (file: Tree) => {
    const { parent, key } = placeIn(file, way);
    if (Array.isArray(parent)) parent.push(structuredClone(parent[Number(key)]));
    else put(parent, name, parent[key]);
  }),
  fc.tuple(steps, numbers).map(([way, value]) => (file: Tree) => {
    const { parent } = placeIn(file, way);
    for (const [key, old] of Object.entries(parent)) if (typeof old === "number") put(parent, key, value);
  }),
);

/** Changes that a person might make and that are mostly allowed, to runs that are far from the ordinary. */
const plausible: fc.Arbitrary<Change> = fc
  .record(
    {
      alpha: fc.constantFrom(1e-9, 0.5, 90, 1e6, 1e9),
      beta: fc.constantFrom(1e-9, 60, 3_600, 604_800, 1e9),
      damping: fc.constantFrom(0, 0.1, 1),
      "weekend-damping": fc.constantFrom(0, 0.5, 1),
      "weekend-damping-offset": fc.constantFrom(0, 180, 720),
      "weekend-damping-scale": fc.constantFrom(0, 360, 1440),
      "session-gap": fc.constantFrom(0, 60, 1800, 1e9),
      "growth-rate": fc.constantFrom(0, 0.5, 100),
      "attrition-rate": fc.constantFrom(0, 0.5, 1000),
      "first-user-id": fc.constantFrom(0, 1, 8_990_000_000),
      "new-user-auth": fc.constantFrom("Guest", "Guest", "Logged In"),
      "churned-state": fc.constantFrom("Cancelled", "Cancelled", "Guest"),
      p: fc.constantFrom(0, 0.001, 0.02),
      endless: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  .map(({ p, endless, ...keys }) => (file: Tree) => {
    Object.assign(file, keys);
    const transitions = (file as { transitions?: unknown }).transitions;
    if (!Array.isArray(transitions)) return;
    for (const one of transitions) if (p !== undefined && typeof one === "object" && one !== null) one.p = p;
    if (endless !== true) return;
    // A session that can never end: each state leads to its first target only.
    const seen = new Set<string>();
    for (const one of transitions) {
      const from = JSON.stringify(one?.source);
      if (typeof one === "object" && one !== null) one.p = seen.has(from) ? 0 : 1;
      seen.add(from);
    }
  });

/** The built-in configuration as text, after changes of which half are mostly allowed. */
export const changedConfigurations = fc
  .oneof(
    plausible.map((change) => [change]),
    fc.array(changes, { minLength: 1, maxLength: 3 }),
    fc.tuple(plausible, changes),
  )
  .map((several: readonly Change[]) => {
    const file = structuredClone(builtIn) as Tree;
    for (const change of several) change(file);
    return JSON.stringify(file, undefined, 1);
  });

/** A text cut, with bytes flipped, or with something put in. */
export function broken(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(texts, fc.nat(), fc.nat(255), fc.constantFrom("cut", "flip", "insert", "head"), words)
    .map(([text, at, byte, how, word]) => {
      const bytes = Buffer.from(text);
      const place = bytes.length === 0 ? 0 : at % bytes.length;
      if (how === "cut") return bytes.subarray(0, place).toString();
      if (how === "head") return bytes.subarray(place).toString();
      if (how === "insert")
        return Buffer.concat([bytes.subarray(0, place), Buffer.from(word), bytes.subarray(place)]).toString();
      bytes[place] = byte;
      return bytes.toString();
    });
}

const times = fc.oneof(
  fc.constantFrom(
    "day 1",
    "day 2 08:30",
    "day 3",
    "day 14 23:59",
    "day 99999",
    "2025-01-03",
    "2025-01-05T12:00:00+02:00",
  ),
  words,
);

/** A file of incidents, right or nearly so. */
export const incidentFiles = (songs: readonly { readonly artist: string; readonly title: string }[]) =>
  fc
    .array(
      fc.oneof(
        fc.record(
          {
            kind: fc.constantFrom<unknown>("silence", "errors", "viral-song", "silence ", 3),
            states: fc.array(fc.constantFrom("CA", "NY", "TX", "Ca", ""), { maxLength: 3 }),
            factor: fc.oneof(fc.constantFrom(0, 0.5, 2, 1000, 1001), numbers),
            share: fc.oneof(fc.constantFrom(0, 0.05, 1), numbers),
            from: times,
            to: times,
            note: words,
          },
          { requiredKeys: ["kind", "from", "to"] },
        ),
        fc.record({
          kind: fc.constant("silence"),
          states: fc.subarray(["CA", "NY", "TX", "FL"], { minLength: 1 }),
          from: fc.constantFrom("day 1", "day 3 12:00"),
          to: fc.constantFrom("day 4", "day 99999"),
        }),
        fc.record({
          kind: fc.constant("errors"),
          factor: fc.constantFrom(0, 3, 1000),
          from: fc.constantFrom("day 1", "day 3 12:00"),
          to: fc.constantFrom("day 4", "day 99999"),
        }),
        fc.tuple(fc.constantFrom(...songs), fc.constantFrom(0.01, 1)).map(([song, share]) => ({
          kind: "viral-song",
          ...song,
          share,
          from: "day 2",
          to: "day 9",
        })),
        odd,
      ),
      { maxLength: 4 },
    )
    .map((incidents) => JSON.stringify({ incidents }, undefined, 1));

const flagValues = fc.oneof(
  fc.constantFrom("0", "1", "5", "-1", "1e3", "0.5", "1001", "9007199254740993", "", "true", "no", "1/2", "3/2", "0/0"),
  fc.constantFrom(
    "2025-01-01",
    "2025-02-30",
    "2025-01-02T00:00:00",
    "9999-12-31T23:59:59Z",
    "1969-01-01",
    "listen_events",
  ),
  fc.constantFrom("a:1", "-", "out", "x.json"),
  words,
);

/** A command line: some flags of the program with values that fit or do not. */
export const commandLines = (flags: readonly string[]) =>
  fc
    .array(
      fc.tuple(
        fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...flags) }, { weight: 1, arbitrary: words }),
        fc.option(flagValues, { nil: undefined }),
        fc.boolean(),
      ),
      { maxLength: 5 },
    )
    .map((pairs) =>
      pairs.flatMap(([flag, value, joined]) =>
        value === undefined ? [flag] : joined && flag.startsWith("--") ? [`${flag}=${value}`] : [flag, value],
      ),
    );

export { odd };
