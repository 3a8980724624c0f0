import type { ListenEvent } from "../../schema/events";
import type { Random } from "../random";
import { type Weighted, WeightedIndex } from "../weighted";

/** What listeners are made of and what they listen to. */
export interface Catalog {
  /** Where it came from, for messages. */
  readonly source: string;
  readonly songs: Songs;
  readonly firstNames: Weighted<FirstName>;
  readonly lastNames: Weighted<string>;
  readonly places: Weighted<Place>;
  readonly userAgents: Weighted<string>;
}

export interface Song {
  readonly artist: string;
  readonly title: string;
  readonly durationS: number;
  /** How often it is listened to, in proportion to the others. */
  readonly weight: number;
}

export interface FirstName {
  readonly name: string;
  readonly gender: "F" | "M";
}

export interface Place {
  readonly city: string;
  /** Two-letter code. */
  readonly state: string;
  readonly zip: string;
  readonly longitudeDeg: number;
  readonly latitudeDeg: number;
}

const SONG_BYTES_GUESS = 96;

/**
 * All songs, as the bytes that they are in an event: `"artist":"...","song":"...","duration":...`. One buffer for all,
 * so that a catalogue of hundreds of thousands of songs is no burden.
 */
export class Songs {
  private readonly bytes: Uint8Array;
  /** Song i stands in `bytes` from starts[i] to before starts[i + 1]. */
  private readonly starts: Uint32Array;
  /** Whole seconds that each song plays. */
  readonly playsS: Uint32Array;
  private readonly popularity: WeightedIndex;

  constructor(songs: readonly Song[]) {
    this.starts = new Uint32Array(songs.length + 1);
    this.playsS = Uint32Array.from(songs, (song) => Math.floor(song.durationS));
    this.popularity = new WeightedIndex(Float64Array.from(songs, (song) => song.weight));
    let bytes = Buffer.alloc(songs.length * SONG_BYTES_GUESS);
    let end = 0;
    songs.forEach(({ artist, title, durationS }, index) => {
      const fields: Pick<ListenEvent, "artist" | "song" | "duration"> = { artist, song: title, duration: durationS };
      const text = JSON.stringify(fields).slice(1, -1);
      const sizeBytes = Buffer.byteLength(text);
      if (end + sizeBytes > bytes.length) bytes = Buffer.concat([bytes], 2 * (end + sizeBytes));
      bytes.write(text, end);
      end += sizeBytes;
      this.starts[index + 1] = end;
    });
    this.bytes = Uint8Array.from(bytes.subarray(0, end));
  }

  get size(): number {
    return this.playsS.length;
  }

  /** The fields of a song as they stand in an event. */
  bytesOf(song: number): Uint8Array {
    return this.bytes.subarray(this.starts[song], this.starts[song + 1]);
  }

  /** A song by popularity. */
  draw(random: Random): number {
    return this.popularity.draw(random);
  }
}
