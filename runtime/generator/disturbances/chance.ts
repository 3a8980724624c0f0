import { mix } from "../random";

const TWO_POW_32 = 4_294_967_296;
/** 2^32 over the golden ratio: multiples of it fall far apart. */
const STRIDE = 0x9e3779b9;

/** What a number of an event is for: decisions of different purposes are independent of each other. */
export const PURPOSE = {
  malformed: 1,
  late: 2,
  lateBy: 3,
  duplicate: 4,
  duplicateAtOnce: 5,
  duplicateLaterBy: 6,
  draws: 7,
} as const;

/**
 * Chance that belongs to one event: a hash of the seed, the user and the event's ordinal, never a stream. Whichever
 * process comes to the event, after whatever others, decides the same about it.
 */
export class EventChance {
  private readonly seedKey: number;
  private key = 0;
  private draws: number = PURPOSE.draws;

  /** @param seed a whole number from 0 to 2^53 - 1, the same for the whole run */
  constructor(seed: number) {
    this.seedKey = mix(seed ^ mix(Math.floor(seed / TWO_POW_32) + STRIDE));
  }

  /** Turns to the next event. @param userId a whole number from 0 to 2^53 - 1 */
  turnTo(userId: number, ordinal: number): void {
    // Operators on bits take a number modulo 2^32; what lies above is mixed in after it.
    const user = mix(mix(this.seedKey ^ userId) + Math.floor(userId / TWO_POW_32));
    this.key = mix(user + Math.imul(ordinal, STRIDE));
    this.draws = PURPOSE.draws;
  }

  /** Uniform in the open interval (0, 1), in steps of 2^-32; the same whenever it is asked of the same event. */
  uniform(purpose: number): number {
    return ((mix(this.key + Math.imul(purpose, STRIDE)) >>> 0) + 0.5) / TWO_POW_32;
  }

  /** True with this probability. */
  happens(purpose: number, probability: number): boolean {
    return probability > 0 && this.uniform(purpose) < probability;
  }

  /** A whole number from 1 to `most`. */
  upTo(purpose: number, most: number): number {
    return 1 + Math.floor(this.uniform(purpose) * most);
  }

  /** A whole number from 0 to before `end`: another one at each call, the same ones in the same order for an event. */
  draw(end: number): number {
    return Math.floor(this.uniform(this.draws++) * end);
  }
}
