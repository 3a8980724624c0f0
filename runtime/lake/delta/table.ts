import { randomUUID } from "node:crypto";
import type { DeltaField } from "../../schema/delta";
import { RhythmicError } from "../../support/errors";
import type { ObjectStore } from "../object-store";
import { type Action, encodeActions, type MetaDataAction } from "./actions";
import { logFileName } from "./log";
import { SnapshotBuilder } from "./snapshot";

export interface TableDeclaration {
  /** Relative to the lake. */
  readonly tablePath: string;
  /** All columns, the partition columns among them. */
  readonly fields: readonly DeltaField[];
  readonly partitionColumns: readonly string[];
}

const EVOLVE_ATTEMPTS_MAX = 20;

function schemaString(fields: readonly DeltaField[]): string {
  return JSON.stringify({ type: "struct", fields });
}

function fieldsOf(metaData: MetaDataAction): DeltaField[] {
  return (JSON.parse(metaData.schemaString) as { fields: DeltaField[] }).fields;
}

/**
 * Makes a table (version 0) unless it is there, and adds the columns that it lacks.
 * @returns the table at its newest version, without its files
 * @throws RhythmicError lake_mismatch: a column of the table has another type, or the partition columns differ
 */
export async function ensureTable(store: ObjectStore, declaration: TableDeclaration): Promise<SnapshotBuilder> {
  const { tablePath, fields, partitionColumns } = declaration;
  const builder = new SnapshotBuilder(tablePath, false);
  await builder.advance(store);
  if (builder.version === -1) {
    // Somebody else may make it at the same moment; then theirs is read.
    await store.create(logFileName(tablePath, 0), encodeActions(firstVersion(fields, partitionColumns)));
    await builder.advance(store);
  }
  for (let attempt = 1; attempt <= EVOLVE_ATTEMPTS_MAX; attempt++) {
    const { metaData } = builder.current();
    const added = missingFields(declaration, metaData);
    if (added.length === 0) return builder;
    await store.create(logFileName(tablePath, builder.version + 1), encodeActions(evolved(metaData, added)));
    await builder.advance(store);
  }
  throw new RhythmicError("commit_lost", `The schema of ${tablePath} could not be extended: others kept committing.`);
}

function firstVersion(fields: readonly DeltaField[], partitionColumns: readonly string[]): Action[] {
  return [
    { commitInfo: { timestamp: Date.now(), operation: "CREATE TABLE", engineInfo: "rhythmic" } },
    { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    {
      metaData: {
        id: randomUUID(),
        format: { provider: "parquet", options: {} },
        schemaString: schemaString(fields),
        partitionColumns,
        // The log is the truth for exactly once: no reader's or writer's housekeeping may shorten it.
        configuration: { "delta.enableExpiredLogCleanup": "false" },
        createdTime: Date.now(),
      },
    },
  ];
}

/**
 * The columns that a table lacks.
 * @throws RhythmicError lake_mismatch: what the declaration writes does not fit the table
 */
export function missingFields(declaration: TableDeclaration, metaData: MetaDataAction): DeltaField[] {
  if (metaData.partitionColumns.join() !== declaration.partitionColumns.join()) {
    throw new RhythmicError(
      "lake_mismatch",
      `The table ${declaration.tablePath} is partitioned by ${metaData.partitionColumns.join(", ")}, this program writes ${declaration.partitionColumns.join(", ")}; give it a lake of its own.`,
    );
  }
  const existing = new Map(fieldsOf(metaData).map((field) => [field.name, field]));
  return declaration.fields.filter((field) => {
    const found = existing.get(field.name);
    if (found !== undefined && found.type !== field.type) {
      throw new RhythmicError(
        "lake_mismatch",
        `The column ${field.name} of ${declaration.tablePath} is ${found.type}, this program writes ${field.type}; columns may be added, never changed.`,
      );
    }
    return found === undefined;
  });
}

function evolved(metaData: MetaDataAction, added: readonly DeltaField[]): Action[] {
  return [
    { commitInfo: { timestamp: Date.now(), operation: "ADD COLUMNS", engineInfo: "rhythmic" } },
    { metaData: { ...metaData, schemaString: schemaString([...fieldsOf(metaData), ...added]) } },
  ];
}
