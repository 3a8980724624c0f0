import { ERROR_CODES, isRetryable, messageOf, RhythmicError } from "../../../runtime/support/errors";
import { helpText, readSettings } from "../../../runtime/support/program";
import {
  boolean,
  environmentOf,
  integer,
  list,
  optional,
  type SettingsInput,
  text,
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
