import { suggestion } from "../../support/nearest";
import type { Random } from "../random";
import { Weighted } from "../weighted";
import { Fields } from "./fields";
import { configurationError, type JsonNode } from "./json-text";

/** Pages and states of membership that mean something to the generator; eventsim's own names. */
export const PAGE = {
  nextSong: "NextSong",
  login: "Login",
  submitUpgrade: "Submit Upgrade",
  submitDowngrade: "Submit Downgrade",
} as const;
export const AUTH = { guest: "Guest", loggedIn: "Logged In" } as const;

/** Where a listener can be: a page as the service answers it, with the listener's login and level. */
export interface State {
  /** Place in `StateMachine.states`. */
  readonly index: number;
  readonly page: string;
  readonly auth: string;
  readonly status: number;
  readonly method: string;
  readonly level: string;
  /** Are the user's properties written here (`show-user-details`)? */
  readonly showsUser: boolean;
  /** Does the service send the browser on (status 300 to 399)? */
  readonly isRedirect: boolean;
  /** Is the user gone for good when a session ends here? */
  readonly isChurned: boolean;
}

export interface StateMachine {
  readonly states: readonly State[];
  /** Where the walk can go from a state, as the file says; what is missing to 1 ends the session. */
  transitionsFrom(state: State): readonly { readonly to: State; readonly p: number }[];
  /** The next state; `undefined` where the session ends. */
  next(from: State, random: Random): State | undefined;
  /** The first state of a session of a user with this login and level. */
  first(auth: string, level: string, random: Random): State;
  /** Login and level of the users who are there from the beginning. */
  readonly auths: Weighted<string>;
  readonly levels: Weighted<string>;
  /** Login and level of users who join. */
  readonly newUser: { readonly auth: string; readonly level: string };
}

interface Transition {
  readonly to: State;
  /** Probability of this transition and all before it. */
  readonly upTo: number;
}

const STATE_KEYS = ["page", "auth", "status", "method", "level"] as const;
const ROUNDING = 1e-9;

/** The parts of a state machine as they are read from the file. */
class MachineReader {
  readonly states: State[] = [];
  readonly transitions: { to: State; p: number }[][] = [];
  readonly first = new Map<string, Weighted<State>>();
  private readonly indexes = new Map<string, number>();
  private readonly shows = new Map<string, boolean>();

  constructor(private readonly fields: Fields) {}

  read(): StateMachine {
    const { fields } = this;
    this.readShows();
    this.readTransitions();
    this.readFirstStates();
    const auths = this.weights("auths", "auth");
    const levels = this.weights("levels", "level");
    const newUser = {
      auth: fields.has("new-user-auth") ? fields.text("new-user-auth") : AUTH.guest,
      level: fields.has("new-user-level") ? fields.text("new-user-level") : "free",
    };
    this.checkFirstStates(auths, levels, newUser);
    const { first, transitions } = this;
    const rows = transitions.map(cumulative);
    return {
      states: this.states,
      auths: auths.weighted,
      levels: levels.weighted,
      newUser,
      transitionsFrom: (state) => transitions[state.index] ?? [],
      next(from, random) {
        const u = random.uniform();
        for (const transition of rows[from.index] as Transition[]) if (u < transition.upTo) return transition.to;
        return undefined;
      },
      first: (auth, level, random) => (first.get(pairKey(auth, level)) as Weighted<State>).draw(random),
    };
  }

  private readShows(): void {
    for (const node of this.fields.items("show-user-details")) {
      const item = new Fields(this.fields.file, node, 'an entry of "show-user-details"', ["auth", "show"]);
      this.shows.set(item.text("auth"), item.boolean("show"));
    }
    if (this.fields.has("churned-state"))
      this.knownAuth(this.fields.text("churned-state"), this.fields.lineOf("churned-state"));
  }

  /** @returns whether the user is shown with this auth */
  private knownAuth(auth: string, line: number): boolean {
    const shows = this.shows.get(auth);
    if (shows !== undefined) return shows;
    const auths = [...this.shows.keys()];
    throw configurationError(
      this.fields.file,
      line,
      `the auth ${JSON.stringify(auth)}${suggestion(auth, auths)} has no entry in "show-user-details"; allowed: ${auths.join(", ")}`,
    );
  }

  private readTransitions(): void {
    const { file } = this.fields;
    const lines = new Map<string, number>();
    for (const node of this.fields.items("transitions")) {
      const transition = new Fields(file, node, "a transition", ["source", "dest", "p"]);
      const from = this.state(transition.node("source"), STATE_KEYS);
      const to = this.state(transition.node("dest"), STATE_KEYS);
      const p = transition.number("p", { maximum: 1 });
      const key = `${from.index} ${to.index}`;
      const earlier = lines.get(key);
      if (earlier !== undefined) {
        throw configurationError(file, node.line, `the transition of line ${earlier} stands here again`);
      }
      lines.set(key, node.line);
      const row = this.transitions[from.index] as { to: State; p: number }[];
      row.push({ to, p });
      const sum = row.reduce((total, one) => total + one.p, 0);
      if (sum > 1 + ROUNDING) {
        const rounded = Number(sum.toFixed(6));
        throw configurationError(
          file,
          transition.lineOf("p"),
          `with p ${p} the transitions from ${describe(from)} add up to ${rounded}; at most 1 is allowed`,
        );
      }
    }
  }

  private readFirstStates(): void {
    const { file } = this.fields;
    const entries = new Map<string, { states: State[]; weights: number[]; line: number }>();
    for (const node of this.fields.items("new-session")) {
      const item = new Fields(file, node, 'an entry of "new-session"', [...STATE_KEYS, "weight"]);
      const known = this.states.length;
      const state = this.state(node, [...STATE_KEYS, "weight"]);
      if (state.index >= known) {
        const near = suggestion(describe(state), this.states.slice(0, known).map(describe));
        throw configurationError(
          file,
          node.line,
          `"new-session" begins in the state ${describe(state)}, which no transition knows${near}; allowed are the states of "transitions"`,
        );
      }
      const key = pairKey(state.auth, state.level);
      const entry = entries.get(key) ?? { states: [], weights: [], line: node.line };
      entries.set(key, entry);
      entry.states.push(state);
      entry.weights.push(item.number("weight", {}));
    }
    for (const [key, { states, weights, line }] of entries) {
      if (!weights.some((weight) => weight > 0)) {
        throw configurationError(file, line, `the weights of "new-session" for ${key} are all 0; one must be above 0`);
      }
      this.first.set(key, new Weighted(states, weights));
    }
  }

  private weights(key: "auths" | "levels", name: "auth" | "level"): { weighted: Weighted<string>; used: string[] } {
    const { fields } = this;
    const names: string[] = [];
    const weights: number[] = [];
    for (const node of fields.items(key)) {
      const item = new Fields(fields.file, node, `an entry of "${key}"`, [name, "weight"]);
      names.push(item.text(name));
      weights.push(item.number("weight", {}));
    }
    const used = names.filter((_, index) => (weights[index] ?? 0) > 0);
    if (used.length === 0) {
      throw configurationError(fields.file, fields.lineOf(key), `"${key}" has no entry with a weight above 0`);
    }
    return { weighted: new Weighted(names, weights), used };
  }

  /** Wherever a session can begin there must be a first state, or the walk would stop dead in the middle of a run. */
  private checkFirstStates(
    auths: { readonly used: readonly string[] },
    levels: { readonly used: readonly string[] },
    newUser: StateMachine["newUser"],
  ): void {
    const { fields } = this;
    const need = (auth: string, level: string, line: number, why: string) => {
      if (this.first.has(pairKey(auth, level))) return;
      throw configurationError(
        fields.file,
        line,
        `${why}, but "new-session" has no entry for ${pairKey(auth, level)}; allowed: ${[...this.first.keys()].join("; ")}`,
      );
    };
    for (const auth of auths.used) {
      for (const level of levels.used) {
        need(auth, level, fields.lineOf("auths"), `users can be ${pairKey(auth, level)} at the beginning`);
      }
    }
    need(
      newUser.auth,
      newUser.level,
      fields.lineOf("new-user-auth"),
      `new users are ${pairKey(newUser.auth, newUser.level)}`,
    );
    for (const state of this.states) {
      const sum = (this.transitions[state.index] ?? []).reduce((total, { p }) => total + p, 0);
      if (state.isChurned || sum >= 1 - ROUNDING) continue;
      need(state.auth, state.level, fields.lineOf("new-session"), `a session can end in ${describe(state)}`);
    }
  }

  /** The state that a JSON object names, made where it is new. */
  private state(node: JsonNode, keys: readonly string[]): State {
    const { file } = this.fields;
    const fields = new Fields(file, node, "a state", keys);
    const page = fields.text("page");
    const auth = fields.text("auth");
    const status = fields.number("status", { whole: true, minimum: 100, maximum: 599 });
    const method = fields.text("method");
    const level = fields.text("level");
    const key = JSON.stringify([page, auth, status, method, level]);
    const known = this.states[this.indexes.get(key) ?? -1];
    if (known !== undefined) return known;
    const showsUser = this.knownAuth(auth, fields.lineOf("auth"));
    const isChurned = this.fields.has("churned-state") && this.fields.text("churned-state") === auth;
    const isRedirect = status >= 300 && status < 400;
    const state = { index: this.states.length, page, auth, status, method, level, showsUser, isRedirect, isChurned };
    this.indexes.set(key, state.index);
    this.states.push(state);
    this.transitions.push([]);
    return state;
  }
}

/** The likeliest first, so that most draws end at the first comparison. */
function cumulative(row: readonly { readonly to: State; readonly p: number }[]): Transition[] {
  const transitions: Transition[] = [];
  let upTo = 0;
  for (const { to, p } of [...row].sort((a, b) => b.p - a.p)) {
    upTo += p;
    // A row that adds up to 1 but for rounding must not end a session.
    transitions.push({ to, upTo: upTo >= 1 - ROUNDING ? 1 : upTo });
  }
  return transitions;
}

function pairKey(auth: string, level: string): string {
  return `${auth}, ${level}`;
}

function describe(state: Pick<State, "page" | "status" | "method" | "auth" | "level">): string {
  return `${state.page} (${state.method} ${state.status}, ${state.auth}, ${state.level})`;
}

/** The states and transitions of a configuration file. @throws RhythmicError bad_configuration */
export function readStateMachine(fields: Fields): StateMachine {
  return new MachineReader(fields).read();
}
