import type { ColumnValues } from "../lake/parquet-writer";
import { columnsOf } from "../schema/columns";
import type { EventDefinition } from "../schema/field";
import type { ValidEvent } from "../schema/validator";

type Value = string | number | boolean | undefined;

/** How many fields an event has; counted in place, since a list of their names would be made for every event. */
function fieldCount(event: ValidEvent): number {
  let count = 0;
  for (const _wire in event) count++;
  return count;
}

/** The rows of one event hour of one partition, column by column, in the order of `columnsOf(event)`. */
export class HourBuffer {
  readonly #wires: readonly string[];
  /** What an absent field is in the column: NaN among numbers, which keeps the array one of plain doubles. */
  readonly #absent: readonly (number | undefined)[];
  readonly #known: ReadonlySet<string>;
  readonly #columns: Value[][];
  readonly #eventIdIndex: number;
  #minEventMs = Number.POSITIVE_INFINITY;
  #maxEventMs = Number.NEGATIVE_INFINITY;
  rows = 0;

  constructor(
    private readonly event: EventDefinition,
    private readonly partition: number,
    /** The first millisecond of the hour. */
    readonly eventHourMs: number,
  ) {
    this.#wires = event.fields.map((field) => field.wire);
    this.#absent = event.fields.map(({ type }) => (type === "text" || type === "boolean" ? undefined : Number.NaN));
    this.#known = new Set(this.#wires);
    this.#eventIdIndex = this.#wires.indexOf("eventId");
    this.#columns = columnsOf(event).map(() => []);
  }

  add(event: ValidEvent, offset: number, ingestedAtMs: number): void {
    const wires = this.#wires;
    let found = 0;
    for (let index = 0; index < wires.length; index++) {
      const value = event[wires[index] as string];
      if (value !== undefined) found++;
      this.#columns[index]?.push(value ?? this.#absent[index]);
    }
    const ids = this.#columns[this.#eventIdIndex];
    if (ids !== undefined && ids[this.rows] === undefined) {
      ids[this.rows] = `${this.event.topic}/${this.partition}/${offset}`;
    }
    const added = wires.length;
    this.#columns[added]?.push(fieldCount(event) === found ? undefined : this.#unknownFields(event));
    this.#columns[added + 1]?.push(this.eventHourMs);
    this.#columns[added + 2]?.push(this.partition);
    this.#columns[added + 3]?.push(offset);
    this.#columns[added + 4]?.push(ingestedAtMs);
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
