import { createHash } from "node:crypto";
import type { Plan } from "../lake/load-plans";
import { MARTS_SCHEMA } from "../marts/compiled";
import {
  type AssertionAction,
  type IncrementalMart,
  type MartAction,
  type MartsGraph,
  nameOf,
  type RebuiltMart,
} from "../marts/graph";
import { RhythmicError } from "../support/errors";
import type { Logger } from "../support/logging";
import type { JobResult, Script, Warehouse } from "../warehouse/warehouse";
import { type JobKind, settle } from "./jobs";

/** Digits of a definition's hash that stand in the names of its scripts. */
const DEFINITION_DIGITS = 8;
/** Rows of one INSERT, so that no statement grows without a limit. */
const INSERT_ROWS_MAX = 1_000;

export interface MartsRun {
  readonly warehouse: Warehouse;
  readonly graph: MartsGraph;
  readonly log: Logger;
  /** Milliseconds between two looks at a script that is running. */
  readonly pollMs: number;
  readonly stop: AbortSignal;
}

/**
 * L6 of the protocol: runs the compiled graph of the marts for the hours of a plan, dependencies first, then its
 * assertions. Every action is one script with an id of plan, action, definition and attempt, so that a loader which
 * slept through a plan finds its scripts done when it wakes up.
 * @returns false where it was stopped before the end
 * @throws RhythmicError load_failed, mart_wrong
 */
export async function runMarts(run: MartsRun, plan: Plan): Promise<boolean> {
  const work = (name: string, statements: readonly string[]) =>
    settle(scriptsOf(run.warehouse), [{ name: `${plan.uuid}-${name}`, statements }], run.pollMs);
  await work("touched_hours", touchedHoursStatements(plan));
  const definitions = definitionsOf(run.graph);
  const stands = await standingMarts(run.warehouse);
  for (const action of run.graph.actions) {
    if (action.kind === "assertion") continue;
    if (run.stop.aborted) return false;
    const name = nameOf(action.target);
    const startedMs = performance.now();
    const definition = definitions.get(name) ?? "";
    // A mart that was mended meanwhile is other work than the one that was done under the old definition.
    const workName = `${name.replace(".", "-")}-${definition.slice(0, DEFINITION_DIGITS)}`;
    await work(workName, statementsOf(action, definition, stands.get(name)));
    run.log.debug({ mart: name, ms: Math.round(performance.now() - startedMs) }, "mart is up to date");
  }
  const assertions = run.graph.actions.filter((action) => action.kind === "assertion");
  await checkAssertions(run.warehouse, assertions);
  return true;
}

/** Rows of every mart that stands, by its name without the schema. */
export async function countMarts(warehouse: Warehouse): Promise<Readonly<Record<string, number>>> {
  const marts = (await warehouse.relations()).filter((relation) => relation.schema === MARTS_SCHEMA);
  const counts: Record<string, number> = {};
  for (const { name } of marts) {
    const [row] = await warehouse.query(`SELECT COUNT(*) AS total_rows FROM \`${MARTS_SCHEMA}.${name}\``);
    counts[name] = Number(row?.total_rows);
  }
  return counts;
}

function scriptsOf(warehouse: Warehouse): JobKind<Omit<Script, "id"> & { readonly name: string }, JobResult> {
  return {
    start: (scripts) => Promise.all(scripts.map((script) => warehouse.startScript(script))),
    results: (scripts) => Promise.all(scripts.map((script) => warehouse.scriptResult(script.id))),
  };
}

function touchedHoursStatements(plan: Plan): readonly string[] {
  const statements = ["DELETE FROM `control.touched_hours` WHERE TRUE"];
  for (let start = 0; start < plan.hours.length; start += INSERT_ROWS_MAX) {
    const rows = plan.hours
      .slice(start, start + INSERT_ROWS_MAX)
      .map((hour) => `('${hour.topic}', TIMESTAMP_MILLIS(${Date.parse(hour.eventHour)}))`);
    statements.push(`INSERT INTO \`control.touched_hours\` (topic, event_hour) VALUES ${rows.join(", ")}`);
  }
  return statements;
}

/** A mart as it stands in the warehouse. */
interface StandingMart {
  readonly kind: "table" | "view";
  /** What it was last built from in full; `undefined` for views and tables of unknown origin. */
  readonly definition: string | undefined;
}

async function standingMarts(warehouse: Warehouse): Promise<ReadonlyMap<string, StandingMart>> {
  const rows = await warehouse.query("SELECT mart, definition_sha256 FROM `control.mart_definitions`");
  const definitions = new Map(rows.map((row) => [row.mart, String(row.definition_sha256)]));
  return new Map(
    (await warehouse.relations()).map((relation) => {
      const name = nameOf(relation);
      return [name, { kind: relation.kind, definition: definitions.get(name) }];
    }),
  );
}

/** For every action a hash of its text and of all that it depends on: a mart whose definition changed is built anew. */
function definitionsOf(graph: MartsGraph): ReadonlyMap<string, string> {
  const definitions = new Map<string, string>();
  for (const action of graph.actions) {
    const upstream = action.dependencies.map((name) => definitions.get(name) ?? name);
    const { description: _, ...meaning } = action;
    definitions.set(
      nameOf(action.target),
      createHash("sha256")
        .update(JSON.stringify([meaning, upstream]))
        .digest("hex"),
    );
  }
  return definitions;
}

function statementsOf(
  action: Exclude<MartAction, AssertionAction>,
  definition: string,
  standing: StandingMart | undefined,
): readonly string[] {
  if (action.kind === "operations") return action.statements;
  const name = nameOf(action.target);
  if (action.kind === "incremental" && standing?.kind === "table" && standing.definition === definition) {
    return [...action.incrementalPreOperations, `INSERT INTO \`${name}\`\n${action.incrementalQuery}`];
  }
  return [
    ...buildStatements(action, name, standing),
    `DELETE FROM \`control.mart_definitions\` WHERE mart = '${name}'`,
    `INSERT INTO \`control.mart_definitions\` (mart, definition_sha256) VALUES ('${name}', '${definition}')`,
  ];
}

function buildStatements(
  action: RebuiltMart | IncrementalMart,
  name: string,
  standing: StandingMart | undefined,
): readonly string[] {
  const kind = action.kind === "view" ? "view" : "table";
  // CREATE OR REPLACE takes only the place of its own kind.
  const drop = standing !== undefined && standing.kind !== kind ? [`DROP ${standing.kind} \`${name}\``] : [];
  return [...drop, `CREATE OR REPLACE ${kind} \`${name}\` AS\n${action.query}`];
}

async function checkAssertions(warehouse: Warehouse, assertions: readonly AssertionAction[]): Promise<void> {
  const wrong: string[] = [];
  for (const assertion of assertions) {
    const [row] = await warehouse.query(`SELECT COUNT(*) AS failing_rows FROM (\n${assertion.query}\n) AS failing`);
    const failingRows = Number(row?.failing_rows);
    if (failingRows > 0) wrong.push(`${assertion.target.name} (${failingRows} rows)`);
  }
  if (wrong.length === 0) return;
  throw new RhythmicError(
    "mart_wrong",
    `The marts break their assertions: ${wrong.join(", ")}; the queries stand in runtime/marts/compiled.json. Staging is right; mend the mart, and the loader builds it anew.`,
  );
}
