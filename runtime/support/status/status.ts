/**
 * What a program says of itself to whoever probes it. Two questions that must not be mixed up:
 *
 *   /readyz   Does it do its work now? A lost Kafka or an unreachable lake turns it red, and an alert tells somebody.
 *   /healthz  Would a restart help? Red until it was ready for the first time, so that a roll waits for the new code;
 *             later red only where it makes no progress although there is work and everything that it needs answers.
 *             A lost Kafka never turns it red: all machines would be replaced at once, and none of them be better.
 */
export interface Status {
  /**
   * It does its work. The first time turns /healthz green. Cheap: to be said again as long as it holds.
   * @param note what the work is like, for who reads /readyz, such as standby @default nothing to add
   */
  ready(note?: string): void;
  /** It can't do its work at the moment. @param why one short sentence, for who reads /readyz */
  notReady(why: string): void;
  /**
   * Only a restart would help. @param why one short sentence; `undefined`: it moves again
   */
  stuck(why: string | undefined): void;
}

/** For who is not probed: a test, a part used by a script. */
export const UNWATCHED: Status = { ready() {}, notReady() {}, stuck() {} };
