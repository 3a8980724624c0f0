import type { Random } from "../random";

/** Pairs that were left out, by reason. */
export interface PairCounts {
  /** Pairs that are used. */
  readonly kept: number;
  /** One of the two tracks is not among the songs. */
  readonly unknown: number;
  /** A song similar to itself. */
  readonly itself: number;
  /** Given before. */
  readonly repeated: number;
}

const TWO_POW_32 = 4_294_967_296;
const PAIRS_PER_CHUNK = 1 << 20;

/**
 * Which songs are similar to which, as compressed rows: eight bytes a pair, so that tens of millions of pairs are no
 * burden. A pair goes one way: `a,b` says that b may follow a, not that a may follow b.
 */
export class SimilarSongs {
  /**
   * The chance of a row's neighbours up to and with this one, in steps of 2^-32: what a random number is made of, so
   * that nothing finer can be drawn. A row is reckoned when it is first drawn from: most are never.
   */
  private readonly upTo: Uint32Array;
  private readonly isReckoned: Uint8Array;

  /**
   * @param starts the neighbours of song i stand from starts[i] to before starts[i + 1]
   * @param neighbours of a row in ascending order, each once, never the song itself
   * @param weights of all songs. As in eventsim (RandomSongGenerator.scala) a neighbour is drawn by its listen count:
   *   how alike two songs are is not in the file
   */
  constructor(
    readonly starts: Uint32Array,
    readonly neighbours: Uint32Array,
    private readonly weights: Float64Array,
  ) {
    this.upTo = new Uint32Array(neighbours.length);
    this.isReckoned = new Uint8Array(weights.length);
  }

  /** Pairs. */
  get size(): number {
    return this.neighbours.length;
  }

  /** A neighbour by listen count; -1 where the song has none, or nobody listens to them. */
  draw(song: number, random: Random): number {
    const { upTo } = this;
    if (this.isReckoned[song] === 0) this.reckon(song);
    let low = this.starts[song] as number;
    let high = (this.starts[song + 1] as number) - 1;
    if (high < low || upTo[high] === 0) return -1;
    const drawn = random.uniform() * (TWO_POW_32 - 1);
    // The first neighbour whose share reaches beyond what was drawn.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((upTo[middle] as number) > drawn) high = middle;
      else low = middle + 1;
    }
    return this.neighbours[low] as number;
  }

  private reckon(song: number): void {
    const { neighbours, weights, upTo } = this;
    const [from, to] = [this.starts[song] as number, this.starts[song + 1] as number];
    let total = 0;
    for (let at = from; at < to; at++) total += weights[neighbours[at] as number] as number;
    let sum = 0;
    for (let at = from; at < to && total > 0; at++) {
      sum += weights[neighbours[at] as number] as number;
      // Rounding must not lose the end of the row.
      upTo[at] = sum >= total ? TWO_POW_32 - 1 : Math.floor((sum / total) * (TWO_POW_32 - 1));
    }
    this.isReckoned[song] = 1;
  }
}

/** Collects pairs in any order. Memory: eight bytes a pair that is kept, and as much again while it builds. */
export class SimilarSongsBuilder {
  private readonly chunks: Uint32Array[] = [];
  private chunk = new Uint32Array(0);
  private used = 0;
  private pairs = 0;
  private itself = 0;
  private unknown = 0;

  /** @param song its number, or -1 where the song is not known; `similar` likewise */
  add(song: number, similar: number): void {
    if (song < 0 || similar < 0) {
      this.unknown++;
      return;
    }
    if (song === similar) {
      this.itself++;
      return;
    }
    if (this.used === this.chunk.length) {
      this.chunk = new Uint32Array(2 * PAIRS_PER_CHUNK);
      this.chunks.push(this.chunk);
      this.used = 0;
    }
    this.chunk[this.used++] = song;
    this.chunk[this.used++] = similar;
    this.pairs++;
  }

  /** @param weights of all songs */
  build(weights: Float64Array): { readonly similar: SimilarSongs; readonly counts: PairCounts } {
    const songs = weights.length;
    // Counting sort by song: after the second pass ends[song] is where its row ends.
    const ends = new Uint32Array(songs + 1);
    this.eachPair((song) => {
      ends[song + 1] = (ends[song + 1] as number) + 1;
    });
    for (let song = 0; song < songs; song++) ends[song + 1] = (ends[song + 1] as number) + (ends[song] as number);
    const rows = new Uint32Array(this.pairs);
    this.eachPair((song, similar) => {
      const at = ends[song] as number;
      rows[at] = similar;
      ends[song] = at + 1;
    });
    this.chunks.length = 0;
    const starts = new Uint32Array(songs + 1);
    let kept = 0;
    for (let song = 0, from = 0; song < songs; song++) {
      const to = ends[song] as number;
      rows.subarray(from, to).sort();
      const first = kept;
      for (let at = from; at < to; at++) {
        const similar = rows[at] as number;
        if (kept === first || rows[kept - 1] !== similar) rows[kept++] = similar;
      }
      starts[song + 1] = kept;
      from = to;
    }
    return {
      similar: new SimilarSongs(starts, rows.slice(0, kept), weights),
      counts: { kept, unknown: this.unknown, itself: this.itself, repeated: this.pairs - kept },
    };
  }

  private eachPair(take: (song: number, similar: number) => void): void {
    for (const chunk of this.chunks) {
      const end = chunk === this.chunk ? this.used : chunk.length;
      for (let at = 0; at < end; at += 2) take(chunk[at] as number, chunk[at + 1] as number);
    }
  }
}
