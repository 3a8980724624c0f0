import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Action, encodeActions } from "../../../runtime/lake/delta/actions";
import { logFileName } from "../../../runtime/lake/delta/log";
import { createFolderStore } from "../../../runtime/lake/folder-store";
import { dataFileName, eventTablePath, hourOf, hourPartition } from "../../../runtime/lake/lake-layout";
import type { ObjectStore } from "../../../runtime/lake/object-store";
import { type ColumnValues, writeParquet } from "../../../runtime/lake/parquet-writer";
import { type Column, columnsOf } from "../../../runtime/schema/columns";
import { EVENTS, type Topic } from "../../../runtime/schema/events";

/** A row of a test's event: what matters to the test; the rest is filled in. */
export interface TestRow {
  readonly topic: Topic;
  /** ISO 8601. */
  readonly at: string;
  readonly [column: string]: string | number | boolean | undefined;
}

const DEFAULTS = { text: "x", integer: 1, number: 1.5, boolean: true, timestamp_ms: 1_700_000_000_000, bytes: "" };

function columnsOfTopic(topic: Topic): readonly Column[] {
  return EVENTS.filter((event) => event.topic === topic).flatMap(columnsOf);
}

/** A lake in a temporary folder, written as the processor would, without Kafka. */
export class TestLake {
  readonly #versions = new Map<Topic, number>();
  readonly #offsets = new Map<Topic, number>();

  private constructor(
    readonly folder: string,
    readonly store: ObjectStore,
  ) {}

  static async create(): Promise<TestLake> {
    const folder = await mkdtemp(join(tmpdir(), "rhythmic-loader-"));
    return new TestLake(folder, await createFolderStore(join(folder, "lake")));
  }

  /** Path of a file beside the lake. */
  path(name: string): string {
    return join(this.folder, name);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** One commit a topic, a file an hour; offsets go on from the last, on partition 0. */
  async append(rows: readonly TestRow[]): Promise<void> {
    for (const topic of new Set(rows.map((row) => row.topic))) {
      const ofTopic = rows.filter((row) => row.topic === topic);
      const adds: Action[] = [];
      for (const hourMs of new Set(ofTopic.map((row) => hourOf(Date.parse(row.at))))) {
        const ofHour = ofTopic.filter((row) => hourOf(Date.parse(row.at)) === hourMs);
        adds.push(await this.writeFile(topic, hourMs, ofHour));
      }
      await this.commit(topic, adds);
    }
  }

  /** Writes a data file without naming it in a log. @returns the action that would */
  async writeFile(
    topic: Topic,
    hourMs: number,
    rows: readonly TestRow[],
    columns = columnsOfTopic(topic),
  ): Promise<Action> {
    const first = this.#offsets.get(topic) ?? 0;
    this.#offsets.set(topic, first + rows.length);
    const values = columns.map((column): ColumnValues => rows.map((row, index) => cellOf(column, row, first + index)));
    const path = dataFileName(hourMs, 0, first, "test");
    const bytes = writeParquet(columns, values);
    await this.store.create(`${eventTablePath(topic)}/${path}`, bytes);
    return {
      add: {
        path,
        partitionValues: hourPartition(hourMs),
        size: bytes.length,
        modificationTime: 0,
        dataChange: true,
        stats: JSON.stringify({ numRecords: rows.length }),
      },
    };
  }

  /** Appends to a topic's log; the first commit makes the table. */
  async commit(topic: Topic, actions: readonly Action[]): Promise<void> {
    const tablePath = eventTablePath(topic);
    if (!this.#versions.has(topic)) {
      this.#versions.set(topic, 0);
      await this.store.create(logFileName(tablePath, 0), encodeActions(firstActions()));
    }
    const version = (this.#versions.get(topic) ?? 0) + 1;
    this.#versions.set(topic, version);
    await this.store.create(logFileName(tablePath, version), encodeActions(actions));
  }
}

function cellOf(column: Column, row: TestRow, offset: number): ColumnValues[number] {
  const given = row[column.name];
  if (given !== undefined) return column.type === "timestamp_ms" ? Date.parse(String(given)) : given;
  switch (column.name) {
    case "event_time":
      return Date.parse(row.at);
    case "event_hour":
      return hourOf(Date.parse(row.at));
    case "kafka_offset":
      return offset;
    case "kafka_partition":
      return 0;
    case "event_id":
      return `${row.topic}/0/${offset}`;
    default:
      return column.nullable ? undefined : DEFAULTS[column.type];
  }
}

function firstActions(): Action[] {
  return [
    { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    {
      metaData: {
        id: "test",
        schemaString: "{}",
        partitionColumns: ["date", "hour"],
        configuration: {},
        format: { provider: "parquet", options: {} },
      },
    },
  ];
}
