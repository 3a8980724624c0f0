/**
 * What happens to the service and its listeners beside the ordinary: each is a pure function of the simulated time, so
 * that every process that simulates a part of the users sees the same.
 */
export interface Incidents {
  /** No incident begins before this second, since 1970; infinite where there is none. */
  readonly firstS: number;
  /** All incidents are over from this second on. */
  readonly lastS: number;
  /** Nobody in this state comes or acts until then, seconds since 1970; `undefined` where nothing is silent. */
  silentUntilS(state: string, timeS: number): number | undefined;
  /** By what the probability of every way to a page of errors (status 400 and above) is multiplied; 1: as always. */
  errorFactorAt(timeS: number): number;
  /** The song that everybody hears of: this share of all that is played. */
  viralSongAt(timeS: number): { readonly song: number; readonly share: number } | undefined;
}

export const NO_INCIDENTS: Incidents = {
  firstS: Number.POSITIVE_INFINITY,
  lastS: Number.NEGATIVE_INFINITY,
  silentUntilS: () => undefined,
  errorFactorAt: () => 1,
  viralSongAt: () => undefined,
};
