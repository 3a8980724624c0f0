import { createHash } from "node:crypto";
import { Weighted } from "../weighted";
import type { SimilarSongs } from "./similar-songs";
import { type Song, Songs, type SongTable } from "./songs";

export { type Song, Songs, type SongTable } from "./songs";

/** What listeners are made of and what they listen to. */
export interface Catalog {
  /** Where it came from, for messages. */
  readonly source: string;
  /**
   * SHA-256 of everything that events depend on, hexadecimal: the same for the public files and for the catalogue that
   * was prepared from them, whatever their paths.
   */
  readonly hash: string;
  readonly songs: Songs;
  readonly firstNames: Weighted<FirstName>;
  readonly lastNames: Weighted<string>;
  readonly places: Weighted<Place>;
  readonly userAgents: Weighted<string>;
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

/** Values and how often each is drawn, in proportion to the others. */
export interface WeightedList<T> {
  readonly values: readonly T[];
  /** Not negative, not all zero, one a value. */
  readonly weights: readonly number[];
}

/** What a catalogue is made from, wherever it was read. */
export interface CatalogContent {
  readonly songs: readonly Song[] | SongTable;
  /** @default no song has neighbours */
  readonly similar?: SimilarSongs;
  readonly firstNames: WeightedList<FirstName>;
  readonly lastNames: WeightedList<string>;
  readonly places: WeightedList<Place>;
  readonly userAgents: WeightedList<string>;
}

/** @param source where the content came from, for messages */
export function catalogOf(source: string, content: CatalogContent): Catalog {
  const { firstNames, lastNames, places, userAgents } = content;
  const songs = new Songs(content.songs, content.similar);
  const hash = createHash("sha256");
  // Sizes first, so that no two catalogues have the same bytes one after the other.
  const lists = JSON.stringify([songs.size, content.similar?.size ?? 0, firstNames, lastNames, places, userAgents]);
  hash.update(`${lists.length}\n${lists}`);
  for (const bytes of songs.content()) hash.update(bytes);
  const weighted = <T>({ values, weights }: WeightedList<T>) => new Weighted(values, weights);
  return {
    source,
    hash: hash.digest("hex"),
    songs,
    firstNames: weighted(firstNames),
    lastNames: weighted(lastNames),
    places: weighted(places),
    userAgents: weighted(userAgents),
  };
}
