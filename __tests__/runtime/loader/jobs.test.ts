import { type JobKind, settle } from "../../../runtime/loader/jobs";
import type { JobResult } from "../../../runtime/warehouse/warehouse";

/** A warehouse's jobs as a table: what each id answers, look after look. */
function jobsOf(outcomes: Record<string, JobResult["status"][]>, known: readonly string[] = []) {
  const started: string[] = [];
  const kind: JobKind<{ readonly name: string }, JobResult> = {
    async start(works) {
      return works.map(({ id }) => {
        if (known.includes(id) || started.includes(id)) return "exists";
        started.push(id);
        return "started";
      });
    },
    async results(works) {
      return works.map(({ id }) => {
        const left = outcomes[id] ?? ["done"];
        const status = left.length > 1 ? (left.shift() ?? "done") : (left[0] ?? "done");
        return status === "failed" ? { status, message: "quota" } : { status };
      });
    },
  };
  return { kind, started };
}

describe("jobs", () => {
  it("take what exists as it is", async () => {
    const { kind, started } = jobsOf({ "a-1": ["done"] }, ["a-1"]);
    expect(await settle(kind, [{ name: "a" }], 1)).toEqual([{ status: "done" }]);
    expect(started).toEqual([]);
  });

  it("wait for one that is running and never supersede it", async () => {
    const { kind, started } = jobsOf({ "a-1": ["running", "running", "running", "done"] }, ["a-1"]);
    expect(await settle(kind, [{ name: "a" }], 1)).toEqual([{ status: "done" }]);
    expect(started).toEqual([]);
  });

  it("earn the next attempt by an error alone, and only the one that failed", async () => {
    const { kind, started } = jobsOf({ "a-1": ["failed"], "b-1": ["done"] });
    expect(await settle(kind, [{ name: "a" }, { name: "b" }], 1)).toHaveLength(2);
    expect(started).toEqual(["a-1", "b-1", "a-2"]);
  });

  it("step over failures of earlier runs without counting them", async () => {
    const failed = { "a-1": ["failed"], "a-2": ["failed"], "a-3": ["failed"] } satisfies Record<string, ["failed"]>;
    const { kind, started } = jobsOf(failed, ["a-1", "a-2", "a-3"]);
    await settle(kind, [{ name: "a" }], 1);
    expect(started).toEqual(["a-4"]);
  });

  it("give up after three failures, in the warehouse's words", async () => {
    const { kind } = jobsOf({ "a-1": ["failed"], "a-2": ["failed"], "a-3": ["failed"] });
    await expect(settle(kind, [{ name: "a" }], 1)).rejects.toMatchObject({
      code: "load_failed",
      message: expect.stringContaining("quota"),
    });
  });
});
