import { suggestion } from "../../support/nearest";
import type { Random } from "../random";
import { Weighted } from "../weighted";
import { Fields } from "./fields";
import { configurationError, type JsonNode } from "./json-text";
import { EVENTSIM_PAGES } from "./pages";

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
  /** Is there a first state for users with this login and level? */
  startsSession(auth: string, level: string): boolean;
  /** The first state of a session of a user with this login and level. */
  first(auth: string, level: string, random: Random): State;
  /** Login and level of the users who are there from the beginning. */
  readonly auths: Weighted<string>;
  readonly levels: Weighted<string>;
  /** Login and level of users who join. */
  readonly newUser: { readonly auth: string; readonly level: string };
}

const STATE_KEYS = ["page", "auth", "status", "method", "level"] as const;
const ROUNDING = 1e-9;
/** Far more than anybody needs, and no sum of weights overflows. */
const WEIGHT_MAX = 1e12;

interface WeightedNames {
  readonly weighted: Weighted<string>;
  /** Those with a weight above 0. */
  readonly used: readonly string[];
  readonly items: readonly { readonly name: string; readonly line: number }[];
}

/** The parts of a state machine as they are read from the file. */
class MachineReader {
  readonly states: State[] = [];
  readonly transitions: { to: State; p: number }[][] = [];
  readonly first = new Map<string, Weighted<State>>();
  private readonly indexes = new Map<string, number>();
  private readonly shows = new Map<string, boolean>();
  private readonly pages: readonly string[];
  private levels: readonly string[] = [];
  /** Line of the first transition from each state that has one. */
  private readonly sourceLines = new Map<number, number>();

  constructor(private readonly fields: Fields) {
    const own = fields.has("pages") ? fields.texts("pages").map(({ text }) => text) : [];
    this.pages = [...EVENTSIM_PAGES, ...own];
  }

  read(): StateMachine {
    this.readShows();
    const auths = this.weights("auths", "auth");
    const levels = this.weights("levels", "level");
    for (const { name, line } of auths.items) this.knownAuth(name, line);
    this.levels = levels.items.map(({ name }) => name);
    this.readTransitions();
    this.readFirstStates();
    const newUser = this.newUser();
    this.checkFirstStates(auths, levels, newUser);
    this.checkReachable();
    const { first, transitions } = this;
    return {
      states: this.states,
      auths: auths.weighted,
      levels: levels.weighted,
      newUser,
      transitionsFrom: (state) => transitions[state.index] ?? [],
      startsSession: (auth, level) => first.has(pairKey(auth, level)),
      first: (auth, level, random) => (first.get(pairKey(auth, level)) as Weighted<State>).draw(random),
    };
  }

  private newUser(): StateMachine["newUser"] {
    const { fields } = this;
    const auth = fields.has("new-user-auth") ? fields.text("new-user-auth") : AUTH.guest;
    const level = fields.has("new-user-level") ? fields.text("new-user-level") : "free";
    this.knownAuth(auth, fields.lineOf("new-user-auth"));
    this.knownLevel(level, fields.lineOf("new-user-level"));
    return { auth, level };
  }

  private readShows(): void {
    const { file } = this.fields;
    const lines = new Map<string, number>();
    for (const node of this.fields.items("show-user-details")) {
      const item = new Fields(file, node, 'an entry of "show-user-details"', ["auth", "show"]);
      const auth = item.text("auth");
      refuseAgain(file, lines, auth, item.line, `the auth ${JSON.stringify(auth)}`);
      this.shows.set(auth, item.boolean("show"));
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

  private knownPage(page: string, line: number): void {
    if (this.pages.includes(page)) return;
    throw configurationError(
      this.fields.file,
      line,
      `the page ${JSON.stringify(page)}${suggestion(page, this.pages)} is unknown; allowed: ${this.pages.join(", ")}, and those that the configuration names in "pages"`,
    );
  }

  private knownLevel(level: string, line: number): void {
    if (this.levels.includes(level)) return;
    throw configurationError(
      this.fields.file,
      line,
      `the level ${JSON.stringify(level)}${suggestion(level, this.levels)} has no entry in "levels"; allowed: ${this.levels.join(", ")} (the weight is 0 where nobody begins with it)`,
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
      refuseAgain(file, lines, `${from.index} ${to.index}`, node.line, `the transition to ${describe(to)}`);
      if (!this.sourceLines.has(from.index)) this.sourceLines.set(from.index, transition.lineOf("source"));
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
    const lines = new Map<string, number>();
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
      refuseAgain(file, lines, `${state.index}`, node.line, `the first state ${describe(state)}`);
      const key = pairKey(state.auth, state.level);
      const entry = entries.get(key) ?? { states: [], weights: [], line: node.line };
      entries.set(key, entry);
      entry.states.push(state);
      entry.weights.push(item.number("weight", { maximum: WEIGHT_MAX }));
    }
    for (const [key, { states, weights, line }] of entries) {
      if (!weights.some((weight) => weight > 0)) {
        throw configurationError(file, line, `the weights of "new-session" for ${key} are all 0; one must be above 0`);
      }
      this.first.set(key, new Weighted(states, weights));
    }
  }

  private weights(key: "auths" | "levels", name: "auth" | "level"): WeightedNames {
    const { fields } = this;
    const lines = new Map<string, number>();
    const items = fields.items(key).map((node) => {
      const item = new Fields(fields.file, node, `an entry of "${key}"`, [name, "weight"]);
      const text = item.text(name);
      refuseAgain(fields.file, lines, text, item.line, `the ${name} ${JSON.stringify(text)}`);
      return { name: text, line: item.lineOf(name), weight: item.number("weight", { maximum: WEIGHT_MAX }) };
    });
    const used = items.filter(({ weight }) => weight > 0).map((item) => item.name);
    if (used.length === 0) {
      throw configurationError(
        fields.file,
        fields.lineOf(key),
        `"${key}" has no entry with a weight above 0; at least one must have one`,
      );
    }
    const names = items.map((item) => item.name);
    const weights = items.map((item) => item.weight);
    return { weighted: new Weighted(names, weights), used, items };
  }

  /** What nobody can ever reach is a mistake, most often a misspelt method or status. */
  private checkReachable(): void {
    const reached = new Set([...this.first.values()].flatMap(({ values }) => values.map((state) => state.index)));
    // A set is walked in the order in which it grows, what is added on the way included.
    for (const index of reached) for (const { to } of this.transitions[index] ?? []) reached.add(to.index);
    for (const [index, line] of this.sourceLines) {
      if (reached.has(index)) continue;
      const state = this.states[index] as State;
      const others = this.states.filter((other) => reached.has(other.index)).map(describe);
      throw configurationError(
        this.fields.file,
        line,
        `the state ${describe(state)}${suggestion(describe(state), others)} can't be reached: neither "new-session" nor a transition from a state that can be reached leads there; allowed are states that one of them leads to`,
      );
    }
  }

  /** Wherever a session can begin there must be a first state, or the walk would stop dead in the middle of a run. */
  private checkFirstStates(auths: WeightedNames, levels: WeightedNames, newUser: StateMachine["newUser"]): void {
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
    this.knownPage(page, fields.lineOf("page"));
    const showsUser = this.knownAuth(auth, fields.lineOf("auth"));
    this.knownLevel(level, fields.lineOf("level"));
    const isChurned = this.fields.has("churned-state") && this.fields.text("churned-state") === auth;
    const isRedirect = status >= 300 && status < 400;
    const state = { index: this.states.length, page, auth, status, method, level, showsUser, isRedirect, isChurned };
    this.indexes.set(key, state.index);
    this.states.push(state);
    this.transitions.push([]);
    return state;
  }
}

/** Remembers the line of a key. @throws RhythmicError bad_configuration where it has stood before */
function refuseAgain(file: string, lines: Map<string, number>, key: string, line: number, what: string): void {
  const earlier = lines.get(key);
  if (earlier !== undefined) {
    throw configurationError(file, line, `${what} stands here again after line ${earlier}; once is allowed`);
  }
  lines.set(key, line);
}

function pairKey(auth: string, level: string): string {
  return `${auth}, ${level}`;
}

/** A state in words. */
export function describe(state: Pick<State, "page" | "status" | "method" | "auth" | "level">): string {
  return `${state.page} (${state.method} ${state.status}, ${state.auth}, ${state.level})`;
}

/** The states and transitions of a configuration file. @throws RhythmicError bad_configuration */
export function readStateMachine(fields: Fields): StateMachine {
  return new MachineReader(fields).read();
}
