import type { ColumnValues } from "../lake/parquet-writer";
import { columnsOf } from "../schema/columns";
import type { EventDefinition } from "../schema/field";
import type { ValidEvent } from "../schema/validator";

type Value = string | number | boolean | undefined;

/** Where a row's event stood, and when it was read. */
export interface RowPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly eventHourMs: number;
  readonly ingestedAtMs: number;
}

/** The rows of one event hour of one partition, column by column, in the order of `columnsOf(event)`. */
export class HourBuffer {
  readonly #wires: readonly string[];
  readonly #known: ReadonlySet<string>;
  readonly #columns: Value[][];
  readonly #eventIdIndex: number;
  #minEventMs = Number.POSITIVE_INFINITY;
  #maxEventMs = Number.NEGATIVE_INFINITY;
  rows = 0;

  constructor(event: EventDefinition) {
    this.#wires = event.fields.map((field) => field.wire);
    this.#known = new Set(this.#wires);
    this.#eventIdIndex = this.#wires.indexOf("eventId");
    this.#columns = columnsOf(event).map(() => []);
  }

  add(event: ValidEvent, place: RowPlace): void {
    const wires = this.#wires;
    let found = 0;
    for (let index = 0; index < wires.length; index++) {
      const value = event[wires[index] as string];
      if (value !== undefined) found++;
      this.#columns[index]?.push(value);
    }
    const ids = this.#columns[this.#eventIdIndex];
    if (ids !== undefined && ids[this.rows] === undefined) {
      ids[this.rows] = `${place.topic}/${place.partition}/${place.offset}`;
    }
    const added = wires.length;
    this.#columns[added]?.push(Object.keys(event).length === found ? undefined : this.#unknownFields(event));
    this.#columns[added + 1]?.push(place.eventHourMs);
    this.#columns[added + 2]?.push(place.partition);
    this.#columns[added + 3]?.push(place.offset);
    this.#columns[added + 4]?.push(place.ingestedAtMs);
    const eventMs = event.ts as number;
    if (eventMs < this.#minEventMs) this.#minEventMs = eventMs;
    if (eventMs > this.#maxEventMs) this.#maxEventMs = eventMs;
    this.rows++;
  }

  /** Fields that the schema does not know are kept as they came, so that a newer producer loses nothing. */
  #unknownFields(event: ValidEvent): string | undefined {
    const unknown = Object.entries(event).filter(([wire]) => !this.#known.has(wire));
    return unknown.length === 0 ? undefined : JSON.stringify(Object.fromEntries(unknown));
  }

  get columns(): readonly ColumnValues[] {
    return this.#columns;
  }

  /** Statistics of the file for the table's log (delta-io/delta, PROTOCOL.md, "Per-file Statistics"). */
  stats(firstOffset: number, lastOffset: number): string {
    return JSON.stringify({
      numRecords: this.rows,
      minValues: { event_time: new Date(this.#minEventMs).toISOString(), kafka_offset: firstOffset },
      maxValues: { event_time: new Date(this.#maxEventMs).toISOString(), kafka_offset: lastOffset },
    });
  }

  get firstOffset(): number {
    return this.#columns.at(-2)?.[0] as number;
  }

  get lastOffset(): number {
    return this.#columns.at(-2)?.at(-1) as number;
  }
}
