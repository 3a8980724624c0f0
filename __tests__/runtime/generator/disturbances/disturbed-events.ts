import type { Disturber } from "../../../../runtime/generator/disturbances/disturber";
import type { GeneratedEvent } from "../../../../runtime/generator/walk/simulation";
import type { EventSink } from "../../../../runtime/kafka/event-sink";
import { EVENTS, type Topic } from "../../../../runtime/schema/events";
import { eventJson } from "../../../support/processing";

/** Events without a simulation, and a sink that remembers: what the tests of the disturber share. */

export const FIRST_S = Date.UTC(2026, 0, 1) / 1000;

/** An event to come. */
export interface Planned {
  readonly atS: number;
  readonly topic: Topic;
  readonly userId: number;
  readonly ordinal: number;
  readonly json: string;
}

/** Events of some users in the order of time, `gapS` apart, over all topics in turn. */
export function plannedEvents(count: number, users: number, gapS = 1): Planned[] {
  return Array.from({ length: count }, (_, index) => {
    const { topic } = EVENTS[index % EVENTS.length] as (typeof EVENTS)[number];
    const [userId, ordinal] = [1 + (index % users), Math.floor(index / users)];
    const json = eventJson(topic, 0, { ts: (FIRST_S + index * gapS) * 1000, eventId: `7-${userId}-${ordinal}` });
    return { atS: FIRST_S + index * gapS, topic, userId, ordinal, json };
  });
}

export interface Delivered {
  readonly topic: string;
  readonly key: string;
  readonly text: string;
  /** The simulated second at which it was written. */
  readonly atS: number;
}

/** A sink that remembers, and is full at every so many records. */
export class RememberingSink implements Pick<EventSink, "write"> {
  readonly delivered: Delivered[] = [];
  nowS = FIRST_S;

  /** @param fullEvery @default never */
  constructor(private readonly fullEvery = Number.POSITIVE_INFINITY) {}

  write(topic: string, key: string, value: string | Uint8Array, start?: number, end?: number) {
    const remember = () => {
      const bytes = typeof value === "string" ? Buffer.from(value) : value.subarray(start, end);
      this.delivered.push({ topic, key, text: Buffer.from(bytes).toString("latin1"), atS: this.nowS });
    };
    if (this.delivered.length % this.fullEvery !== this.fullEvery - 1) {
      remember();
      return undefined;
    }
    // Takes the bytes only now: they are the sink's until the promise resolves.
    return new Promise<void>((resolve) =>
      setImmediate(() => {
        remember();
        resolve();
      }),
    );
  }
}

/** The bytes of all events are written into one array, as the encoder does. */
const scratch = new Uint8Array(4_096);

function generatedEvent({ topic, userId, ordinal, json }: Planned): GeneratedEvent {
  const start = 1 + (ordinal % 7);
  const end = start + Buffer.from(scratch.buffer).write(json, start, "utf8");
  return { topic, key: `${userId}`, bytes: scratch, start, end, userId, ordinal };
}

/** Lets the disturber take the events. @param everySecond release what is due at every second, as a paced run does */
export async function takeAll(
  disturber: Disturber,
  sink: RememberingSink,
  events: readonly Planned[],
  everySecond = false,
): Promise<void> {
  for (const event of events) {
    while (everySecond && disturber.nextS < event.atS) {
      sink.nowS = disturber.nextS;
      await disturber.release(sink.nowS);
    }
    sink.nowS = event.atS;
    const full = disturber.take(generatedEvent(event), event.atS);
    if (full !== undefined) await full;
    scratch.fill(0);
  }
}

/** Writes what is held back, each at its second. */
export async function drainPaced(disturber: Disturber, sink: RememberingSink): Promise<void> {
  while (disturber.nextS < Number.POSITIVE_INFINITY) {
    sink.nowS = disturber.nextS;
    await disturber.release(sink.nowS);
  }
}
