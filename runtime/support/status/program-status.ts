import type { Logger } from "../logging";
import type { Status } from "./status";

/** Where a program stands; each is one answer of /readyz, which is 200 for `ready` alone. */
export type ProgramState = "starting" | "ready" | "not ready" | "stuck" | "stopping";

/** What the probes answer, beside their status code. */
export interface Standing {
  readonly state: ProgramState;
  /** A short sentence; absent where there is nothing to add. */
  readonly why?: string;
  /** When the state began, ISO 8601. */
  readonly since: string;
}

const NEVER_READY = "It has not been ready yet.";
const STOPPING = "It was asked to stop, and finishes what is in hand.";

/**
 * The state of one program, from what the program says:
 *
 *   starting -> ready <-> not ready      /healthz turns green at the first `ready`, for good,
 *               any of them <-> stuck    but for the time in which only a restart would help
 *               any of them -> stopping  /readyz is red from here on, /healthz stays as it was
 *
 * Every change is a line of the log: a warning where it stops doing its work, an error where it is stuck.
 */
export class ProgramStatus implements Status {
  #wasReady = false;
  #isReady = false;
  #why: string | undefined = NEVER_READY;
  #stuckWhy: string | undefined;
  #isStopping = false;
  #state: ProgramState = "starting";
  #sinceMs: number;

  /** @param nowMs the clock, milliseconds since 1970 */
  constructor(
    private readonly log: Logger,
    private readonly nowMs: () => number = Date.now,
  ) {
    this.#sinceMs = nowMs();
  }

  ready(note?: string): void {
    if (this.#isStopping) return;
    this.#wasReady = true;
    this.#isReady = true;
    this.#why = note;
    this.#settle();
  }

  notReady(why: string): void {
    if (this.#isStopping) return;
    this.#isReady = false;
    this.#why = why;
    this.#settle();
  }

  stuck(why: string | undefined): void {
    if (this.#isStopping) return;
    this.#stuckWhy = why;
    this.#settle();
  }

  /** Asked to stop: whatever the program still says changes nothing any more. */
  stopping(): void {
    this.#isStopping = true;
    this.#settle();
  }

  /** Does it do its work now? */
  get isReady(): boolean {
    return this.#state === "ready";
  }

  /** Is a restart of no use? */
  get isHealthy(): boolean {
    return this.#wasReady && this.#stuckWhy === undefined;
  }

  get standing(): Standing {
    const why = this.#isStopping ? STOPPING : (this.#stuckWhy ?? this.#why);
    return { state: this.#state, ...(why === undefined ? {} : { why }), since: new Date(this.#sinceMs).toISOString() };
  }

  #settle(): void {
    const state = this.#stateNow();
    if (state === this.#state) return;
    this.#state = state;
    this.#sinceMs = this.nowMs();
    const { why } = this.standing;
    const context = why === undefined ? {} : { why };
    if (state === "ready") this.log.info(context, "ready");
    else if (state === "stuck") this.log.error(context, "stuck: only a restart would help");
    else if (state === "not ready") this.log.warn(context, "not ready");
  }

  #stateNow(): ProgramState {
    if (this.#isStopping) return "stopping";
    if (this.#stuckWhy !== undefined) return "stuck";
    if (this.#isReady) return "ready";
    return this.#wasReady ? "not ready" : "starting";
  }
}
