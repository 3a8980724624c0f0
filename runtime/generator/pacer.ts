import type { Clock } from "./clock";
import type { RealTime } from "./options";

/** How long the loop may keep signals and sockets waiting. */
const TURN_MS = 20;
/** How many events pass between two looks at the clock; fewer where the rate is low. */
const EVENTS_PER_LOOK = 1024;
const LOOKS_PER_SECOND = 100;
/**
 * How far behind its schedule a run may be and still make it up at once. More is a stay (a Kafka that is slow, a
 * machine that slept), after which the schedule begins anew: a rate that is a limit must not be exceeded to make up.
 */
const BEHIND_MAX_MS = 1_000;

/**
 * A schedule of so many units a second, by the absolute time since it began, so that the delays of single sleeps never
 * add up.
 */
export class Schedule {
  private baseMs: number;

  /** @param perSecond may be infinite: everything is due at once */
  constructor(
    private readonly clock: Pick<Clock, "steadyMs">,
    private readonly perSecond: number,
    private base = 0,
  ) {
    this.baseMs = clock.steadyMs();
  }

  /** How many units are due by now. */
  get due(): number {
    if (this.perSecond === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    return this.base + ((this.clock.steadyMs() - this.baseMs) * this.perSecond) / 1000;
  }

  /**
   * Milliseconds until so many units are due; 0: now. Where they have been due for long, the schedule begins anew.
   * @param due how many may count as due, where that is fewer than the schedule says
   */
  waitMs(units: number, due = this.due): number {
    const waitMs = due >= units ? 0 : ((units - due) * 1000) / this.perSecond;
    if (((due - units) * 1000) / this.perSecond > BEHIND_MAX_MS) this.restart(units);
    return waitMs;
  }

  /** From this moment on so many units are due. */
  restart(units: number): void {
    this.base = units;
    this.baseMs = this.clock.steadyMs();
  }
}

/**
 * Tells when the events of a simulated second may be written: when the wall clock has come so far, never earlier
 * (eventsim rounds, and its events come before their time). What lies in the past comes at the speed that is asked for,
 * also after a stay; from the present on both clocks go together. A wall clock that is set back is waited for, one that
 * is set forward makes a past to catch up with.
 */
export class SimulatedClock {
  private readonly schedule: Schedule;
  /** All before this moment may be written, milliseconds since 1970: no need to look at the clock again. */
  private reachedMs = Number.NEGATIVE_INFINITY;

  /** @param fromS the simulated second at which the run begins, or goes on */
  constructor(
    private readonly clock: Clock,
    private readonly realTime: RealTime,
    fromS: number,
  ) {
    this.schedule = new Schedule(clock, realTime.speed * 1000, fromS * 1000);
  }

  /** Milliseconds until the events of this second may be written; 0: now. Asked again after that time. */
  waitMs(atS: number): number {
    const atMs = atS * 1000;
    if (atMs <= this.reachedMs) return 0;
    const { schedule } = this;
    const scheduledMs = schedule.due;
    const presentMs = this.realTime.intoFuture ? Number.POSITIVE_INFINITY : this.clock.wallMs();
    if (scheduledMs > presentMs) {
      // With an infinite speed there is no schedule that could run ahead.
      if (scheduledMs !== Number.POSITIVE_INFINITY) schedule.restart(presentMs);
      if (atMs > presentMs) return atMs - presentMs;
    }
    const waitMs = schedule.waitMs(atMs, Math.min(scheduledMs, presentMs));
    if (waitMs === 0) this.reachedMs = atMs;
    return waitMs;
  }

  /** The simulated time, seconds since 1970, not ahead of what may be written. */
  get nowS(): number {
    const presentMs = this.realTime.intoFuture ? Number.POSITIVE_INFINITY : this.clock.wallMs();
    return Math.min(this.schedule.due, presentMs) / 1000;
  }

  /** How far it lies behind the wall clock, seconds; 0 where they go together. */
  get behindS(): number {
    return Math.max(0, this.clock.wallMs() / 1000 - this.nowS);
  }
}

/**
 * Keeps the loop polite: lets signals and sockets have their turn, and holds the rate where one is set.
 */
export class Pacer {
  private readonly eventsPerLook: number;
  private readonly schedule: Schedule;
  private turnMs: number;
  private nextLook: number;

  /**
   * @param recordsPerSecondMax infinite: as fast as it goes
   * @param records how many were written before
   */
  constructor(
    private readonly clock: Clock,
    recordsPerSecondMax: number,
    records = 0,
  ) {
    this.eventsPerLook = Math.max(1, Math.min(EVENTS_PER_LOOK, Math.floor(recordsPerSecondMax / LOOKS_PER_SECOND)));
    this.nextLook = this.eventsPerLook;
    this.schedule = new Schedule(clock, recordsPerSecondMax, records);
    this.turnMs = clock.steadyMs();
  }

  /** Is it time to look at the clock, after this many events of the simulation, written or not? */
  mustLook(events: number): boolean {
    return events >= this.nextLook;
  }

  /**
   * Looks at the clock.
   * @param records what has been written: an event may be repeated, held back, or of a topic that nobody asked for
   * @returns milliseconds that the loop must rest; 0: it may go on
   */
  look(events: number, records: number): number {
    this.nextLook = events + this.eventsPerLook;
    return this.schedule.waitMs(records);
  }

  /** Have others waited long enough for their turn? */
  get owesTurn(): boolean {
    return this.clock.steadyMs() - this.turnMs >= TURN_MS;
  }

  /** They have had their turn. */
  rested(): void {
    this.turnMs = this.clock.steadyMs();
  }
}
