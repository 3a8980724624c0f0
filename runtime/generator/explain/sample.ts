import type { PageViewEvent } from "../../schema/events";
import type { State, StateMachine } from "../config/state-machine";
import type { Plan } from "../options";
import { DAY_S, HOUR_S, WEEK_S } from "../time";
import type { Simulation } from "../walk/simulation";

/** What the sample needs of a simulation. */
export type SampledSimulation = Pick<Simulation, "visit" | "events" | "nowS" | "users" | "usersLeft">;

/** Simulates a plan by the configuration, rules, catalogue and incidents of the run. */
export type Simulate = (plan: Plan) => SampledSimulation;

/** What one group of users did. */
export interface Tally {
  readonly usersAtStart: number;
  /** All users that there were, those who left included. */
  users: number;
  usersLeft: number;
  readonly events: Map<string, number>;
  bytes: number;
  sessions: number;
  pages: number;
  /** From the first page of a session to its last, all sessions together. */
  sessionSeconds: number;
  /** Visits by the state's index. */
  readonly visits: Float64Array;
}

export interface Sample {
  readonly tallies: readonly Tally[];
  /** The simulated time that was walked, from the start of the run. */
  readonly seconds: number;
  /** Is it the run itself, all users and the whole time? */
  readonly isWhole: boolean;
}

/** More digits than a time or a session's id has. */
const NUMBER_CHARS = 20;
/** So many events are simulated, roughly: about a second's work. */
export const SAMPLE_EVENTS = 300_000;
/** No sample walks further than this, whatever the configuration. */
const VISITS_MAX = 2_000_000;
const GROUPS = 20;
const GROUP_USERS_MAX = 2_000;
const WHOLE_USERS_MAX = 20_000;
const PROBE_USERS = 50;
const PROBE_VISITS = 20_000;
const SECONDS_MAX = 400 * DAY_S;
/** Where no end is given. */
const SECONDS_DEFAULT = 6 * WEEK_S;
const ENDLESS_S = 100 * 365 * DAY_S;

type PageView = Pick<PageViewEvent, "page" | "auth" | "status" | "method" | "level">;

const keyOf = ({ page, auth, status, method, level }: PageView) => JSON.stringify([page, auth, status, method, level]);

/** The number after a field's name; parsing all of an event would take most of the time. */
function numberAfter(text: string, name: string): number {
  const from = text.indexOf(name) + name.length;
  return Number.parseInt(text.slice(from, from + NUMBER_CHARS), 10);
}

/** Counts what a simulation gives. */
class Counter {
  private readonly indexes: ReadonlyMap<string, number>;
  /** The state's index by how an event says it. */
  private readonly understood = new Map<string, number | undefined>();
  /** The session that each user is in. */
  private readonly open = new Map<number, { sessionId: number; fromMs: number; toMs: number }>();

  constructor(
    states: readonly State[],
    private readonly tally: Tally,
  ) {
    this.indexes = new Map(states.map((state) => [keyOf(state), state.index]));
  }

  count({ topic, bytes, start, end, userId }: Simulation["events"][number]): void {
    const { tally } = this;
    tally.events.set(topic, (tally.events.get(topic) ?? 0) + 1);
    tally.bytes += end - start + 1;
    if (topic !== "page_view_events") return;
    const value = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    const text = value.toString("latin1");
    tally.pages++;
    const index = this.stateOf(text, value);
    if (index !== undefined) tally.visits[index] = (tally.visits[index] ?? 0) + 1;
    const atMs = numberAfter(text, '"ts":');
    const sessionId = numberAfter(text, '"sessionId":');
    const session = this.open.get(userId);
    if (session?.sessionId === sessionId) session.toMs = atMs;
    else {
      this.close(userId);
      tally.sessions++;
      this.open.set(userId, { sessionId, fromMs: atMs, toMs: atMs });
    }
  }

  /** Events of the same state say so with the same bytes; they are understood once. */
  private stateOf(text: string, value: Buffer): number | undefined {
    const raw = text.slice(text.indexOf('"page":'), text.indexOf('"itemInSession":'));
    if (!this.understood.has(raw)) {
      this.understood.set(raw, this.indexes.get(keyOf(JSON.parse(value.toString()) as PageView)));
    }
    return this.understood.get(raw);
  }

  close(userId: number): void {
    const session = this.open.get(userId);
    if (session !== undefined) this.tally.sessionSeconds += (session.toMs - session.fromMs) / 1000;
  }

  closeAll(): void {
    for (const userId of this.open.keys()) this.close(userId);
  }
}

interface Walked {
  readonly tally: Tally;
  readonly reachedS: number;
}

function walk(states: readonly State[], plan: Plan, simulate: Simulate, visitsMax: number): Walked {
  const tally: Tally = {
    usersAtStart: plan.users,
    users: 0,
    usersLeft: 0,
    events: new Map(),
    bytes: 0,
    sessions: 0,
    pages: 0,
    sessionSeconds: 0,
    visits: new Float64Array(states.length),
  };
  const counter = new Counter(states, tally);
  const simulation = simulate(plan);
  let visits = 0;
  let sent = 0;
  let isOver = false;
  while (visits < visitsMax && sent < plan.events) {
    const count = simulation.visit();
    isOver = count === 0;
    if (isOver) break;
    visits++;
    for (let event = 0; event < count && sent < plan.events; event++, sent++) {
      counter.count(simulation.events[event] as Simulation["events"][number]);
    }
  }
  counter.closeAll();
  tally.users = simulation.users;
  tally.usersLeft = simulation.usersLeft;
  return { tally, reachedS: isOver ? plan.endS : simulation.nowS };
}

/** Events that a user makes in a second, roughly, from a few users; never 0. */
function probe(states: readonly State[], plan: Plan, simulate: Simulate): number {
  const users = Math.min(PROBE_USERS, plan.users);
  const { tally, reachedS } = walk(states, { ...plan, users }, simulate, PROBE_VISITS);
  const events = [...tally.events.values()].reduce((sum, count) => sum + count, 1);
  return events / users / Math.max(1, reachedS - plan.startS);
}

/**
 * Simulates the whole run where it is small, else groups of its kind of users, each with a seed of its own. The same
 * plan gives the same sample: what is simulated depends on counts, not on the clock.
 */
export function sampleOf(
  { states }: Pick<StateMachine, "states">,
  plan: Plan,
  simulate: Simulate,
  budget = SAMPLE_EVENTS,
): Sample {
  const { seed, startS, endS, users, events } = plan;
  const asked = endS - startS;
  const wanted = Math.min(SECONDS_MAX, asked > ENDLESS_S ? SECONDS_DEFAULT : asked);
  const part = { seed, startS, endS: startS + wanted, users, events: Number.POSITIVE_INFINITY };
  const perUserSecond = probe(states, part, simulate);
  if (users <= WHOLE_USERS_MAX && Math.min(events, users * perUserSecond * asked) <= budget) {
    const { tally, reachedS } = walk(states, { ...part, endS, events }, simulate, VISITS_MAX);
    return { tallies: [tally], seconds: Math.max(1, reachedS - startS), isWhole: true };
  }
  const groups = Math.min(GROUPS, users);
  const affordable = (3 * budget) / (groups * perUserSecond);
  const seconds = Math.ceil(Math.min(wanted, Math.max(Math.min(wanted, HOUR_S), affordable)));
  const size = Math.floor(budget / (groups * perUserSecond * seconds));
  const groupUsers = Math.max(1, Math.min(size, GROUP_USERS_MAX, Math.floor(users / groups)));
  const tallies = Array.from({ length: groups }, (_, group) => {
    const own = {
      ...part,
      seed: (seed + 1 + group) % Number.MAX_SAFE_INTEGER,
      users: groupUsers,
      endS: startS + seconds,
    };
    return walk(states, own, simulate, VISITS_MAX / groups).tally;
  });
  return { tallies, seconds, isWhole: false };
}

export interface Estimate {
  readonly value: number;
  /** Half the width of the 95 % interval; 0 where nothing is left to chance. */
  readonly plusMinus: number;
}

/** Two-sided 95 % quantile of Student's t with 19 degrees of freedom: that of 20 groups. */
const T_95 = 2.09;

/**
 * What all users of the plan together give, from what the groups gave. The run's users are a draw too, so both their
 * chance and the sample's count.
 */
export function estimate(sample: Sample, users: number, of: (tally: Tally) => number): Estimate {
  const values = sample.tallies.map((tally) => (of(tally) * users) / tally.usersAtStart);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (sample.isWhole || values.length < 2) return { value: mean, plusMinus: 0 };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const runGroups = users / (sample.tallies[0]?.usersAtStart ?? users);
  return { value: mean, plusMinus: T_95 * Math.sqrt(variance / values.length + variance / runGroups) };
}

/** A sum over all groups. */
export function total(sample: Sample, of: (tally: Tally) => number): number {
  return sample.tallies.reduce((sum, tally) => sum + of(tally), 0);
}
