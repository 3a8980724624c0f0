import type { EventSink } from "../../kafka/event-sink";
import { EVENTS, eventOf, type Topic } from "../../schema/events";
import type { EventDefinition } from "../../schema/field";
import type { GeneratorSettings } from "../settings";
import type { GeneratedEvent } from "../walk/simulation";
import { EventChance, PURPOSE } from "./chance";
import { type HeldRecord, HeldRecords, readHeld, writeHeld } from "./held-records";
import { MALFORMATION_NAMES, MALFORMATIONS, type Malformation } from "./malformations";

/** How often delivery goes wrong, shares of the events from 0 to 1. */
export interface DisturbanceRates {
  readonly late: number;
  /** A late event comes from 1 to so many seconds late, in whole seconds of the simulated time. */
  readonly lateMaxS: number;
  readonly duplicate: number;
  readonly malformed: number;
}

export interface Disturbances {
  /** Events taken. */
  readonly events: number;
  /** Events that were, or will be, delivered late. */
  readonly late: number;
  /** Records beyond the first of an event. */
  readonly duplicates: number;
  /** Records that break the schema, each in the place of an event. */
  readonly malformed: number;
}

/** What this disturber has done to the events so far; what is held back counts from the moment it is taken. */
export interface DisturbanceCounts extends Disturbances {
  readonly byTopic: Readonly<Record<Topic, Disturbances>>;
  /** `malformed` by what is wrong. */
  readonly malformedBy: Readonly<Record<Malformation, number>>;
  /** Records that came earlier than drawn, because more were held back than there is room for. */
  readonly hurried: number;
}

export interface DisturberOptions {
  readonly rates: DisturbanceRates;
  /** The run's seed: with the user and the ordinal it decides about every event. */
  readonly seed: number;
  readonly sink: Pick<EventSink, "write">;
  /** Memory for what is held back, bytes. @default 128 MiB, about 130,000 records */
  readonly heldBytesMax?: number;
}

/** Counts that grow. */
type Tally = { -readonly [What in keyof Disturbances]: number };

const HELD_BYTES_MAX = 128 * 1024 * 1024;
/** Every other repetition comes at once, the rest within a minute of the simulated time, as after a retry. */
const REPEATED_AT_ONCE = 0.5;
const REPEATED_WITHIN_S = 60;

export function ratesOf(settings: GeneratorSettings): DisturbanceRates {
  return {
    late: settings.GENERATOR_LATE_RATE,
    lateMaxS: settings.GENERATOR_LATE_MAX_S,
    duplicate: settings.GENERATOR_DUPLICATE_RATE,
    malformed: settings.GENERATOR_MALFORMED_RATE,
  };
}

/** Is there anything to disturb? */
export function disturbs(rates: DisturbanceRates): boolean {
  return rates.late > 0 || rates.duplicate > 0 || rates.malformed > 0;
}

/**
 * Stands between the simulation and the sink and lets delivery go wrong, in such a way that what must come out of a
 * pipeline is known. Of `events` taken, once all is drained:
 *
 * - `malformed` have a record that is no event in place of their own (and are neither late nor repeated),
 * - `duplicates` of the others have the same record twice, at once or up to a minute later,
 * - `late` of the others come from 1 to `lateMaxS` seconds late, behind what happened in the meantime;
 * - so there are `events + duplicates` records, `malformed` of them dead letters, and `events - malformed` event ids.
 *
 * A record keeps the key of its event. Whether and how is decided by a hash of the seed, the user and the ordinal, so
 * it is the same in every shard and after every restart. Times are seconds of the simulated time.
 */
export class Disturber {
  private readonly chance: EventChance;
  private readonly held = new HeldRecords();
  private readonly heldBytesMax: number;
  private readonly byTopic = Object.fromEntries(
    EVENTS.map(({ topic }) => [topic, { events: 0, late: 0, duplicates: 0, malformed: 0 }]),
  ) as Record<Topic, Tally>;
  private readonly malformedBy = Object.fromEntries(MALFORMATION_NAMES.map((name) => [name, 0])) as Record<
    Malformation,
    number
  >;
  private hurried = 0;

  constructor(private readonly options: DisturberOptions) {
    this.chance = new EventChance(options.seed);
    this.heldBytesMax = options.heldBytesMax ?? HELD_BYTES_MAX;
  }

  /** A disturber that goes on where another one saved. @throws RhythmicError bad_settings where it can't be read */
  static restore(options: DisturberOptions, saved: Uint8Array): Disturber {
    const disturber = new Disturber(options);
    for (const record of readHeld(saved)) disturber.held.push(record);
    return disturber;
  }

  /** Of the events that this one took; what it was restored from counted its own. */
  get counts(): DisturbanceCounts {
    const { byTopic, malformedBy, hurried } = this;
    const sum = (what: keyof Disturbances) => Object.values(byTopic).reduce((total, found) => total + found[what], 0);
    return {
      events: sum("events"),
      late: sum("late"),
      duplicates: sum("duplicates"),
      malformed: sum("malformed"),
      byTopic,
      malformedBy,
      hurried,
    };
  }

  /** The second at which something held back is due; infinite where nothing is held. */
  get nextS(): number {
    return this.held.nextS;
  }

  /** Records that are held back. */
  get holding(): number {
    return this.held.size;
  }

  /**
   * Writes what the event becomes, after everything that was due before it.
   * @param event its bytes are the caller's again when this has returned and its promise resolved
   * @param nowS the event's second
   * @returns a promise where the sink is full: the caller must wait for it before the next event
   */
  take(event: GeneratedEvent, nowS: number): Promise<void> | undefined {
    if (this.nextS <= nowS) return inTurn(this.release(nowS), () => this.disturb(event, nowS));
    return this.disturb(event, nowS);
  }

  /** Writes what is due up to this second, in order. @returns a promise where the sink is full */
  release(untilS: number): Promise<void> | undefined {
    while (this.nextS <= untilS) {
      const full = this.writeFirst();
      if (full !== undefined) return this.releaseWaiting(full, untilS);
    }
    return undefined;
  }

  /** Writes everything that is still held back: the end of a run that will not go on. */
  async drain(): Promise<void> {
    await this.release(Number.MAX_VALUE);
  }

  /** All that the rest of the run depends on. Take, release and drain must not be under way. */
  save(): Uint8Array {
    return writeHeld(this.held.sorted());
  }

  private disturb(event: GeneratedEvent, nowS: number): Promise<void> | undefined {
    const { rates, sink } = this.options;
    const { chance } = this;
    chance.turnTo(event.userId, event.ordinal);
    const counts = this.byTopic[event.topic];
    counts.events++;
    if (chance.happens(PURPOSE.malformed, rates.malformed)) {
      counts.malformed++;
      return this.writeMalformed(event);
    }
    const late = chance.happens(PURPOSE.late, rates.late);
    const dueS = late ? nowS + chance.upTo(PURPOSE.lateBy, rates.lateMaxS) : nowS;
    if (late) counts.late++;
    const first = late
      ? this.hold(event, dueS, 0)
      : sink.write(event.topic, event.key, event.bytes, event.start, event.end);
    if (!chance.happens(PURPOSE.duplicate, rates.duplicate)) return first;
    counts.duplicates++;
    const atOnce = chance.happens(PURPOSE.duplicateAtOnce, REPEATED_AT_ONCE);
    const againS = atOnce ? dueS : dueS + chance.upTo(PURPOSE.duplicateLaterBy, REPEATED_WITHIN_S);
    return inTurn(first, () =>
      againS > nowS
        ? this.hold(event, againS, 1)
        : sink.write(event.topic, event.key, event.bytes, event.start, event.end),
    );
  }

  private writeMalformed({ topic, key, bytes, start, end }: GeneratedEvent): Promise<void> | undefined {
    const name = MALFORMATION_NAMES[this.chance.draw(MALFORMATION_NAMES.length)] as Malformation;
    const definition = eventOf(topic) as EventDefinition;
    this.malformedBy[name]++;
    return this.options.sink.write(
      topic,
      key,
      MALFORMATIONS[name](bytes.subarray(start, end), definition, this.chance),
    );
  }

  private hold(event: GeneratedEvent, dueS: number, copy: 0 | 1): Promise<void> | undefined {
    const { topic, key, bytes, start, end, userId, ordinal } = event;
    this.held.push({ dueS, userId, ordinal, copy, topic, key, bytes: new Uint8Array(bytes.subarray(start, end)) });
    if (this.held.bytes <= this.heldBytesMax) return undefined;
    this.hurried++;
    return this.writeFirst();
  }

  private writeFirst(): Promise<void> | undefined {
    const { topic, key, bytes } = this.held.shift() as HeldRecord;
    return this.options.sink.write(topic, key, bytes);
  }

  private async releaseWaiting(full: Promise<void>, untilS: number): Promise<void> {
    await full;
    while (this.nextS <= untilS) await this.writeFirst();
  }
}

/** Does the second when the first is over: at once where that took no waiting. */
function inTurn(first: Promise<void> | undefined, second: () => Promise<void> | undefined): Promise<void> | undefined {
  return first === undefined ? second() : first.then(second);
}
