import { markdownOf, summaryOf } from "../../../scripts/review/markdown";
import type { Review, StackReview } from "../../../scripts/review/model";

const UNCHANGED: Omit<StackReview, "name"> = {
  status: "unchanged",
  settings: [],
  resources: [],
  rolls: [],
  grants: [],
  passages: [],
};

test("a stack that costs another sum because of what changes elsewhere has its line in the table; what opens is counted", () => {
  const review: Review = {
    format: 1,
    source: "synth",
    environment: "dev",
    before: "main",
    after: "the work tree",
    dangers: [],
    stacks: [
      { ...UNCHANGED, name: "lake" },
      { ...UNCHANGED, name: "network" },
      { ...UNCHANGED, name: "stream", status: "changed" },
    ],
    cost: {
      beforeUsd: 10,
      afterUsd: 9.5,
      eventsPerDay: 1_000,
      stacks: [
        { stack: "lake", beforeUsd: 1, afterUsd: 0.5 },
        { stack: "network", beforeUsd: 2, afterUsd: 2.001 },
        { stack: "stream", beforeUsd: 7, afterUsd: 7 },
      ],
      lines: [],
    },
    notes: [],
  };
  expect(summaryOf({ ...review, dangers: [{ kind: "access", stack: "stream", text: "OS Login is off." }] })).toContain(
    "; 1 way opened, 0 closed; ",
  );
  const rows = markdownOf(review)
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| ---"));
  expect(rows.slice(1)).toEqual(["| lake (unchanged) |  |  |  |  |  | −$0.50 |", "| stream |  |  |  |  |  | ±$0.00 |"]);
});
