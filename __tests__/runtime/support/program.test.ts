import { ERROR_CODES, isRetryable, messageOf, RhythmicError } from "../../../runtime/support/errors";
import { helpText, readSettings } from "../../../runtime/support/program";
import {
  boolean,
  environmentOf,
  integer,
  list,
  number,
  optional,
  type SettingsInput,
  text,
  withAliases,
  withDefault,
} from "../../../runtime/support/settings";

const settings = {
  KAFKA_BROKERS: list({
    flag: "brokers",
    description: "Where Kafka is.",
    pattern: "^.+:\\d+$",
    allowed: "host:port, ...",
  }),
  SAMPLE_CUT_BYTES_MAX: withDefault(integer({ description: "Bytes.", minimum: 1, maximum: 100 }), 10),
  SAMPLE_ONCE: withDefault(boolean({ description: "Once." }), false),
  SAMPLE_NAME: optional(text({ description: "A name." })),
};
const program = { name: "sample", description: "a sample.", settings };
const read = (argv: string[], environment: Record<string, string> = {}) => readSettings(program, argv, environment);

describe("settings", () => {
  test("come from the environment, with defaults", () => {
    expect(read([], { KAFKA_BROKERS: "a:1, b:2" })).toEqual({
      KAFKA_BROKERS: ["a:1", "b:2"],
      SAMPLE_CUT_BYTES_MAX: 10,
      SAMPLE_ONCE: false,
      SAMPLE_NAME: undefined,
    });
  });

  test("are overridden by flags", () => {
    const found = read(["--brokers", "c:3", "--cut-bytes-max=7", "--once"], { KAFKA_BROKERS: "a:1", SAMPLE_NAME: "x" });
    expect(found).toMatchObject({
      KAFKA_BROKERS: ["c:3"],
      SAMPLE_CUT_BYTES_MAX: 7,
      SAMPLE_ONCE: true,
      SAMPLE_NAME: "x",
    });
  });

  test.each([
    [["--brokers"], {}, "bad_usage", /--brokers needs a value/],
    [["--broker", "a:1"], {}, "bad_usage", /no flag --broker \(did you mean --brokers\?\); allowed: --brokers/],
    [["stray"], { KAFKA_BROKERS: "a:1" }, "bad_usage", /takes no argument "stray"/],
    [[], {}, "bad_settings", /KAFKA_BROKERS \(--brokers\) is missing; it must be host:port/],
    [["--brokers", "nonsense"], {}, "bad_settings", /KAFKA_BROKERS \(--brokers\) is "nonsense"; it must be host:port/],
    [
      ["--brokers", "a:1", "--cut-bytes-max", "101"],
      {},
      "bad_settings",
      /is "101"; it must be a whole number from 1 to 100/,
    ],
    [["--brokers", "a:1", "--cut-bytes-max", "1.5"], {}, "bad_settings", /is "1.5"; it must be a whole number/],
    [["--brokers", "a:1", "--once=maybe"], {}, "bad_settings", /is "maybe"; it must be true or false/],
    [
      [],
      { KAFKA_BROKERS: "a:1", SAMPLE_CUT_BYTE_MAX: "3" },
      "bad_settings",
      /no setting SAMPLE_CUT_BYTE_MAX \(did you mean SAMPLE_CUT_BYTES_MAX\?\)/,
    ],
  ] as [string[], Record<string, string>, string, RegExp][])(
    "refuse %j %j by name",
    (argv, environment, code, message) => {
      expect(() => read(argv, environment)).toThrow(
        expect.objectContaining({ code, message: expect.stringMatching(message) }),
      );
    },
  );

  test("are all in the help", () => {
    expect(read(["--help"])).toBeUndefined();
    const help = helpText(program);
    for (const name of Object.keys(settings)) expect(help).toContain(name);
    expect(help).toContain("SAMPLE_CUT_BYTES_MAX, --cut-bytes-max VALUE");
    expect(help).toContain("a whole number from 1 to 100; default 10");
    expect(help).toContain("Exit codes: 0 done, 2 bad usage or settings, 1 failure, 130 Ctrl-C");
  });

  test("become an environment through the program's own type", () => {
    expect(environmentOf(settings, { KAFKA_BROKERS: ["a:1", "b:2"], SAMPLE_ONCE: true })).toEqual({
      KAFKA_BROKERS: "a:1,b:2",
      SAMPLE_ONCE: "true",
    });
    expect(() => environmentOf(settings, { KAFKA_BROKERS: ["a:1"], SAMPLE_CUT_BYTES_MAX: 0 })).toThrow(
      /SAMPLE_CUT_BYTES_MAX/,
    );
    // @ts-expect-error: a required setting is missing
    const missing: SettingsInput<typeof settings> = {};
    // @ts-expect-error: a misspelt setting
    const misspelt: SettingsInput<typeof settings> = { KAFKA_BROKERS: ["a:1"], SAMPLE_ONC: true };
    // @ts-expect-error: a text where a number is meant
    const wrong: SettingsInput<typeof settings> = { KAFKA_BROKERS: ["a:1"], SAMPLE_CUT_BYTES_MAX: "7" };
    expect([missing, misspelt, wrong]).toHaveLength(3);
  });
});

describe("aliases", () => {
  const aliased = {
    SAMPLE_USERS: optional(integer({ description: "Users.", aliases: ["n", "nusers"], minimum: 1, maximum: 9_999 })),
    SAMPLE_GROWTH: optional(number({ description: "Growth.", aliases: ["g"], minimum: 0, maximum: 9 })),
    SAMPLE_FOREVER: withDefault(boolean({ description: "Forever.", aliases: ["f"], negations: ["noforever"] }), false),
    KAFKA_BROKERS: optional(withAliases(settings.KAFKA_BROKERS, "brokerList")),
  };
  const instead = { argument: "give it as --users.", flags: { "-k": "it has gone; leave it out." } };
  const readAliased = (...argv: string[]) =>
    readSettings({ name: "sample", settings: aliased, instead }, argv, { SAMPLE_GROWTH: "2" });

  test.each([
    [["-n", "5"], { SAMPLE_USERS: 5, SAMPLE_GROWTH: 2 }],
    [["-n5000"], { SAMPLE_USERS: 5000 }],
    [["--nusers=5", "-g", "0.5"], { SAMPLE_USERS: 5, SAMPLE_GROWTH: 0.5 }],
    [["--users", "5"], { SAMPLE_USERS: 5 }],
    [["-fn", "5"], { SAMPLE_USERS: 5, SAMPLE_FOREVER: true }],
    [["--noforever"], { SAMPLE_FOREVER: false }],
    [["--brokerList", "a:1,b:2"], { KAFKA_BROKERS: ["a:1", "b:2"] }],
    [["-n", "5", "--users", "5", "--nusers", "5"], { SAMPLE_USERS: 5 }],
    // The same flag again: the last counts, as ever.
    [["--users", "5", "--users", "6"], { SAMPLE_USERS: 6 }],
  ] as [string[], object][])("of a setting are read: %j", (argv, expected) => {
    expect(readAliased(...argv)).toMatchObject(expected);
  });

  test.each([
    [["-n", "5", "--users", "6"], /^-n and --users both set SAMPLE_USERS, to "5" and to "6"; leave one out\.$/],
    [["-f", "--noforever"], /^-f and --noforever both set SAMPLE_FOREVER, to "true" and to "false"; leave one out\.$/],
    [["-n"], /^-n needs a value; see --help\.$/],
    [["-n", "five"], /^SAMPLE_USERS \(--users\) is "five"; it must be a whole number from 1 to 9999\.$/],
    [["--noforever=perhaps"], /^SAMPLE_FOREVER \(--forever\) is "perhaps"; it must be true or false\.$/],
    [["--n", "5"], /^sample has no flag --n\b.*; allowed: --users, --growth, --forever, --brokers, --help\.$/],
    [["--nuser", "5"], /^sample has no flag --nuser \(did you mean --nusers\?\); allowed: --users, /],
    [["-x"], /^sample has no flag -x/],
    [["-k", "topic"], /^sample has no flag -k: it has gone; leave it out\.$/],
    [["folder"], /^sample takes no argument "folder"; give it as --users\.$/],
  ] as [string[], RegExp][])("are refused in one sentence: %j", (argv, message) => {
    expect(() => readAliased(...argv)).toThrow(expect.objectContaining({ message: expect.stringMatching(message) }));
  });

  test("stand in the help", () => {
    const help = helpText({ name: "sample", description: "a sample.", settings: aliased });
    expect(help).toContain("  SAMPLE_USERS, --users VALUE (also -n, --nusers)\n");
    expect(help).toContain("  SAMPLE_FOREVER, --forever (also -f, --noforever for no)\n");
  });
});

describe("errors", () => {
  test.each(Object.entries(ERROR_CODES))(
    "of code %s carry what the table says",
    (code, { retryable, exitCode, meaning }) => {
      const error = new RhythmicError(code as keyof typeof ERROR_CODES, "Something is wrong.");
      expect([error.retryable, error.exitCode]).toEqual([retryable, exitCode]);
      expect(meaning).toMatch(/\.$/);
    },
  );

  test("are classified without ever throwing", () => {
    for (const stranger of [undefined, null, 3, "text", {}, new Error("x"), Symbol("s")]) {
      expect(isRetryable(stranger)).toBe(false);
    }
    expect(isRetryable(new RhythmicError("broker_unreachable", "gone"))).toBe(true);
  });

  test("fit on one line", () => {
    expect(messageOf(new Error("a\n   b"))).toBe("a b");
    expect(messageOf("text")).toBe("text");
  });
});
