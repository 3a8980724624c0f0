/**
 * Streams of random numbers: each is derived from the run's seed, a purpose and an id, so that a user does the same
 * whoever else is simulated, in whatever order, in whichever process.
 */

/** What a stream is for: streams of different purposes never share numbers. */
export const STREAM = { user: 1, arrivals: 2, catalog: 3 } as const;

const TWO_POW_32 = 4_294_967_296;
const WARM_UP_ROUNDS = 12;

/** The finalizer of MurmurHash3 (public domain, Austin Appleby): every input bit reaches every output bit. */
export function mix(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** One word of a stream's beginning: a hash of what names the stream. */
function lane(salt: number, seed: number, purpose: number, id: number): number {
  let hash = salt;
  hash = mix(hash ^ mix((seed % TWO_POW_32) + salt)) + salt;
  hash = mix(hash ^ mix(Math.floor(seed / TWO_POW_32) + salt)) + salt;
  hash = mix(hash ^ mix(purpose + salt)) + salt;
  hash = mix(hash ^ mix((id % TWO_POW_32) + salt)) + salt;
  return (mix(hash ^ mix(Math.floor(id / TWO_POW_32) + salt)) + salt) | 0;
}

/** The generator sfc32 of PractRand (public domain, Chris Doty-Humphrey): 128 bits of state, three operations deep. */
export class Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private d = 0;

  /**
   * @param seed a whole number from 0 to 2^53 - 1, the same for the whole run
   * @param purpose one of STREAM
   * @param id whose stream it is; a whole number from 0 to 2^53 - 1
   */
  constructor(seed: number, purpose: number, id: number) {
    this.reset(seed, purpose, id);
  }

  /** Begins another stream, as a new one of these would. */
  reset(seed: number, purpose: number, id: number): void {
    this.a = lane(0x9e3779b9, seed, purpose, id);
    this.b = lane(0x243f6a88, seed, purpose, id);
    this.c = lane(0xb7e15162, seed, purpose, id);
    this.d = 1;
    for (let round = 0; round < WARM_UP_ROUNDS; round++) this.uniform();
  }

  /** Goes on as the stream whose four words stand in `words` from `at` on. */
  load(words: Int32Array, at: number): void {
    this.a = words[at] as number;
    this.b = words[at + 1] as number;
    this.c = words[at + 2] as number;
    this.d = words[at + 3] as number;
  }

  /** Puts the stream's four words into `words` from `at` on. */
  store(words: Int32Array, at: number): void {
    words[at] = this.a;
    words[at + 1] = this.b;
    words[at + 2] = this.c;
    words[at + 3] = this.d;
  }

  /** Uniform in the open interval (0, 1), in steps of 2^-32. */
  uniform(): number {
    const t = (this.a + this.b + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + t) | 0;
    return ((t >>> 0) + 0.5) / TWO_POW_32;
  }

  /** A whole number from 0 to before `end`. */
  below(end: number): number {
    return Math.floor(this.uniform() * end);
  }

  /** Exponential with this mean. */
  exponential(mean: number): number {
    return -mean * Math.log(this.uniform());
  }

  /** Normal with mean 0 and deviation 1 (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Log-normal with mean 1 and sigma 1. */
  logNormal(): number {
    return Math.exp(this.normal() - 0.5);
  }
}
