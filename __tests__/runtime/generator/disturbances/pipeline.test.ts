import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { audit } from "../../../../runtime/audit/audit";
import { syntheticCatalog } from "../../../../runtime/generator/catalog/synthetic";
import { type DisturbanceRates, Disturber } from "../../../../runtime/generator/disturbances/disturber";
import { simulationOf } from "../../../../runtime/generator/generate";
import { MemorySink } from "../../../../runtime/kafka/memory-sink";
import { readSnapshot } from "../../../../runtime/lake/delta/snapshot";
import { createFolderStore } from "../../../../runtime/lake/folder-store";
import { eventTablePath, HOUR_MS, hourOf, hourOfPartition } from "../../../../runtime/lake/lake-layout";
import { Loader } from "../../../../runtime/loader/loader";
import { loaderReports } from "../../../../runtime/loader/metrics";
import { compiledMarts } from "../../../../runtime/marts/compiled";
import { EVENTS } from "../../../../runtime/schema/events";
import { SILENT } from "../../../../runtime/support/logging";
import { createReporter } from "../../../../runtime/support/reporting";
import { UNWATCHED } from "../../../../runtime/support/status/status";
import { openDuckDbWarehouse } from "../../../../runtime/warehouse/duckdb-warehouse";
import { kafkaWithTopics, processAll } from "../../../support/processing";
import { BUILT_IN, planOfTest } from "../simulate";

/**
 * What delivery does wrong, from the simulation to the warehouse: what must come out is known, and comes out.
 */

const RATES: DisturbanceRates = { late: 0.1, lateMaxS: 3 * 3_600, duplicate: 0.05, malformed: 0.03 };
const SEED = 11;

let folder: string;
let day: Awaited<ReturnType<typeof disturbedDay>>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmic-disturbed-"));
  day = await disturbedDay();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A day of a few hundred listeners, through the disturber, in Kafka. */
async function disturbedDay() {
  const kafka = kafkaWithTopics(2);
  const sink = new MemorySink(kafka);
  const disturber = new Disturber({ rates: RATES, seed: SEED, sink });
  const plan = planOfTest({ seed: SEED, users: 250, days: 1 });
  const simulation = simulationOf({
    plan,
    configuration: BUILT_IN,
    catalog: syntheticCatalog(SEED),
    eventsimCompat: false,
  });
  /** Events by topic and hour, and by topic those that are malformed. */
  const hours = new Map<string, number>();
  for (let count = simulation.visit(); count > 0; count = simulation.visit()) {
    for (const event of simulation.events.slice(0, count)) {
      const before = { ...disturber.counts };
      await disturber.take(event, simulation.nowS);
      const { malformed, duplicates } = disturber.counts;
      const rows = 1 - (malformed - before.malformed) + (duplicates - before.duplicates);
      const hour = `${event.topic} ${hourOf(simulation.nowS * 1000)}`;
      hours.set(hour, (hours.get(hour) ?? 0) + rows);
    }
  }
  await disturber.drain();
  return { kafka, sink, counts: disturber.counts, hours };
}

test("dead letters, repeated events, hours and rows are those that were made", async () => {
  const { kafka, sink, counts, hours } = day;
  expect(Math.min(counts.late, counts.duplicates, counts.malformed)).toBeGreaterThan(20);
  expect(sink.counts.generated).toBe(counts.events + counts.duplicates);

  const store = await createFolderStore(join(folder, "lake"));
  await processAll(kafka, store);
  const inLake = await audit({ store, source: kafka.source("audit") });
  expect(inLake).toMatchObject({
    balanced: true,
    acknowledged: counts.events + counts.duplicates,
    lakeRows: counts.events + counts.duplicates - counts.malformed,
    deadLetters: counts.malformed,
  });
  for (const { topic } of EVENTS) {
    const dead = inLake.partitions.filter((book) => book.topic === topic).map(({ deadLetters }) => deadLetters);
    expect([topic, dead.reduce((sum, letters) => sum + letters, 0)]).toEqual([topic, counts.byTopic[topic].malformed]);
  }

  // Late or not: each row stands in the hour in which its event happened.
  const found = new Map<string, number>();
  for (const { topic } of EVENTS) {
    for (const { partitionValues, rows } of (await readSnapshot(store, eventTablePath(topic)))?.files.values() ?? []) {
      const hour = `${topic} ${hourOfPartition(partitionValues)}`;
      found.set(hour, (found.get(hour) ?? 0) + rows);
    }
  }
  expect(found).toEqual(new Map([...hours].filter(([, rows]) => rows > 0)));

  const warehouse = await openDuckDbWarehouse(join(folder, "warehouse.duckdb"));
  const report = createReporter(SILENT, loaderReports);
  const stop = new AbortController().signal;
  const loader = await Loader.start({
    store,
    warehouse,
    graph: compiledMarts,
    log: SILENT,
    report,
    status: UNWATCHED,
    stop,
  });
  await loader.loadOnce();
  const books = await audit({ store, source: kafka.source("audit"), warehouse });
  expect(books).toMatchObject({ balanced: true, stagingRows: inLake.lakeRows, repeatedEvents: counts.duplicates });
  const listens = counts.byTopic.listen_events;
  expect(books.marts?.fact_streams).toBe(listens.events - listens.malformed);
  await warehouse.close();
});

test("a late event comes behind events of its partition that happened after it", async () => {
  const { kafka, counts } = day;
  const source = kafka.source("reader");
  let behind = 0;
  for (const { topic } of EVENTS) {
    for (const partition of [0, 1]) {
      const end = (await source.offsets(topic)).get(partition)?.end ?? 0;
      let latest = 0;
      for (let offset = 0; offset < end; offset++) {
        const record = await source.recordAt(topic, partition, offset);
        const time = timeOf(record?.value ?? null);
        if (time === undefined) continue;
        if (time < latest) behind++;
        latest = Math.max(latest, time);
      }
    }
  }
  expect(behind).toBeGreaterThan(0.8 * counts.late);
});

function timeOf(value: Uint8Array | null): number | undefined {
  try {
    const { ts } = JSON.parse(Buffer.from(value ?? []).toString("utf8"));
    return typeof ts === "number" && ts > HOUR_MS ? ts : undefined;
  } catch {
    return undefined;
  }
}
