import type { Catalog, FirstName, Place } from "../catalog/catalog";
import type { Configuration } from "../config/configuration";
import { AUTH, PAGE, type State } from "../config/state-machine";
import type { Incidents } from "../incidents/incidents";
import { Random, STREAM } from "../random";
import { YEAR_S } from "../time";
import { type LocalClock, localClock, UTC_CLOCK } from "./local-time";
import type { WalkRules } from "./rules";
import type { SessionTimes } from "./session-times";
import type { Timed } from "./time-wheel";

/** Everything that the walks of all users share. */
export interface World {
  readonly seed: number;
  readonly configuration: Configuration;
  readonly catalog: Catalog;
  readonly rules: WalkRules;
  readonly sessionTimes: SessionTimes;
  readonly incidents: Incidents;
}

/** Who a listener is; none of it changes but the registration of a guest. */
export interface Profile {
  readonly firstName: FirstName;
  readonly lastName: string;
  readonly place: Place;
  readonly userAgent: string;
}

const NO_SONG = -1;
const REGISTERED_BEFORE_MAX_S = 5 * YEAR_S;
/** Session ids are `user id * SESSIONS_PER_USER + ordinal`: unique without asking anybody, and below 2^53. */
const SESSIONS_PER_USER = 1_000_000;

/**
 * One listener on the walk. A user stands in a state whose second (`atS`) has not come yet; `advance` goes on to the
 * next. All chance comes from the user's own stream, so the walk is the same whoever else is simulated.
 */
export class User implements Timed {
  atS = 0;
  next: this | undefined = undefined;
  readonly profile: Profile;
  /** Seconds since 1970. */
  registeredS: number;
  state: State;
  /** The state before this one in the session. */
  previous: State | undefined;
  /** Where the walk goes from `state`; `undefined` where the session ends. */
  private target: State | undefined;
  /** Is this page the answer to an attempt to log in? */
  answersLogin = false;
  itemInSession = 0;
  /** The song of the last NextSong of this session. */
  song = NO_SONG;
  private songEndS = Number.NEGATIVE_INFINITY;
  private sessionOrdinal = 0;
  /** A guest registers on the way; one whose properties are shown as a guest has registered before. */
  private isUnregisteredGuest: boolean;
  private readonly random: Random;
  private readonly alphaS: number;
  private readonly betaS: number;
  private readonly clock: LocalClock;

  /**
   * @param joinedS when the user joins; `undefined` for the users who are there from the beginning
   * @param startS the beginning of the run
   */
  constructor(
    private readonly world: World,
    readonly id: number,
    startS: number,
    joinedS: number | undefined,
  ) {
    const { configuration, catalog, rules, sessionTimes } = world;
    const { machine } = configuration;
    const random = new Random(world.seed, STREAM.user, id);
    this.random = random;
    this.alphaS = configuration.alphaS * random.logNormal();
    this.betaS = configuration.betaS * random.logNormal();
    this.profile = {
      firstName: catalog.firstNames.draw(random),
      lastName: catalog.lastNames.draw(random),
      place: catalog.places.draw(random),
      userAgent: catalog.userAgents.draw(random),
    };
    this.clock = rules.localTime ? localClock(this.profile.place) : UTC_CLOCK;
    const auth = joinedS === undefined ? machine.auths.draw(random) : machine.newUser.auth;
    const level = joinedS === undefined ? machine.levels.draw(random) : machine.newUser.level;
    this.registeredS = joinedS ?? startS - registeredBeforeS(world, random);
    this.state = machine.first(auth, level, random);
    this.isUnregisteredGuest = rules.arrivesWhenJoining && auth === AUTH.guest && !this.state.showsUser;
    const arrivesNow = joinedS !== undefined && rules.arrivesWhenJoining;
    const firstS = arrivesNow ? joinedS : sessionTimes.first(joinedS ?? startS, this.betaS, this.clock, random);
    this.beginSession(firstS, this.state);
  }

  get sessionId(): number {
    return this.id * SESSIONS_PER_USER + this.sessionOrdinal;
  }

  /** Does a song begin here? */
  get playsNow(): boolean {
    return this.state.page === PAGE.nextSong;
  }

  /** Does the session end here, with an attempt to log in that nobody answers? */
  get leavesLoginUnanswered(): boolean {
    return this.target === undefined && this.state.page === PAGE.login;
  }

  /**
   * Goes on to the next state.
   * @returns false where the user is gone for good
   */
  advance(): boolean {
    const { target, state } = this;
    if (target === undefined) return this.comeBack();
    this.atS = this.timeOf(target);
    this.itemInSession++;
    this.previous = state;
    const keepsAnswer = !this.world.rules.oneAuthEventPerLogin && target.isRedirect;
    if (!keepsAnswer) this.answersLogin = state.page === PAGE.login;
    this.enter(target);
    return true;
  }

  private comeBack(): boolean {
    const { auth, level, isChurned } = this.state;
    // Who has used up all session ids, by coming every few seconds for weeks, must not take another user's.
    if (isChurned || this.sessionOrdinal === SESSIONS_PER_USER - 1) return false;
    const { configuration, sessionTimes } = this.world;
    const startS = sessionTimes.next(this.atS, this.betaS, this.clock, this.random);
    this.sessionOrdinal++;
    this.beginSession(startS, configuration.machine.first(auth, level, this.random));
    return true;
  }

  private beginSession(startS: number, state: State): void {
    this.atS = startS;
    this.itemInSession = 0;
    this.previous = undefined;
    this.answersLogin = false;
    this.song = NO_SONG;
    this.songEndS = Number.NEGATIVE_INFINITY;
    this.enter(state);
  }

  private enter(state: State): void {
    const { configuration, catalog } = this.world;
    this.state = state;
    if (this.isUnregisteredGuest && state.auth !== AUTH.guest) {
      this.isUnregisteredGuest = false;
      this.registeredS = this.atS;
    }
    if (state.page === PAGE.nextSong) {
      this.song = catalog.songs.draw(this.random);
      this.songEndS = this.atS + (catalog.songs.playsS[this.song] as number);
    }
    this.target = configuration.machine.next(state, this.random);
  }

  private timeOf(target: State): number {
    const redirect = this.world.rules.secondAfterRedirect ? this.state : target;
    if (redirect.isRedirect) return this.atS + 1;
    if (target.page === PAGE.nextSong && this.songEndS > this.atS) return this.songEndS;
    return this.atS + Math.floor(this.random.exponential(this.alphaS));
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
