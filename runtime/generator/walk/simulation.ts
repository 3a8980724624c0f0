import type { Topic } from "../../schema/events";
import { RhythmicError } from "../../support/errors";
import { AUTH, PAGE, type State } from "../config/state-machine";
import { EventEncoder, type Visit } from "../events/event-encoder";
import { NOBODY, putSession, type UserBytes, UserBytesMaker } from "../events/user-bytes";
import { USERS_MAX } from "../settings";
import { formatTimeS } from "../time";
import { Arrivals } from "./arrivals";
import { profileOf } from "./profile";
import { decodeState, encodeState, type Identity, type Progress, type SavedWalk } from "./saved-state";
import { TimeWheel } from "./time-wheel";
import * as T from "./user-table";
import { SESSIONS_PER_USER, TRAIT, Walk } from "./walk";
import type { Span, World } from "./world";

export type { Shard, Span } from "./world";

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

const EVENTS_PER_STATE_MAX = 5;

/** Growth feeds on itself; where nobody comes for long it would fill the memory before the next event. */
function tooManyUsers(timeS: number): RhythmicError {
  return new RhythmicError(
    "bad_settings",
    `At ${formatTimeS(timeS)} of the simulated time growth has made ${USERS_MAX} users, the most that are allowed; give a lower --growth-rate, fewer --users or an earlier --end.`,
  );
}
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
  private readonly table: T.UserTable;
  private readonly wheel: TimeWheel;
  private readonly arrivals: Arrivals;
  private readonly walk: Walk;
  private readonly encoder: EventEncoder;
  private readonly bytesMaker: UserBytesMaker;
  /** By row; made at a user's first event. */
  private readonly userBytes: (UserBytes | undefined)[] = [];
  private readonly statuses: Int32Array;
  /** By state: how often it was visited since this simulation was made or restored. */
  private readonly visits: Float64Array;
  /** What the encoder is told; reused by every visit. */
  private readonly visited: Visit = { state: 0, atS: 0, item: 0, userAgent: 0, song: T.NONE, user: NOBODY };
  private readonly progress: Progress;

  /** @param saved where another simulation of the same world and span stood. @default it begins at the start */
  constructor(
    private readonly world: World,
    private readonly span: Span,
    saved?: SavedWalk,
  ) {
    const { configuration, catalog, seed, rules } = world;
    const { machine, growthRate } = configuration;
    const { startS, users } = span;
    const attritionRate = rules.attritionOverTime ? configuration.attritionRate : 0;
    this.table = saved === undefined ? new T.UserTable(usersOf(span)) : T.UserTable.of(saved.table);
    this.walk = new Walk(world, span, this.table);
    this.encoder = new EventEncoder(machine.states, catalog);
    this.bytesMaker = new UserBytesMaker(world);
    this.statuses = statusesOf(machine.states);
    this.visits = new Float64Array(machine.states.length);
    this.arrivals = new Arrivals({ seed, growthRate, attritionRate, users, startS });
    if (saved === undefined) {
      this.wheel = new TimeWheel(this.table, startS);
      this.progress = { nextNumber: 0, users: 0, sessions: 0, nowS: startS };
    } else {
      this.wheel = TimeWheel.of(this.table, saved.wheel);
      this.arrivals.restore(saved.arrivals);
      this.progress = saved.progress;
    }
  }

  /**
   * A simulation that goes on where another one, of the same world and span, was saved: it gives the same events, byte
   * for byte, as the other one would have.
   * @param saved what its `save` gave
   * @throws RhythmicError bad_settings where the bytes are broken, or not of this world and span
   */
  static restore(world: World, span: Span, saved: Uint8Array): Simulation {
    return new Simulation(world, span, decodeState(identityOf(world, span), saved));
  }

  /** Everything that the rest of the run depends on: some 130 bytes a user. */
  save(): Uint8Array {
    this.begin();
    return encodeState(identityOf(this.world, this.span), {
      table: this.table.save(),
      wheel: this.wheel.save(),
      arrivals: this.arrivals.save(),
      progress: this.progress,
    });
  }

  /**
   * Puts users on their way who are there from the beginning. Millions of them take their time, in which a program may
   * have to answer a signal; who does not ask finds them all on their way at the first visit.
   * @param most how many of them, those of other shards included. @default all
   * @returns are all of them on their way?
   */
  begin(most = Number.POSITIVE_INFINITY): boolean {
    const { progress, span } = this;
    const end = Math.min(span.users, progress.nextNumber + most);
    while (progress.nextNumber < end) this.add(undefined);
    return progress.nextNumber >= span.users;
  }

  /** Users of this shard so far, those who left included. */
  get users(): number {
    return this.progress.users;
  }

  /** Sessions with an event within the span. */
  get sessions(): number {
    return this.progress.sessions;
  }

  /** Time of the last visited state, seconds since 1970. */
  get nowS(): number {
    return this.progress.nowS;
  }

  /** Visits by page since this simulation was made or restored. */
  get pages(): Record<string, number> {
    const pages: Record<string, number> = {};
    for (const { index, page } of this.world.configuration.machine.states) {
      const visits = this.visits[index] as number;
      if (visits > 0) pages[page] = (pages[page] ?? 0) + visits;
    }
    return pages;
  }

  /** Users who will come again. */
  get usersLeft(): number {
    this.begin();
    return this.wheel.size;
  }

  /** The second of the next visit, since 1970; infinite where the span is over or nobody is left. */
  nextS(): number {
    const row = this.nextRow();
    return row === T.NONE ? Number.POSITIVE_INFINITY : (this.table.floats[row * T.FLOATS + T.AT] as number);
  }

  /**
   * Visits the next state of all.
   * @returns how many of `events` it gave; 0 where the span is over or nobody is left
   */
  visit(): number {
    const row = this.nextRow();
    if (row === T.NONE) return 0;
    this.count = 0;
    this.progress.nowS = this.table.floats[row * T.FLOATS + T.AT] as number;
    this.describe(row);
    this.wheel.take(row);
    this.goOn(row, this.walk.advance(row));
    return this.count;
  }

  /** The earliest row; who joins before it is there by then, and who is in a silent region has been sent away. */
  private nextRow(): number {
    const { endS, users } = this.span;
    const { incidents } = this.world;
    if (this.progress.nextNumber < users) this.begin();
    for (;;) {
      const joinS = this.arrivals.nextS;
      const row = this.wheel.peek(Math.min(joinS, endS));
      if (row !== T.NONE) {
        const atS = this.table.floats[row * T.FLOATS + T.AT] as number;
        if (atS < incidents.firstS || atS >= incidents.lastS || !this.isSilent(row, atS)) return row;
      } else if (joinS < endS) {
        if (this.progress.nextNumber >= USERS_MAX) throw tooManyUsers(joinS);
        this.add(joinS);
        this.arrivals.joined();
      } else {
        return T.NONE;
      }
    }
  }

  /** Sends away who would be seen in a silent region. */
  private isSilent(row: number, atS: number): boolean {
    const { incidents, catalog } = this.world;
    const place = catalog.places.values[this.table.ints[row * T.INTS + T.PLACE] as number];
    const untilS = place === undefined ? undefined : incidents.silentUntilS(place.state, atS);
    if (untilS === undefined || !(untilS > atS)) return false;
    this.wheel.take(row);
    this.goOn(row, this.walk.cut(row, untilS));
    return true;
  }

  /** @param stays will the user come again? */
  private goOn(row: number, stays: boolean): void {
    if (stays) {
      this.wheel.push(row);
      return;
    }
    this.userBytes[row] = undefined;
    this.table.free(row);
  }

  private add(joinedS: number | undefined): void {
    const { shard } = this.span;
    const number = this.progress.nextNumber++;
    if (shard !== undefined && number % shard.count !== shard.index - 1) return;
    const row = this.table.take();
    this.progress.users++;
    this.goOn(row, this.walk.begin(row, number, joinedS));
  }

  private describe(row: number): void {
    const { ints, floats } = this.table;
    const { encoder, visited } = this;
    const [i, f] = [row * T.INTS, row * T.FLOATS];
    const state = ints[i + T.STATE] as number;
    const flags = ints[i + T.FLAGS] as number;
    const traits = this.walk.traits[state] as number;
    const id = this.world.configuration.firstUserId + (ints[i + T.NUMBER] as number);
    const sessionId = id * SESSIONS_PER_USER + (ints[i + T.SESSION] as number);
    const user = this.bytesOf(row, id, sessionId, floats[f + T.REGISTERED] as number);
    const plays = (traits & TRAIT.plays) !== 0;
    (this.visits[state] as number)++;
    visited.state = state;
    visited.atS = floats[f + T.AT] as number;
    visited.item = floats[f + T.ITEM] as number;
    visited.userAgent = ints[i + T.DEVICES + ((flags >> T.DEVICE_SHIFT) & T.DEVICE_BITS)] as number;
    visited.song = plays ? (ints[i + T.SONG] as number) : T.NONE;
    visited.user = user;
    if ((flags & T.FLAG.sessionCounted) === 0) {
      ints[i + T.FLAGS] = flags | T.FLAG.sessionCounted;
      this.progress.sessions++;
    }
    const key = (traits & TRAIT.shown) !== 0 ? user.key : `${sessionId}`;
    let ordinal = floats[f + T.ORDINAL] as number;
    let end = this.put("page_view_events", key, id, ordinal, 0, encoder.pageView(visited, ordinal++));
    if (plays) end = this.put("listen_events", key, id, ordinal, end, encoder.listen(visited, ordinal++));
    if ((flags & T.FLAG.answersLogin) !== 0) {
      const succeeded = (traits & TRAIT.loggedIn) !== 0;
      end = this.put("auth_events", key, id, ordinal, end, encoder.auth(visited, ordinal++, succeeded));
    }
    // Nobody answers the last attempt of a session that ends with it: it has failed.
    const isUnanswered = (traits & TRAIT.login) !== 0 && ints[i + T.TARGET] === T.NONE;
    if (isUnanswered && this.world.rules.oneAuthEventPerLogin) {
      end = this.put("auth_events", key, id, ordinal, end, encoder.auth(visited, ordinal++, false));
    }
    if (this.changesStatus(state, ints[i + T.PREVIOUS] as number)) {
      this.put("status_change_events", key, id, ordinal, end, encoder.statusChange(visited, ordinal++));
    }
    floats[f + T.ORDINAL] = ordinal;
  }

  private changesStatus(state: number, previous: number): boolean {
    if (this.world.rules.newStatusOnChange) {
      return previous !== T.NONE && this.statuses[state] !== this.statuses[previous];
    }
    const { page } = this.world.configuration.machine.states[state] as State;
    return page === PAGE.submitUpgrade || page === PAGE.submitDowngrade;
  }

  /** Made at the first event, again when a guest has registered, and changed with each session. */
  private bytesOf(row: number, id: number, sessionId: number, registeredS: number): UserBytes {
    const known = this.userBytes[row];
    if (known !== undefined && known.session === sessionId && known.registeredS === registeredS) return known;
    // User 0 has session ids of any number of digits.
    if (known !== undefined && known.registeredS === registeredS && id > 0) {
      putSession(known, sessionId);
      return known;
    }
    const made = this.bytesMaker.make(id, profileOf(this.world, id), registeredS, sessionId);
    this.userBytes[row] = made;
    return made;
  }

  private put(topic: Topic, key: string, userId: number, ordinal: number, start: number, end: number): number {
    const event = this.events[this.count++] as GeneratedEvent;
    event.topic = topic;
    event.key = key;
    event.bytes = this.encoder.scratch;
    event.start = start;
    event.end = end;
    event.userId = userId;
    event.ordinal = ordinal;
    return end;
  }
}

/** How many of the users who are there from the beginning belong to the shard. */
function usersOf({ users, shard }: Span): number {
  return shard === undefined ? users : Math.ceil(users / shard.count);
}

/** A number for each level and membership: a status has changed where it is another one. By state. */
function statusesOf(states: readonly State[]): Int32Array {
  const statuses = states.map(({ level, auth, isChurned }) => {
    const membership = isChurned ? "gone" : auth === AUTH.guest ? "guest" : "member";
    return JSON.stringify([level, membership]);
  });
  return Int32Array.from(statuses, (status) => statuses.indexOf(status));
}

/** What a saved state depends on and what can be told cheaply; the settings of a run are more. */
function identityOf({ seed, configuration, catalog }: World, { startS, users, shard }: Span): Identity {
  return {
    seed,
    "start (seconds since 1970)": startS,
    "number of users": users,
    "first user's id": configuration.firstUserId,
    shard: shard?.index ?? 1,
    "number of shards": shard?.count ?? 1,
    "number of states": configuration.machine.states.length,
    "number of songs": catalog.songs.size,
    "number of places": catalog.places.size,
    "number of browsers": catalog.userAgents.size,
  };
}
