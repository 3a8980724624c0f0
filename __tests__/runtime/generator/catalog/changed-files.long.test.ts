import { expectNoLineLost, NAMES } from "./changed-files";

describe("a public file, whatever stands in it, a hundred times,", () => {
  it.each(NAMES)("is read or refused in a sentence, and no line is lost without a word: %s", (name) =>
    expectNoLineLost(name, 100),
  );
});
