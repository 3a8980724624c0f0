import { environmentNameOf, readFlags } from "../../scripts/flags";
import { SynthesisError } from "../../stacks/synthesis/synthesis-error";

const DECLARED = { plan: { value: "FILE" }, environment: { value: "NAME" }, json: "alone" } as const;
const ALLOWED = "allowed: --plan FILE, --environment NAME, --json, --help.";

test("flags that are declared are read, also several times", () => {
  const flags = readFlags(["--plan", "a", "--json", "--plan=b"], DECLARED);
  expect([flags.has("json"), flags.has("help"), flags.values("plan"), flags.value("plan")]).toEqual([
    true,
    false,
    ["a", "b"],
    "b",
  ]);
  expect(readFlags([], DECLARED).value("plan")).toBeUndefined();
  expect(readFlags(["--help"], DECLARED).has("help")).toBe(true);
});

test.each<[string, readonly string[], string]>([
  ["a flag that is misspelt", ["--jsn"], `There is no flag or argument --jsn (did you mean --json?); ${ALLOWED}`],
  ["a short flag", ["-j"], "There is no flag or argument -j"],
  ["an argument", ["prod"], `There is no flag or argument prod; ${ALLOWED}`],
  ["what comes after two hyphens", ["--", "prod"], "There is no flag or argument --"],
  ["a value that is missing", ["--plan"], `--plan needs a value; ${ALLOWED}`],
  ["a value that is empty", ["--plan="], `--plan needs a value; ${ALLOWED}`],
  ["a value that nobody asked for", ["--json=no"], '--json\'s value is "no"; allowed: none.'],
])("%s is refused in one sentence", (_, args, message) => {
  expect(() => readFlags(args, DECLARED)).toThrow(SynthesisError);
  expect(() => readFlags(args, DECLARED)).toThrow(message);
});

describe("a command that takes words", () => {
  const WORDS = { what: "ACTION [NAME]", max: 2, rest: true };

  test("has them in their order, wherever the flags stand, and what comes after two hyphens as it is", () => {
    const flags = readFlags(["logs", "--json", "kafka", "--", "--json", "-x", "--"], DECLARED, WORDS);
    expect([flags.words, flags.rest]).toEqual([
      ["logs", "kafka"],
      ["--json", "-x", "--"],
    ]);
    expect(flags.has("json")).toBe(true);
    expect(readFlags(["logs"], DECLARED, WORDS).rest).toBeUndefined();
    expect(readFlags(["logs", "--"], DECLARED, WORDS).rest).toEqual([]);
  });

  test("refuses one too many, and says which it takes", () => {
    expect(() => readFlags(["a", "b", "c"], DECLARED, WORDS)).toThrow(
      `There is no flag or argument c; ${ALLOWED.replace("allowed: ", "allowed: ACTION [NAME], ")}`,
    );
  });
});

test("the environment comes from the flag, else from the variable, else it is dev", () => {
  const nameOf = (args: readonly string[], variable?: string) =>
    environmentNameOf(readFlags(args, DECLARED), { RHYTHMIC_ENV: variable });
  expect(nameOf([])).toBe("dev");
  expect(nameOf([], "prod")).toBe("prod");
  expect(nameOf(["--environment", "dev"], "prod")).toBe("dev");
  expect(() => nameOf(["--environment", "test"])).toThrow('--environment is "test"; allowed: dev or prod.');
  expect(() => nameOf([], "test")).toThrow('RHYTHMIC_ENV is "test"; allowed: dev or prod.');
});
