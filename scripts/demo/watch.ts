import type { EventSource } from "../../runtime/kafka/event-source";
import { SnapshotBuilder } from "../../runtime/lake/delta/snapshot";
import { eventTablePath } from "../../runtime/lake/lake-layout";
import type { ObjectStore } from "../../runtime/lake/object-store";
import { EVENTS } from "../../runtime/schema/events";

export interface PipelineState {
  /** Records that Kafka holds, over the four topics. */
  readonly inKafka: number;
  /** Rows and dead letters that the lake has committed. */
  readonly inLake: number;
}

/** Watches the pipeline from outside, by Kafka's end offsets and the logs of the lake's tables. */
export class PipelineWatch {
  readonly #tables = EVENTS.map(({ topic }) => new SnapshotBuilder(eventTablePath(topic), false));

  constructor(
    private readonly source: Pick<EventSource, "offsets">,
    private readonly store: ObjectStore,
  ) {}

  async look(): Promise<PipelineState> {
    let inKafka = 0;
    for (const { topic } of EVENTS) {
      for (const { earliest, end } of (await this.source.offsets(topic)).values()) inKafka += end - earliest;
    }
    let inLake = 0;
    for (const table of this.#tables) {
      await table.advance(this.store);
      if (table.version === -1) continue;
      for (const { totalRows, totalDeadLetters } of table.current().books.values())
        inLake += totalRows + totalDeadLetters;
    }
    return { inKafka, inLake };
  }
}
