import { AUTH, PAGE, type State } from "../config/state-machine";
import { Random, STREAM } from "../random";
import { YEAR_S } from "../time";
import { Attrition } from "./attrition";
import { drawDevice } from "./devices";
import { type LocalClock, localClock, UTC_CLOCK } from "./local-time";
import { drawProfile } from "./profile";
import { TransitionTable } from "./transition-table";
import * as T from "./user-table";
import type { Span, World } from "./world";

/** What a state means for the walk, as bits. */
export const TRAIT = { plays: 1, login: 2, redirect: 4, churned: 8, guest: 16, loggedIn: 32, shown: 64 } as const;

/** Session ids are `user id * SESSIONS_PER_USER + ordinal`: unique without asking anybody, and below 2^53. */
export const SESSIONS_PER_USER = 1_000_000;
const REGISTERED_BEFORE_MAX_S = 5 * YEAR_S;
/**
 * One page of so many takes a second at least, so that simulated time goes on where alpha is next to nothing and a
 * session never ends.
 */
const PAGES_PER_SECOND_MAX = 128;
/** Pages before the start that are walked at most; hundreds are usual. Who is not there yet then goes on at the start. */
const PAGES_BEFORE_START_MAX = 20_000;

/** The bits of every state, by its index. */
export function traitsOf(states: readonly State[]): Int32Array {
  return Int32Array.from(states, ({ page, auth, showsUser, isRedirect, isChurned }) => {
    let bits = showsUser ? TRAIT.shown : 0;
    if (page === PAGE.nextSong) bits |= TRAIT.plays;
    if (page === PAGE.login) bits |= TRAIT.login;
    if (isRedirect) bits |= TRAIT.redirect;
    if (isChurned) bits |= TRAIT.churned;
    if (auth === AUTH.guest) bits |= TRAIT.guest;
    if (auth === AUTH.loggedIn) bits |= TRAIT.loggedIn;
    return bits;
  });
}

/**
 * How users walk: takes one user of the table from state to state. All chance comes from the user's own stream, so the
 * walk is the same whoever else is simulated.
 */
export class Walk {
  readonly traits: Int32Array;
  private readonly random = new Random(0, STREAM.user, 0);
  private readonly transitions: TransitionTable;
  private readonly attrition: Attrition;
  private readonly startsSession: readonly boolean[];
  /** By place; learnt where they are needed. */
  private readonly clocks: (LocalClock | undefined)[] = [];

  constructor(
    private readonly world: World,
    private readonly span: Span,
    private readonly table: T.UserTable,
  ) {
    const { machine } = world.configuration;
    this.traits = traitsOf(machine.states);
    this.transitions = new TransitionTable(machine);
    this.attrition = new Attrition(world, span);
    this.startsSession = machine.states.map(({ auth, level }) => machine.startsSession(auth, level));
  }

  /**
   * Fills the row of a user, who stands in the first state at or after the start, or the moment of joining. What comes
   * before is walked, but nobody sees it.
   * @param number the user's id, counted from the first user's
   * @param joinedS when the user joins; `undefined` for those who are there from the beginning
   * @returns false where the user is gone by then
   */
  begin(row: number, number: number, joinedS: number | undefined): boolean {
    const { world, random } = this;
    const { configuration, rules, sessionTimes } = world;
    const { machine } = configuration;
    const { ints, floats } = this.table;
    const [i, f] = [row * T.INTS, row * T.FLOATS];
    random.reset(world.seed, STREAM.user, configuration.firstUserId + number);
    const profile = drawProfile(world, random);
    const startS = joinedS ?? this.span.startS;
    ints[i + T.NUMBER] = number;
    ints[i + T.PLACE] = profile.place;
    profile.devices.forEach((agent, device) => {
      ints[i + T.DEVICES + device] = agent;
    });
    floats[f + T.ALPHA] = configuration.alphaS * profile.alphaFactor;
    floats[f + T.BETA] = configuration.betaS * profile.betaFactor;
    floats[f + T.STAYED] = startS;
    floats[f + T.ORDINAL] = 0;
    const auth = joinedS === undefined ? machine.auths.draw(random) : machine.newUser.auth;
    const level = joinedS === undefined ? machine.levels.draw(random) : machine.newUser.level;
    floats[f + T.REGISTERED] = joinedS ?? Math.max(0, startS - registeredBeforeS(world, random));
    const state = machine.first(auth, level, random);
    const isUnregistered = rules.arrivesWhenJoining && auth === AUTH.guest && !state.showsUser;
    ints[i + T.FLAGS] =
      (isUnregistered ? T.FLAG.unregisteredGuest : 0) | (profile.devices.length << T.DEVICE_COUNT_SHIFT);
    ints[i + T.SESSION] = 0;
    const arrivesNow = joinedS !== undefined && rules.arrivesWhenJoining;
    const betaS = floats[f + T.BETA] as number;
    const firstS = arrivesNow ? startS : sessionTimes.first(startS, betaS, this.clockOf(profile.place), random);
    this.beginSession(row, firstS, state.index);
    random.store(ints, i + T.RANDOM);
    return this.walkUntil(row, startS);
  }

  /** Walks what nobody sees. @returns false where the user is gone by then */
  private walkUntil(row: number, startS: number): boolean {
    const { floats } = this.table;
    const at = row * T.FLOATS + T.AT;
    for (let pages = 0; (floats[at] as number) < startS; pages++) {
      if (pages === PAGES_BEFORE_START_MAX) floats[at] = startS;
      else if (!this.advance(row)) return false;
    }
    return true;
  }

  /**
   * Goes on to the next state.
   * @returns false where the user is gone for good
   */
  advance(row: number): boolean {
    const { random } = this;
    const { ints, floats } = this.table;
    const [i, f] = [row * T.INTS, row * T.FLOATS];
    random.load(ints, i + T.RANDOM);
    const target = ints[i + T.TARGET] as number;
    let stays = true;
    if (target === T.NONE) {
      stays = this.comeBack(row);
    } else {
      const state = ints[i + T.STATE] as number;
      const traits = this.traits[state] as number;
      const targetTraits = this.traits[target] as number;
      floats[f + T.AT] = this.timeOf(f, traits, targetTraits);
      floats[f + T.ITEM] = (floats[f + T.ITEM] as number) + 1;
      ints[i + T.PREVIOUS] = state;
      const keepsAnswer = !this.world.rules.oneAuthEventPerLogin && (targetTraits & TRAIT.redirect) !== 0;
      if (!keepsAnswer) this.setFlag(i, T.FLAG.answersLogin, (traits & TRAIT.login) !== 0);
      this.enter(row, target);
    }
    random.store(ints, i + T.RANDOM);
    return stays;
  }

  /**
   * Cuts the session short of the state that the user was about to enter, because the user's region is silent; the user
   * comes back after the silence, as after a session. Where no session can begin from where the user is (in the middle
   * of a redirect), the session goes on after the silence instead.
   * @returns false where the silence never ends
   */
  cut(row: number, untilS: number): boolean {
    if (!Number.isFinite(untilS)) return false;
    const { random } = this;
    const { ints, floats } = this.table;
    const [i, f] = [row * T.INTS, row * T.FLOATS];
    const previous = ints[i + T.PREVIOUS] as number;
    const from = previous === T.NONE ? (ints[i + T.STATE] as number) : previous;
    if (!this.startsSession[from] || ints[i + T.SESSION] === SESSIONS_PER_USER - 1) {
      floats[f + T.AT] = untilS;
      return true;
    }
    const registersHere =
      floats[f + T.REGISTERED] === floats[f + T.AT] && this.isGuest(from) && !this.isGuest(ints[i + T.STATE] as number);
    if (registersHere) this.setFlag(i, T.FLAG.unregisteredGuest, this.world.rules.arrivesWhenJoining);
    random.load(ints, i + T.RANDOM);
    this.nextSession(row, untilS, from);
    random.store(ints, i + T.RANDOM);
    return true;
  }

  private comeBack(row: number): boolean {
    const { ints, floats } = this.table;
    const [i, f] = [row * T.INTS, row * T.FLOATS];
    const state = ints[i + T.STATE] as number;
    if (((this.traits[state] as number) & TRAIT.churned) !== 0) return false;
    // Who has used up all session ids, by coming every few seconds for weeks, must not take another user's.
    if (ints[i + T.SESSION] === SESSIONS_PER_USER - 1) return false;
    const nowS = floats[f + T.AT] as number;
    const stayedS = floats[f + T.STAYED] as number;
    if (this.attrition.leaves(stayedS, nowS, this.random)) return false;
    if (nowS > stayedS) floats[f + T.STAYED] = nowS;
    this.nextSession(row, nowS, state);
    return true;
  }

  /** The session after one that ended, at this time and in this state. */
  private nextSession(row: number, endS: number, from: number): void {
    const { sessionTimes, configuration } = this.world;
    const { ints, floats } = this.table;
    const i = row * T.INTS;
    const { auth, level } = configuration.machine.states[from] as State;
    const betaS = floats[row * T.FLOATS + T.BETA] as number;
    const startS = sessionTimes.next(endS, betaS, this.clockOf(ints[i + T.PLACE] as number), this.random);
    ints[i + T.SESSION] = (ints[i + T.SESSION] as number) + 1;
    this.beginSession(row, startS, configuration.machine.first(auth, level, this.random).index);
  }

  private beginSession(row: number, startS: number, state: number): void {
    const { ints, floats } = this.table;
    const [i, f] = [row * T.INTS, row * T.FLOATS];
    floats[f + T.AT] = startS;
    floats[f + T.SONG_END] = Number.NEGATIVE_INFINITY;
    floats[f + T.ITEM] = 0;
    ints[i + T.PREVIOUS] = T.NONE;
    ints[i + T.SONG] = T.NONE;
    const flags = ints[i + T.FLAGS] as number;
    const device = drawDevice((flags >> T.DEVICE_COUNT_SHIFT) & T.DEVICE_BITS, this.random);
    ints[i + T.FLAGS] =
      (flags & ~(T.FLAG.answersLogin | T.FLAG.sessionCounted | (T.DEVICE_BITS << T.DEVICE_SHIFT))) |
      (device << T.DEVICE_SHIFT);
    this.enter(row, state);
  }

  private enter(row: number, state: number): void {
    const { random } = this;
    const { incidents } = this.world;
    const { ints, floats } = this.table;
    const [i, f] = [row * T.INTS, row * T.FLOATS];
    const atS = floats[f + T.AT] as number;
    const traits = this.traits[state] as number;
    ints[i + T.STATE] = state;
    if (((ints[i + T.FLAGS] as number) & T.FLAG.unregisteredGuest) !== 0 && (traits & TRAIT.guest) === 0) {
      this.setFlag(i, T.FLAG.unregisteredGuest, false);
      floats[f + T.REGISTERED] = atS;
    }
    const hasIncidents = atS >= incidents.firstS && atS < incidents.lastS;
    if ((traits & TRAIT.plays) !== 0) {
      const song = this.nextSong(ints[i + T.SONG] as number, atS, hasIncidents);
      ints[i + T.SONG] = song;
      floats[f + T.SONG_END] = atS + (this.world.catalog.songs.playsS[song] as number);
    }
    const errorFactor = hasIncidents ? incidents.errorFactorAt(atS) : 1;
    ints[i + T.TARGET] =
      errorFactor === 1 ? this.transitions.next(state, random) : this.transitions.nextWith(errorFactor, state, random);
  }

  private nextSong(last: number, atS: number, hasIncidents: boolean): number {
    const { songs } = this.world.catalog;
    const viral = hasIncidents ? this.world.incidents.viralSongAt(atS) : undefined;
    if (viral !== undefined && this.random.uniform() < viral.share) return viral.song;
    return songs.drawAfter(last, this.random);
  }

  private timeOf(f: number, traits: number, targetTraits: number): number {
    const { floats } = this.table;
    const atS = floats[f + T.AT] as number;
    const redirectTraits = this.world.rules.secondAfterRedirect ? traits : targetTraits;
    if ((redirectTraits & TRAIT.redirect) !== 0) return atS + 1;
    const songEndS = floats[f + T.SONG_END] as number;
    if ((targetTraits & TRAIT.plays) !== 0 && songEndS > atS) return songEndS;
    const gapS = Math.floor(this.random.exponential(floats[f + T.ALPHA] as number));
    if (gapS === 0 && (floats[f + T.ITEM] as number) % PAGES_PER_SECOND_MAX === PAGES_PER_SECOND_MAX - 1)
      return atS + 1;
    return atS + gapS;
  }

  private setFlag(i: number, flag: number, value: boolean): void {
    const { ints } = this.table;
    const flags = ints[i + T.FLAGS] as number;
    ints[i + T.FLAGS] = value ? flags | flag : flags & ~flag;
  }

  private isGuest(state: number): boolean {
    return ((this.traits[state] as number) & TRAIT.guest) !== 0;
  }

  private clockOf(place: number): LocalClock {
    let clock = this.clocks[place];
    if (clock === undefined) {
      const { rules, catalog } = this.world;
      const where = catalog.places.values[place];
      clock = rules.localTime && where !== undefined ? localClock(where) : UTC_CLOCK;
      this.clocks[place] = clock;
    }
    return clock;
  }
}

/**
 * How long before the start the first users registered, whole seconds. In a service that grows steadily the ages of
 * its users are exponential with a mean of 1 / growth years; without growth a year is taken. eventsim multiplies where
 * it should divide, and without growth all register at the start.
 */
function registeredBeforeS({ rules, configuration: { growthRate } }: World, random: Random): number {
  const ours = growthRate > 0 ? YEAR_S / growthRate : YEAR_S;
  const meanS = rules.arrivesWhenJoining ? ours : growthRate * YEAR_S;
  return Math.floor(Math.min(REGISTERED_BEFORE_MAX_S, random.exponential(meanS)));
}
