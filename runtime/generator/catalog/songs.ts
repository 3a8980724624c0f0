import type { ListenEvent } from "../../schema/events";
import type { Random } from "../random";
import { WeightedIndex } from "../weighted";
import type { SimilarSongs } from "./similar-songs";

export interface Song {
  readonly artist: string;
  readonly title: string;
  readonly durationS: number;
  /** How often it is listened to, in proportion to the others. */
  readonly weight: number;
  /** Of the Million Song Dataset: `TR` and 16 characters. @default it has none */
  readonly trackId?: string;
}

/** Songs as they are kept. */
export interface SongTable {
  /** The fields of one song after the other, as they stand in an event. */
  readonly bytes: Uint8Array;
  /** Song i stands in `bytes` from starts[i] to before starts[i + 1]. */
  readonly starts: Uint32Array;
  /** Whole seconds that each song plays. */
  readonly playsS: Uint32Array;
  readonly weights: Float64Array;
}

const SONG_BYTES_GUESS = 96;

/** Lays songs out. */
export function songTable(songs: readonly Song[]): SongTable {
  const starts = new Uint32Array(songs.length + 1);
  let bytes = Buffer.alloc(songs.length * SONG_BYTES_GUESS);
  let end = 0;
  songs.forEach((song, index) => {
    const text = `${fieldsUpToTitle(song.artist, song.title)}${song.durationS}`;
    const sizeBytes = Buffer.byteLength(text);
    if (end + sizeBytes > bytes.length) bytes = Buffer.concat([bytes], 2 * (end + sizeBytes));
    bytes.write(text, end);
    end += sizeBytes;
    starts[index + 1] = end;
  });
  return {
    bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, end).slice(),
    starts,
    playsS: Uint32Array.from(songs, (song) => Math.floor(song.durationS)),
    weights: Float64Array.from(songs, (song) => song.weight),
  };
}

/**
 * All songs, as the bytes that they are in an event: `"artist":"...","song":"...","duration":...`. One buffer for all,
 * so that a catalogue of hundreds of thousands of songs is no burden.
 */
export class Songs {
  private readonly table: SongTable;
  private readonly bytes: Uint8Array;
  private readonly starts: Uint32Array;
  /** Whole seconds that each song plays. */
  readonly playsS: Uint32Array;
  private readonly popularity: WeightedIndex;

  /** @param similar whose neighbours follow a song; none where it is left out */
  constructor(
    songs: readonly Song[] | SongTable,
    private readonly similar?: SimilarSongs,
  ) {
    this.table = "starts" in songs ? songs : songTable(songs);
    this.bytes = this.table.bytes;
    this.starts = this.table.starts;
    this.playsS = this.table.playsS;
    this.popularity = new WeightedIndex(this.table.weights);
  }

  get size(): number {
    return this.playsS.length;
  }

  /** Has any song a neighbour? */
  get hasNeighbours(): boolean {
    return this.similar !== undefined && this.similar.size > 0;
  }

  /** The fields of a song as they stand in an event. */
  bytesOf(song: number): Uint8Array {
    return this.bytes.subarray(this.starts[song], this.starts[song + 1]);
  }

  /** A song by popularity. */
  draw(random: Random): number {
    return this.popularity.draw(random);
  }

  /**
   * The song after another: one of its neighbours by their popularity; any song by popularity where it has none.
   * @param song the last one; -1 where there was none
   */
  drawAfter(song: number, random: Random): number {
    if (this.similar === undefined || song < 0) return this.draw(random);
    const neighbour = this.similar.draw(song, random);
    return neighbour < 0 ? this.draw(random) : neighbour;
  }

  /** The first song of exactly this artist and title; -1 where there is none. Reads all songs: not for every event. */
  find(artist: string, title: string): number {
    // Quotes within a text are escaped, so this stands where a song begins, or nowhere.
    const at = bufferOf(this.bytes).indexOf(fieldsUpToTitle(artist, title));
    if (at < 0) return -1;
    let [low, high] = [0, this.size - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.starts[middle + 1] as number) > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Everything that draws and events depend on, as bytes. */
  content(): readonly Uint8Array[] {
    const { bytes, starts, weights } = this.table;
    const { similar } = this;
    return [bytes, starts, weights, ...(similar === undefined ? [] : [similar.starts, similar.neighbours])].map(
      bufferOf,
    );
  }
}

/** The same memory. */
function bufferOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** The fields of a song as JSON without braces, up to where the number of seconds follows. */
function fieldsUpToTitle(artist: string, title: string): string {
  const fields: Pick<ListenEvent, "artist" | "song" | "duration"> = { artist, song: title, duration: 0 };
  return JSON.stringify(fields).slice(1, -"0}".length);
}
