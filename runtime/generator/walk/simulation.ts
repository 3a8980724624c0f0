import type { Topic } from "../../schema/events";
import { RhythmicError } from "../../support/errors";
import { AUTH, PAGE, type State } from "../config/state-machine";
import { EventEncoder } from "../events/event-encoder";
import { sessionBytes, type UserBytes, userBytes } from "../events/user-bytes";
import { Arrivals } from "./arrivals";
import { TimeWheel } from "./time-wheel";
import { User, type World } from "./user";

/** One record to send. */
export interface GeneratedEvent {
  topic: Topic;
  /** User id where the event shows the user, else session id. */
  key: string;
  /** The event's JSON stands in `bytes` from `start` to before `end`, until the next visit. */
  bytes: Uint8Array;
  start: number;
  end: number;
  /** Who it is about, shown or not; with `ordinal` and the seed it names the event. */
  userId: number;
  /** The user's events before this one. */
  ordinal: number;
}

/** One of the equal parts into which the users are split: number `index`, from 1, of `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

export interface Span {
  /** First second of the run, since 1970. */
  readonly startS: number;
  /** The run ends before this second; may be infinite. */
  readonly endS: number;
  /** Users who are there from the beginning. */
  readonly users: number;
  /** The part of all users that is simulated. @default all of them */
  readonly shard?: Shard;
}

/** A user with what is remembered for writing. */
class Actor extends User {
  bytes: UserBytes | undefined;
  /** Registration that `bytes` was made with. */
  bytesRegisteredS = 0;
  /** Events written so far: the ordinal in the next event's id. */
  events = 0;
  lastSessionId = -1;
}

const EVENTS_PER_STATE_MAX = 5;
const NO_BYTES = new Uint8Array(0);

/**
 * All users on their walks, in the order of time. Pure but for its own state: no clock, no files, no other chance than
 * the seed's.
 */
export class Simulation {
  /** The records of the last visited state; only the first `count` of `visit` count. Reused by every visit. */
  readonly events: readonly GeneratedEvent[] = Array.from({ length: EVENTS_PER_STATE_MAX }, () => ({
    topic: "page_view_events" as Topic,
    key: "",
    bytes: NO_BYTES,
    start: 0,
    end: 0,
    userId: 0,
    ordinal: 0,
  }));
  private count = 0;
  private readonly wheel: TimeWheel<Actor>;
  private readonly arrivals: Arrivals;
  private readonly encoder: EventEncoder;
  private nextUserId: number;
  /** Users of this shard so far, those who left included. */
  users = 0;
  /** Sessions with an event within the span. */
  sessions = 0;
  /** Time of the last visited state, seconds since 1970. */
  nowS: number;

  constructor(
    private readonly world: World,
    private readonly span: Span,
  ) {
    const { configuration, catalog, seed } = world;
    this.nowS = span.startS;
    this.wheel = new TimeWheel(span.startS);
    this.arrivals = new Arrivals(seed, configuration.growthRate, span.users, span.startS);
    this.encoder = new EventEncoder(configuration.machine.states, catalog.songs);
    this.nextUserId = configuration.firstUserId;
    for (let user = 0; user < span.users; user++) this.add(undefined);
  }

  /**
   * A simulation that goes on where another one, of the same world and span, was saved.
   * @param saved what its `save` gave
   * @throws RhythmicError bad_settings where the bytes are not of this world and span
   */
  static restore(world: World, span: Span, saved: Uint8Array): Simulation {
    throw new RhythmicError("internal", `${saved.length} bytes of ${span.users} users of ${world.seed}: not yet.`);
  }

  /** Everything that the rest of the run depends on. */
  save(): Uint8Array {
    throw new RhythmicError("internal", "Not yet.");
  }

  /** The second of the next visit, since 1970; infinite where the span is over or nobody is left. */
  nextS(): number {
    return this.peekUser()?.atS ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Visits the next state of all.
   * @returns how many of `events` it gave; 0 where the span is over or nobody is left
   */
  visit(): number {
    const user = this.nextUser();
    if (user === undefined) return 0;
    this.count = 0;
    this.nowS = user.atS;
    this.describe(user);
    if (user.advance()) this.wheel.push(user);
    return this.count;
  }

  /** Users who will come again. */
  get usersLeft(): number {
    return this.wheel.size;
  }

  private nextUser(): Actor | undefined {
    return this.peekUser() && this.wheel.pop(this.span.endS);
  }

  private peekUser(): Actor | undefined {
    const { endS } = this.span;
    for (;;) {
      const joinS = this.arrivals.nextS;
      const user = this.wheel.peek(Math.min(endS, joinS));
      if (user !== undefined) return user;
      if (!(joinS < endS)) return undefined;
      this.add(joinS);
      this.arrivals.joined();
    }
  }

  /** What comes before the span (or before the user has joined) is walked, but not written. */
  private add(joinedS: number | undefined): void {
    const { startS, shard } = this.span;
    const number = this.nextUserId - this.world.configuration.firstUserId;
    if (shard !== undefined && number % shard.count !== shard.index - 1) {
      this.nextUserId++;
      return;
    }
    const user = new Actor(this.world, this.nextUserId++, startS, joinedS);
    this.users++;
    const fromS = joinedS ?? startS;
    while (user.atS < fromS) if (!user.advance()) return;
    this.wheel.push(user);
  }

  private describe(user: Actor): void {
    const bytes = this.bytesOf(user);
    const { state } = user;
    const key = state.showsUser ? bytes.key : `${user.sessionId}`;
    this.put(user, "page_view_events", key, this.encoder.pageView(user, bytes, user.events++));
    if (user.playsNow) this.put(user, "listen_events", key, this.encoder.listen(user, bytes, user.events++));
    if (user.answersLogin) {
      this.put(user, "auth_events", key, this.encoder.auth(user, bytes, user.events++, state.auth === AUTH.loggedIn));
    }
    // Nobody answers the last attempt of a session that ends with it: it has failed.
    if (user.leavesLoginUnanswered && this.world.rules.oneAuthEventPerLogin) {
      this.put(user, "auth_events", key, this.encoder.auth(user, bytes, user.events++, false));
    }
    if (this.changesStatus(user)) {
      this.put(user, "status_change_events", key, this.encoder.statusChange(user, bytes, user.events++));
    }
  }

  private changesStatus({ state, previous }: User): boolean {
    if (!this.world.rules.newStatusOnChange) {
      return state.page === PAGE.submitUpgrade || state.page === PAGE.submitDowngrade;
    }
    return previous !== undefined && (state.level !== previous.level || membership(state) !== membership(previous));
  }

  /** Made at the first event, again when a guest has registered, and renewed with each session. */
  private bytesOf(user: Actor): UserBytes {
    let { bytes } = user;
    if (bytes === undefined || user.bytesRegisteredS !== user.registeredS) {
      bytes = userBytes(user, this.world.seed, this.world.configuration.tag);
      user.bytes = bytes;
      user.bytesRegisteredS = user.registeredS;
    }
    const { sessionId } = user;
    if (sessionId !== user.lastSessionId) {
      bytes.session = sessionBytes(sessionId);
      user.lastSessionId = sessionId;
      this.sessions++;
    }
    return bytes;
  }

  private put(user: Actor, topic: Topic, key: string, value: Uint8Array): void {
    const event = this.events[this.count++] as GeneratedEvent;
    event.topic = topic;
    event.key = key;
    event.bytes = value;
    event.start = 0;
    event.end = value.length;
    event.userId = user.id;
    event.ordinal = user.events - 1;
  }
}

function membership(state: State): "guest" | "member" | "gone" {
  if (state.isChurned) return "gone";
  return state.auth === AUTH.guest ? "guest" : "member";
}
