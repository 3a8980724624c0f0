/**
 * `ok`: there. `comes by itself`: the first run, or the first deploy, that needs it brings it. `missing`: what was asked
 * about can't begin. `not here`: only what it is for can't run. `unknown`: it could not be asked.
 */
export type State = "ok" | "comes by itself" | "missing" | "not here" | "unknown";

export interface Finding {
  readonly name: string;
  readonly state: State;
  /** The version, or what was found instead. */
  readonly found: string;
  /** What needs it. */
  readonly neededFor: string;
  /** What to do; absent where nothing needs to be done. */
  readonly remedy?: string;
}

/** Can what was asked about begin? */
export function isReady(findings: readonly Finding[]): boolean {
  return findings.every(({ state }) => state !== "missing");
}

/**
 * A line a finding, its remedy below it.
 * @param what what can begin, as the subject of a sentence: `npm run demo and npm test`
 */
export function tableOf(findings: readonly Finding[], what: string): string {
  const nameWidth = Math.max(...findings.map(({ name }) => name.length));
  const stateWidth = Math.max(...findings.map(({ state }) => state.length));
  const lines = findings.flatMap(({ name, state, found, neededFor, remedy }) => [
    `${name.padEnd(nameWidth)}  ${state.padEnd(stateWidth)}  ${found}  (for ${neededFor})`,
    ...(remedy === undefined ? [] : [`${" ".repeat(nameWidth + stateWidth + 4)}-> ${remedy}`]),
  ]);
  const asked = findings.some(({ state }) => state === "unknown") ? ", as far as could be asked" : "";
  const verdict = isReady(findings) ? `${what} can run${asked}.` : `${what} can't run yet: see what is missing above.`;
  return `${lines.join("\n")}\n\n${verdict}`;
}
