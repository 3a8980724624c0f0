import { Loader, type LoaderOptions, type LoaderSummary } from "../../../runtime/loader/loader";
import { loaderReports } from "../../../runtime/loader/metrics";
import { compiledMarts, MARTS_SCHEMA } from "../../../runtime/marts/compiled";
import { type CompiledAction, type MartsGraph, martsGraph } from "../../../runtime/marts/graph";
import { EVENTS } from "../../../runtime/schema/events";
import { SILENT } from "../../../runtime/support/logging";
import { createReporter } from "../../../runtime/support/reporting";
import { UNWATCHED } from "../../../runtime/support/status/status";
import { openDuckDbWarehouse } from "../../../runtime/warehouse/duckdb-warehouse";
import type { Row, Warehouse } from "../../../runtime/warehouse/warehouse";
import type { TestLake } from "./lake-fixture";

export const NEVER = new AbortController().signal;

export function optionsOf(lake: TestLake, warehouse: Warehouse, changed: Partial<LoaderOptions> = {}): LoaderOptions {
  return {
    store: lake.store,
    warehouse,
    graph: compiledMarts,
    log: SILENT,
    report: createReporter(changed.log ?? SILENT, loaderReports),
    status: UNWATCHED,
    stop: NEVER,
    pollMs: 1,
    ...changed,
  };
}

/** One look of a new loader at the lake. */
export async function loadOnce(options: LoaderOptions): Promise<LoaderSummary> {
  const loader = await Loader.start(options);
  await loader.loadOnce();
  return loader.summary();
}

export function openTestWarehouse(lake: TestLake, name = "warehouse"): Promise<Warehouse> {
  return openDuckDbWarehouse(lake.path(`${name}.duckdb`), { memoryMb: 512, threads: 2 });
}

/** (partition, offset) of every row of staging, by topic, sorted. */
export async function stagingOffsets(warehouse: Warehouse): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const { topic } of EVENTS) {
    const rows = await warehouse.query(
      `SELECT kafka_partition, kafka_offset FROM \`staging.${topic}\` ORDER BY kafka_partition, kafka_offset`,
    );
    found[topic] = rows.map((row) => `${row.kafka_partition}-${row.kafka_offset}`);
  }
  return found;
}

/** Every row of every mart, in an order of their own. */
export async function dumpMarts(warehouse: Warehouse): Promise<Record<string, readonly Row[]>> {
  const dump: Record<string, readonly Row[]> = {};
  for (const { schema, name } of await warehouse.relations()) {
    if (schema !== MARTS_SCHEMA) continue;
    const rows = await warehouse.query(`SELECT * FROM \`${schema}.${name}\``);
    dump[name] = rows
      .map((row) => ({ text: JSON.stringify(row), row }))
      .toSorted(byText)
      .map(({ row }) => row);
  }
  return dump;
}

function byText(a: { readonly text: string }, b: { readonly text: string }): number {
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
}

/** A graph of one small mart and one assertion, for tests of what runs it. */
export function smallGraph(query = "SELECT event_id, event_hour FROM `staging.listen_events`"): MartsGraph {
  const target = { schema: "marts", name: "small" };
  const staging = { schema: "staging", name: "listen_events" };
  const touched = "event_hour IN (SELECT event_hour FROM `control.touched_hours`)";
  const small: CompiledAction = {
    target,
    type: "incremental",
    query,
    incrementalPreOps: [`DELETE FROM \`marts.small\` WHERE ${touched}`],
    incrementalQuery: `${query} WHERE ${touched}`,
    dependencyTargets: [staging],
  };
  const assertion: CompiledAction = {
    target: { schema: "marts_assertions", name: "small_is_unique" },
    query: "SELECT event_id FROM `marts.small` GROUP BY event_id HAVING COUNT(*) > 1",
    dependencyTargets: [target],
  };
  return martsGraph({ tables: [small], operations: [], assertions: [assertion] });
}
