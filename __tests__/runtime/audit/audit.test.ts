import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { audit } from "../../../runtime/audit/audit";
import { balance, booksTable, type PartitionBook } from "../../../runtime/audit/books";
import { OffsetCounts } from "../../../runtime/audit/offset-counts";
import type { AddAction } from "../../../runtime/lake/delta/actions";
import { encodeActions } from "../../../runtime/lake/delta/actions";
import { logFileName } from "../../../runtime/lake/delta/log";
import { readSnapshot } from "../../../runtime/lake/delta/snapshot";
import { createFolderStore } from "../../../runtime/lake/folder-store";
import { createMemoryStore } from "../../../runtime/lake/memory-store";
import type { ObjectStore } from "../../../runtime/lake/object-store";
import { Loader } from "../../../runtime/loader/loader";
import { loaderReports } from "../../../runtime/loader/metrics";
import { compiledMarts } from "../../../runtime/marts/compiled";
import { SILENT } from "../../../runtime/support/logging";
import { createReporter } from "../../../runtime/support/reporting";
import { UNWATCHED } from "../../../runtime/support/status/status";
import { openDuckDbWarehouse } from "../../../runtime/warehouse/duckdb-warehouse";
import type { Warehouse } from "../../../runtime/warehouse/warehouse";
import { appendEvents, booksOf, eventJson, kafkaWithTopics, processAll } from "../../support/processing";

const TABLE = "events/listen_events";

async function lakeWithEvents() {
  const kafka = kafkaWithTopics(2);
  const store = createMemoryStore();
  appendEvents(kafka, "listen_events", 20);
  kafka.append("listen_events", 0, { value: "bad" });
  await processAll(kafka, store);
  return { kafka, store };
}

/** One more entry in the table's log, as a wrong writer would put it there. */
async function tamper(store: ObjectStore, entry: Parameters<typeof encodeActions>[0]): Promise<void> {
  const snapshot = await readSnapshot(store, TABLE);
  await store.create(logFileName(TABLE, (snapshot?.version ?? 0) + 1), encodeActions(entry));
}

async function someFile(store: ObjectStore): Promise<AddAction> {
  const [file] = (await readSnapshot(store, TABLE))?.files.values() ?? [];
  if (file === undefined) throw new Error("the table has no file");
  return {
    path: file.path,
    partitionValues: file.partitionValues,
    size: file.sizeBytes,
    modificationTime: 0,
    dataChange: true,
    stats: JSON.stringify({ numRecords: file.rows }),
  };
}

describe("the audit", () => {
  test("balances a lake that holds every record once", async () => {
    const { kafka, store } = await lakeWithEvents();
    const books = await booksOf(kafka, store);
    expect(books).toMatchObject({ balanced: true, acknowledged: 21, lakeRows: 20, deadLetters: 1, problems: [] });
    expect(books.partitions.filter((book) => book.topic === "listen_events")).toMatchObject([
      { partition: 0, acknowledged: 11, lakeRows: 10, deadLetters: 1 },
      { partition: 1, acknowledged: 10, lakeRows: 10, deadLetters: 0 },
    ]);
  });

  test("finds rows that stand twice", async () => {
    const { kafka, store } = await lakeWithEvents();
    const add = await someFile(store);
    const copy = "date=2026-01-01/hour=7/copy.parquet";
    await store.create(`${TABLE}/${copy}`, (await store.get(`${TABLE}/${add.path}`)) ?? new Uint8Array());
    await tamper(store, [{ add: { ...add, path: copy } }]);
    const books = await booksOf(kafka, store);
    expect(books).toMatchObject({ balanced: false, duplicates: 10 });
    expect(books.problems.join()).toMatch(/listen_events\/[01]: 10 offsets stand more than once/);
  });

  test("finds rows that are gone", async () => {
    const { kafka, store } = await lakeWithEvents();
    const { path } = await someFile(store);
    await tamper(store, [{ remove: { path, dataChange: true } }]);
    expect(await booksOf(kafka, store)).toMatchObject({ balanced: false, missing: 10, lakeRows: 10 });
  });

  test("finds a log that says other than its files", async () => {
    const { kafka, store } = await lakeWithEvents();
    const add = await someFile(store);
    await tamper(store, [{ add: { ...add, stats: '{"numRecords":3}' } }]);
    const books = await booksOf(kafka, store);
    expect(books.problems).toEqual([expect.stringMatching(/holds 10 rows, its log says 3/)]);
  });

  test("counts what is not in the lake yet as missing", async () => {
    const { kafka, store } = await lakeWithEvents();
    appendEvents(kafka, "listen_events", 4, 20);
    expect(await booksOf(kafka, store)).toMatchObject({ balanced: false, acknowledged: 25, missing: 4 });
  });

  test("begins at the lake where there is no Kafka to ask", async () => {
    const { store } = await lakeWithEvents();
    expect(await audit({ store })).toMatchObject({ balanced: true, acknowledged: 21, stagingRows: undefined });
  });

  test("refuses a folder that is no lake", async () => {
    await expect(audit({ store: createMemoryStore() })).rejects.toMatchObject({
      code: "lake_unusable",
      message: expect.stringMatching(/is no lake: it has no table under events\//),
    });
  });
});

describe("the audit of a warehouse", () => {
  const folder = mkdtempSync(join(tmpdir(), "rhythmic-audit-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function loaded(name: string, stagingExpiryDays?: number) {
    const kafka = kafkaWithTopics(2);
    const store = await createFolderStore(join(folder, name));
    appendEvents(kafka, "listen_events", 20);
    kafka.append("listen_events", 0, { value: eventJson("listen_events", 5, { ts: Date.now() }) });
    await processAll(kafka, store);
    const warehouse = await openDuckDbWarehouse(join(folder, `${name}.duckdb`));
    const options = {
      store,
      warehouse,
      graph: compiledMarts,
      log: SILENT,
      report: createReporter(SILENT, loaderReports),
      status: UNWATCHED,
      stop: new AbortController().signal,
    };
    const loader = await Loader.start({ ...options, ...(stagingExpiryDays && { stagingExpiryDays }) });
    await loader.loadOnce();
    return { kafka, store, warehouse };
  }

  test("follows every row into staging and the facts, and tells what the producer repeated", async () => {
    const { kafka, store, warehouse } = await loaded("whole");
    const books = await audit({ store, source: kafka.source("audit"), warehouse });
    expect(books).toMatchObject({ balanced: true, lakeRows: 21, stagingRows: 21, repeatedEvents: 1 });
    expect(books.marts).toMatchObject({ fact_streams: 20 });

    // A row that a wrong hand has doubled, and one that it has taken away.
    const wrong: Warehouse = {
      ...warehouse,
      id: () => warehouse.id(),
      query: (sql) =>
        warehouse.query(
          sql.replaceAll(
            "staging.listen_events",
            "(SELECT * FROM staging.listen_events UNION ALL SELECT * FROM staging.listen_events WHERE kafka_offset = 3)",
          ),
        ),
    };
    const wrongBooks = await audit({ store, source: kafka.source("audit"), warehouse: wrong });
    expect(wrongBooks).toMatchObject({ balanced: false, duplicates: 2, stagingRows: 23 });
    await warehouse.close();
  });

  test("leaves hours out that the warehouse no longer keeps, and says how many rows they have", async () => {
    const { kafka, store, warehouse } = await loaded("expiring", 30);
    const books = await audit({ store, source: kafka.source("audit"), warehouse });
    await warehouse.close();
    expect(books).toMatchObject({ balanced: true, lakeRows: 21, stagingRows: 1 });
    expect(books.partitions.reduce((sum, book) => sum + book.expired, 0)).toBe(20);
  });
});

describe("counts of offsets", () => {
  test("tell duplicates and what is missing, from any start", () => {
    const counts = new OffsetCounts(5_000);
    for (const offset of [5_000, 5_001, 5_001, 5_003, 9_000]) counts.add(offset);
    expect(counts.duplicates).toBe(1);
    expect(counts.missingBefore(5_005)).toBe(2);
    expect(counts.missingBefore(5_000)).toBe(0);
  });
});

describe("the books", () => {
  const book: PartitionBook = {
    topic: "listen_events",
    partition: 0,
    start: 0,
    end: 10,
    committed: 10,
    acknowledged: 10,
    lakeRows: 9,
    deadLetters: 1,
    duplicates: 0,
    missing: 0,
    stagingRows: 7,
    expired: 2,
  };
  const findings = { partitions: [book], repeatedEvents: 3, marts: { fact_streams: 6 }, problems: [] };

  test("balance where every equation holds, expired rows left out of staging", () => {
    expect(balance(findings)).toMatchObject({ balanced: true, stagingRows: 7, repeatedEvents: 3 });
  });

  test.each([
    [{ lakeRows: 8 }, /8 rows and 1 dead letters in the lake, 10 acknowledged/],
    [{ stagingRows: 8 }, /8 rows in staging, 7 in the lake \(2 expired left out\)/],
    [{ duplicates: 1 }, /1 offsets stand more than once/],
    [{ missing: 2 }, /2 acknowledged offsets stand nowhere/],
  ])("do not balance with %j", (change, problem) => {
    const books = balance({ ...findings, partitions: [{ ...book, ...change }] });
    expect(books.balanced).toBe(false);
    expect(books.problems.join()).toMatch(problem);
    expect(booksTable(books)).toContain("THE BOOKS DO NOT BALANCE");
  });

  test("are a table whose columns line up", () => {
    const lines = booksTable(balance(findings)).split("\n");
    const [heading, rule, row] = lines;
    expect(new Set([heading?.length, rule?.length, row?.length]).size).toBe(1);
    expect(lines).toContain("The books balance.");
  });
});
