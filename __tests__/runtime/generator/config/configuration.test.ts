import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseConfiguration } from "../../../../runtime/generator/config/configuration";
import builtIn from "../../../../runtime/generator/config/music-service.json";
import { Random } from "../../../../runtime/generator/random";

const TEXT = JSON.stringify(builtIn, undefined, 1);
const SHARED = join(__dirname, "../../../../../shared/data/music");

interface Step {
  source: { page: string; auth: string; method: string; level: string };
  dest: { page: string; auth: string; method: string; level: string };
  p: number;
}

/** The built-in configuration, open to change; none of its lists is empty. */
interface ChangedFile {
  transitions: [Step, ...Step[]];
  levels: [{ level: string; weight: number }, { level: string; weight: number }];
  auths: [{ auth: string }, { auth: string }];
  "show-user-details": [{ auth: string }, { auth: string }];
  "new-session": [object, ...object[]];
  "new-user-level": string;
}

function parse(text: string): string {
  try {
    parseConfiguration("service.json", text);
    return "accepted";
  } catch (error) {
    return (error as Error).message;
  }
}

/** The message for the built-in file after a change of its text. */
const messageAfter = (search: string | RegExp, replacement: string) => {
  const changed = TEXT.replace(search, replacement);
  expect(changed).not.toBe(TEXT);
  return parse(changed);
};
const lineOf = (search: string) => TEXT.slice(0, TEXT.indexOf(search)).split("\n").length;

describe("a configuration file", () => {
  it("is read with eventsim's units, whatever its spacing", () => {
    const configuration = parseConfiguration("service.json", TEXT);
    expect(configuration).toMatchObject({ seed: 1, alphaS: 100, betaS: 259200, sessionGapS: 1800, growthRate: 0.5 });
    expect(configuration.weekend).toEqual({ damping: 0.35, offsetS: 10_800, scaleS: 21_600 });
    expect(parseConfiguration("other.json", JSON.stringify(builtIn)).hash).toBe(configuration.hash);
    expect(parseConfiguration("other.json", TEXT.replace('"seed": 1', '"seed": 2')).hash).not.toBe(configuration.hash);
  });

  it("takes eventsim's defaults and optional keys", () => {
    const { damping, "session-gap": gap, seed, ...rest } = builtIn;
    expect([damping, gap, seed]).toBeDefined();
    const file = {
      ...rest,
      "n-users": 12,
      "start-date": "2026-03-01T10:00:00",
      "end-date": "2026-03-02",
      tag: "control",
    };
    expect(parseConfiguration("service.json", JSON.stringify(file))).toMatchObject({
      seed: 0,
      daily: { damping: 0.0625 },
      sessionGapS: 1800,
      users: 12,
      startS: Date.UTC(2026, 2, 1, 10) / 1000,
      endS: Date.UTC(2026, 2, 2) / 1000,
      tag: "control",
    });
  });

  it.each([
    [
      "an unknown key, with the nearest",
      '"session-gap"',
      '"sesion-gap"',
      /line 9: the configuration has no key "sesion-gap" \(did you mean session-gap\?\); allowed: seed, /,
    ],
    [
      "a wrong type",
      '"alpha": 100',
      '"alpha": "slow"',
      /line 3: "alpha" of the configuration is "slow"; it must be a number above 0 to 1000000000\.$/,
    ],
    [
      "a value out of range",
      '"weekend-damping": 0.35',
      '"weekend-damping": 1.5',
      /line 6: .*is 1\.5; it must be a number from 0 to 1\.$/,
    ],
    [
      "a fraction where a whole number must be",
      '"session-gap": 1800',
      '"session-gap": 1.5',
      /it must be a whole number from 0 to/,
    ],
    [
      "a time that is none",
      '"seed": 1',
      '"seed": 1, "start-date": "2026-02-31"',
      /line 2: "start-date" is "2026-02-31"; it must be a time such as/,
    ],
    [
      "an unknown churned state",
      '"churned-state": "Cancelled"',
      '"churned-state": "Canceled"',
      /the auth "Canceled" \(did you mean Cancelled\?\) has no entry in "show-user-details"/,
    ],
    [
      "a level without first states",
      '"level": "free",\n   "weight": 75\n  }',
      '"level": "free",\n   "weight": 75\n  },\n  {\n   "level": "gold",\n   "weight": 1\n  }',
      /users can be Logged In, gold at the beginning, but "new-session" has no entry for Logged In, gold; allowed: Guest, free; /,
    ],
    [
      "no level at all",
      '"weight": 75',
      '"weight": -1',
      /"weight" of an entry of "levels" is -1; it must be a number from 0 to 1000000000000/,
    ],
    ["a key twice", '"seed": 1', '"seed": 1, "seed": 2', /line 2: "seed" stands here again after line 2/],
    [
      "a number with a leading zero",
      '"seed": 1',
      '"seed": 01',
      /line 2: not JSON: found "1,?" at column 11, expected "," or "}"/,
    ],
    [
      "a comma too many",
      '"seed": 1,',
      '"seed": 1,,',
      /line 2: not JSON: found "," at column 12, expected a name in double quotes/,
    ],
    [
      "an open text",
      '"churned-state": "Cancelled"',
      '"churned-state": "Cancelled',
      /not JSON: found "\\"Cancelled,?" at column 19, expected a text that ends/,
    ],
  ])("is refused for %s, in one sentence with file and line", (_what, search, replacement, message) => {
    const found = messageAfter(search, replacement);
    expect(found).toMatch(message);
    expect(found).toMatch(/^service\.json, line \d+: [^\n]+\.$/);
  });

  it("names the line where the probabilities of a state pass 1", () => {
    const line = lineOf('"p": 0.3');
    expect(messageAfter('"p": 0.3', '"p": 1.3')).toBe(
      `service.json, line ${line}: "p" of a transition is 1.3; it must be a number from 0 to 1.`,
    );
    const next =
      line +
      TEXT.split("\n")
        .slice(line)
        .findIndex((text) => text.includes('"p": 0.05')) +
      1;
    expect(messageAfter('"p": 0.3', '"p": 0.9')).toBe(
      `service.json, line ${next}: with p 0.05 the transitions from Home (GET 200, Guest, free) add up to 1.05; at most 1 is allowed.`,
    );
    expect(messageAfter('"p": 0.3', '"q": 0.3')).toBe(
      `service.json, line ${line}: a transition has no key "q" (did you mean p?); allowed: source, dest, p.`,
    );
  });

  it("is refused for a state that no transition knows", () => {
    const file = structuredClone(builtIn);
    (file["new-session"][0] as { method: string }).method = "GOT";
    expect(parse(JSON.stringify(file))).toMatch(
      /"new-session" begins in the state Home \(GOT 200, Guest, free\), which no transition knows \(did you mean Home /,
    );
  });

  it.each<[string, (file: ChangedFile) => void, RegExp]>([
    [
      "an unknown page, with the nearest",
      ({ transitions: [first] }) => {
        first.dest.page = "Registre";
      },
      /^service\.json, line 261: the page "Registre" \(did you mean Register\?\) is unknown; allowed: About, .*, and those that the configuration names in "pages"\.$/,
    ],
    [
      "an unknown auth, with the nearest",
      ({ transitions: [first] }) => {
        first.dest.auth = "Guests";
      },
      /line 262: the auth "Guests" \(did you mean Guest\?\) has no entry in "show-user-details"; allowed: Guest, /,
    ],
    [
      "an unknown level, with the nearest",
      ({ transitions: [first] }) => {
        first.dest.level = "fre";
      },
      /line 265: the level "fre" \(did you mean free\?\) has no entry in "levels"; allowed: free, paid \(the weight is 0/,
    ],
    [
      "an unknown auth of the first users",
      ({ auths: [, first] }) => {
        first.auth = "Loged In";
      },
      /line 47: the auth "Loged In" \(did you mean Logged In\?\) has no entry in "show-user-details"/,
    ],
    [
      "an unknown level of new users",
      (file) => {
        file["new-user-level"] = "payed";
      },
      /line 56: the level "payed" \(did you mean paid\?\) has no entry in "levels"/,
    ],
    [
      "a state that nobody can reach, with the nearest",
      ({ transitions }) => {
        const leads = ({ source, dest }: Step) => source.page === "Upgrade" && dest.page === "Submit Upgrade";
        const step = transitions.find(leads) as Step;
        step.dest = { ...step.dest, method: "POST" };
      },
      /line \d+: the state Submit Upgrade \(PUT 307, Logged In, free\) \(did you mean Submit Upgrade \(POST 307, Logged In, free\)\?\) can't be reached: neither "new-session" nor a transition/,
    ],
    [
      "a transition twice",
      ({ transitions }) => {
        transitions.splice(1, 0, structuredClone(transitions[0]));
      },
      /line 269: the transition to Register \(GET 200, Guest, free\) stands here again after line 252; once is allowed/,
    ],
    [
      "a first state twice",
      (file) => {
        file["new-session"].splice(1, 0, structuredClone(file["new-session"][0]));
      },
      /line 66: the first state Home \(GET 200, Guest, free\) stands here again after line 58/,
    ],
    [
      "an auth twice",
      (file) => {
        file["show-user-details"][1].auth = "Guest";
      },
      /line 18: the auth "Guest" stands here again after line 14/,
    ],
    [
      "a level twice",
      ({ levels }) => {
        levels[1].level = "free";
      },
      /line 36: the level "free" stands here again after line 32/,
    ],
    [
      "a negative probability",
      ({ transitions: [first] }) => {
        first.p = -0.1;
      },
      /line 267: "p" of a transition is -0\.1; it must be a number from 0 to 1\.$/,
    ],
    [
      "weights without end",
      ({ levels }) => {
        levels[0].weight = 1e300;
      },
      /line 34: "weight" of an entry of "levels" is 1e\+300; it must be a number from 0 to 1000000000000\.$/,
    ],
    [
      "levels that nobody has",
      ({ levels }) => {
        for (const one of levels) one.weight = 0;
      },
      /line 31: "levels" has no entry with a weight above 0; at least one must have one\.$/,
    ],
    [
      "no word about whom to show",
      (file) => {
        Reflect.deleteProperty(file, "show-user-details");
      },
      /line 1: the configuration lacks the key "show-user-details"\.$/,
    ],
    [
      "an end before the start",
      (file) => Object.assign(file, { "start-date": "2026-03-02", "end-date": "2026-03-01T23:59:59" }),
      /"end-date" is 2026-03-01T23:59:59Z, not after "start-date", 2026-03-02T00:00:00Z; it must be later\.$/,
    ],
    [
      "sessions that follow each other at once",
      (file) => Object.assign(file, { beta: 1e-9, "session-gap": 0 }),
      /line 4: "beta" is 1e-9 and "session-gap" is 0; together they must be at least 60 seconds\.$/,
    ],
    [
      "growth beyond all bounds",
      (file) => Object.assign(file, { "growth-rate": 101 }),
      /"growth-rate" of the configuration is 101; it must be a number from 0 to 100\.$/,
    ],
    [
      "pages that are no list of names",
      (file) => Object.assign(file, { pages: ["Lyrics", ""] }),
      /"pages" of the configuration is \["Lyrics",""\]; it must be a list of texts that are not empty\.$/,
    ],
  ])("is refused for %s", (_what, change, message) => {
    const file = structuredClone(builtIn) as unknown as ChangedFile;
    change(file);
    const found = parse(JSON.stringify(file, undefined, 1));
    expect(found).toMatch(message);
    expect(found).toMatch(/^service\.json, line \d+: [^\n]+\.$/);
  });

  it("may have pages of its own, where it names them", () => {
    const text = TEXT.replaceAll('"Roll Advert"', '"Lyrics"');
    expect(parse(text)).toMatch(/the page "Lyrics" is unknown/);
    expect(parse(text.replace('"seed"', '"pages": ["Lyrics"], "seed"'))).toBe("accepted");
  });

  it("may turn off a way by a probability of 0 without losing the states behind it", () => {
    expect(parse(TEXT.replaceAll(/"p": [\d.]+/g, '"p": 0'))).toBe("accepted");
  });

  it("says all on one line, whatever the names in the file hold", () => {
    const text = TEXT.replaceAll('"Cancelled"', '"Can\\ncelled\\u2028"').replace(
      '"churned-state": "Can',
      '"churned-state": "X',
    );
    expect(parse(text)).toMatch(/allowed: Guest, Logged In, Logged Out, Can\\u000acelled\\u2028\.$/);
  });

  it("is refused for missing keys, and for what is no object", () => {
    const { transitions, ...rest } = builtIn;
    expect(transitions.length).toBeGreaterThan(100);
    expect(parse(JSON.stringify(rest))).toBe('service.json, line 1: the configuration lacks the key "transitions".');
    expect(parse("[]")).toBe("service.json, line 1: the configuration is []; it must be a JSON object.");
    expect(parse("")).toBe("service.json, line 1: not JSON: found the end of the file at column 1, expected a value.");
    expect(parse(`${"[".repeat(100)}`)).toMatch(/at most 64 levels of nesting/);
  });

  it("never gives anything but a sentence, wherever the text is cut or changed", () => {
    const random = new Random(1, 9, 0);
    for (let round = 0; round < 150; round++) {
      const at = random.below(TEXT.length);
      const noise = ["", "{", "}", '"', "1e999", ",", "null", "\u0000"][random.below(8)] ?? "";
      const text = random.below(2) === 0 ? TEXT.slice(0, at) + noise : TEXT.slice(0, at) + noise + TEXT.slice(at + 1);
      expect(parse(text)).toMatch(/^accepted$|^service\.json, line \d+: [^\n]+\.$/);
    }
  });

  (existsSync(SHARED) ? it : it.skip)(
    "of eventsim is read as it is (skipped where ../shared/data is not there)",
    () => {
      for (const name of ["example-config.json", "alt-example-config.json"]) {
        const configuration = parseConfiguration(name, readFileSync(join(SHARED, name), "utf8"));
        expect(configuration.machine.states).toHaveLength(40);
      }
    },
  );
});
