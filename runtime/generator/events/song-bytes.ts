import type { Songs } from "../catalog/catalog";

/** A power of two: the places for songs that have been written lately. */
const PLACES = 8192;

/**
 * The bytes of songs, those heard lately at hand: a view of memory takes longer to make than to copy, and the songs
 * that everybody hears come again and again.
 */
export class SongBytes {
  private readonly songs: Int32Array = new Int32Array(PLACES).fill(-1);
  private readonly views: Uint8Array[] = new Array(PLACES).fill(new Uint8Array(0));

  constructor(private readonly catalog: Songs) {}

  of(song: number): Uint8Array {
    const place = song & (PLACES - 1);
    if (this.songs[place] !== song) {
      const { buffer, byteOffset, length } = this.catalog.bytesOf(song);
      this.songs[place] = song;
      this.views[place] = new Uint8Array(buffer, byteOffset, length);
    }
    return this.views[place] as Uint8Array;
  }
}
