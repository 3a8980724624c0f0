import { type Action, encodeActions } from "../../../../runtime/lake/delta/actions";
import { commitToLog } from "../../../../runtime/lake/delta/commit";
import { logFileName } from "../../../../runtime/lake/delta/log";
import { readSnapshot, SnapshotBuilder } from "../../../../runtime/lake/delta/snapshot";
import { ensureTable } from "../../../../runtime/lake/delta/table";
import { createMemoryStore } from "../../../../runtime/lake/memory-store";
import type { ObjectStore } from "../../../../runtime/lake/object-store";
import { deltaFields } from "../../../../runtime/schema/delta";
import { SILENT } from "../../../../runtime/support/logging";

const TABLE = "events/test";
const declaration = {
  tablePath: TABLE,
  fields: deltaFields([{ name: "n", type: "integer", nullable: false, description: "A number." }], []),
  partitionColumns: [],
};

function entry(attempt: string, txn: number): Action[] {
  return [
    { commitInfo: { operation: "STREAMING UPDATE", attempt } },
    { txn: { appId: "kafka:c:test:0", version: txn } },
    {
      add: {
        path: `${attempt}.parquet`,
        partitionValues: {},
        size: 1,
        modificationTime: 0,
        dataChange: true,
        stats: '{"numRecords":1}',
      },
    },
  ];
}

async function table(store: ObjectStore): Promise<SnapshotBuilder> {
  await ensureTable(store, declaration);
  const builder = new SnapshotBuilder(TABLE, true);
  await builder.advance(store);
  return builder;
}

/** A store whose creates answer as told: the request landed or not, and the answer came or not. */
function unreliable(store: ObjectStore, faults: ("lost answer" | "lost request")[]): ObjectStore {
  return {
    ...store,
    async create(name, bytes) {
      const fault = faults.shift();
      if (fault === "lost request") throw new Error("connection reset before the request");
      const answer = await store.create(name, bytes);
      if (fault === "lost answer") throw new Error("connection reset before the answer");
      return answer;
    },
  };
}

describe("a commit to the log", () => {
  test("takes the number after the head", async () => {
    const store = createMemoryStore();
    const snapshot = await table(store);
    const outcome = await commitToLog(
      store,
      snapshot,
      { attempt: "a", content: () => entry("a", 1), onConflict: () => undefined },
      SILENT,
    );
    expect(outcome).toEqual({ status: "committed", version: 1 });
    expect(snapshot.version).toBe(1);
    expect((await readSnapshot(store, TABLE))?.txns.get("kafka:c:test:0")).toBe(1);
  });

  test.each(["lost answer", "lost request"] as const)("is there once after a %s", async (fault) => {
    const store = createMemoryStore();
    const snapshot = await table(store);
    const outcome = await commitToLog(
      unreliable(store, [fault]),
      snapshot,
      { attempt: "a", content: () => entry("a", 1), onConflict: () => fail("it is our own entry") },
      SILENT,
    );
    expect(outcome).toEqual({ status: "committed", version: 1 });
    expect((await readSnapshot(store, TABLE))?.version).toBe(1);
  });

  test("looks for its own entry first, also where another followed it", async () => {
    const store = createMemoryStore();
    const snapshot = await table(store);
    const landed: ObjectStore = {
      ...store,
      async create(name, bytes) {
        await store.create(name, bytes);
        await store.create(logFileName(TABLE, 2), encodeActions(entry("b", 2)));
        return "exists";
      },
    };
    const conflicts: number[] = [];
    const outcome = await commitToLog(
      landed,
      snapshot,
      { attempt: "a", content: () => entry("a", 1), onConflict: (entries) => conflicts.push(entries.length) },
      SILENT,
    );
    expect(outcome).toEqual({ status: "committed", version: 1 });
    expect(conflicts).toEqual([]);
  });

  test("sees others' entries and takes the next number, or nothing where nothing is left", async () => {
    const store = createMemoryStore();
    const snapshot = await table(store);
    await store.create(logFileName(TABLE, 1), encodeActions(entry("b", 5)));
    const seen: number[] = [];
    const outcome = await commitToLog(
      store,
      snapshot,
      {
        attempt: "a",
        content: () => entry("a", 1),
        onConflict: (entries) => seen.push(...entries.map((e) => e.version)),
      },
      SILENT,
    );
    expect(outcome).toEqual({ status: "committed", version: 2 });
    expect(seen).toEqual([1]);

    await store.create(logFileName(TABLE, 3), encodeActions(entry("c", 6)));
    let left = true;
    const given = await commitToLog(
      store,
      snapshot,
      {
        attempt: "d",
        content: () => (left ? entry("d", 6) : undefined),
        onConflict: () => {
          left = false;
        },
      },
      SILENT,
    );
    expect(given).toEqual({ status: "superseded" });
    expect((await readSnapshot(store, TABLE))?.version).toBe(3);
  });

  test("says so where log cleanup passed it", async () => {
    const store = createMemoryStore();
    const snapshot = await table(store);
    await store.remove(logFileName(TABLE, 0));
    const outcome = await commitToLog(
      store,
      snapshot,
      { attempt: "a", content: () => entry("a", 1), onConflict: () => undefined },
      SILENT,
    );
    expect(outcome).toEqual({ status: "log_was_cleaned", version: 1 });
  });
});

describe("a snapshot", () => {
  test("is the sum of its log, at any version", async () => {
    const store = createMemoryStore();
    await table(store);
    await store.create(logFileName(TABLE, 1), encodeActions(entry("a", 1)));
    await store.create(
      logFileName(TABLE, 2),
      encodeActions([{ remove: { path: "a.parquet", dataChange: true } }, ...entry("b", 2)]),
    );
    expect([...((await readSnapshot(store, TABLE))?.files.keys() ?? [])]).toEqual(["b.parquet"]);
    expect([...((await readSnapshot(store, TABLE, { atVersion: 1 }))?.files.keys() ?? [])]).toEqual(["a.parquet"]);
    expect(await readSnapshot(store, "events/none")).toBeUndefined();
  });

  test.each([
    ["an empty file", "", /it is empty/],
    ["a truncated file", '{"commitInfo":{}}\n{"txn":{"appId"', /line 2 is not JSON/],
  ])("refuses %s of the log by name and says what to do", async (_what, content, reason) => {
    const store = createMemoryStore();
    await table(store);
    await store.create(logFileName(TABLE, 1), new TextEncoder().encode(content));
    await expect(readSnapshot(store, TABLE)).rejects.toMatchObject({ code: "lake_corrupt", message: reason });
    await expect(readSnapshot(store, TABLE)).rejects.toThrow(/00000000000000000001\.json.*restore the file/);
  });

  test("refuses a log with a hole", async () => {
    const store = createMemoryStore();
    await table(store);
    await store.create(logFileName(TABLE, 2), encodeActions(entry("a", 1)));
    await expect(readSnapshot(store, TABLE)).rejects.toThrow(/lacks version 1 though it has 2/);
  });
});

describe("a table", () => {
  test("gains columns and never changes one", async () => {
    const store = createMemoryStore();
    await table(store);
    const columns = [
      { name: "n", type: "integer", nullable: false, description: "" },
      { name: "added", type: "text", nullable: true, description: "" },
    ] as const;
    const evolved = await ensureTable(store, { ...declaration, fields: deltaFields(columns, []) });
    expect(evolved.current().metaData.schemaString).toContain('"added"');
    // A program of the version before goes on with the table as it is.
    expect((await ensureTable(store, declaration)).version).toBe(1);
    const changed = deltaFields([{ name: "n", type: "text", nullable: true, description: "" }], []);
    await expect(ensureTable(store, { ...declaration, fields: changed })).rejects.toMatchObject({
      code: "lake_mismatch",
    });
  });

  test("forbids every other tool to shorten its log", async () => {
    const builder = await table(createMemoryStore());
    expect(builder.current().metaData.configuration).toEqual({ "delta.enableExpiredLogCleanup": "false" });
  });
});
