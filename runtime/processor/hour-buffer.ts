import type { ColumnValues } from "../lake/parquet-writer";
import { columnsOf } from "../schema/columns";
import type { EventDefinition } from "../schema/field";
import type { ValidEvent } from "../schema/validator";

type Value = string | number | boolean | undefined;

/**
 * Texts that were seen lately, each once. A stream says the same cities, songs and browsers over and over: with one
 * copy of each the buffers of a cut are a third in size, and the garbage collector has little to do.
 */
export class TextPool {
  readonly #texts = new Map<string, string>();

  /** The same text, as the object that was seen first. */
  shared(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    // A stream of texts that never come again must not fill the memory.
    if (this.#texts.size >= TEXTS_MAX) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}

const TEXTS_MAX = 50_000;

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
  /** What an absent field is in the column: NaN among numbers, which keeps the array one of plain doubles. */
  readonly #absent: readonly (number | undefined)[];
  readonly #known: ReadonlySet<string>;
  readonly #columns: Value[][];
  readonly #eventIdIndex: number;
  #minEventMs = Number.POSITIVE_INFINITY;
  #maxEventMs = Number.NEGATIVE_INFINITY;
  rows = 0;

  constructor(
    event: EventDefinition,
    private readonly texts: TextPool,
  ) {
    this.#wires = event.fields.map((field) => field.wire);
    this.#absent = event.fields.map(({ type }) => (type === "text" || type === "boolean" ? undefined : Number.NaN));
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
      const isRepeated = typeof value === "string" && index !== this.#eventIdIndex;
      this.#columns[index]?.push(isRepeated ? this.texts.shared(value) : (value ?? this.#absent[index]));
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
