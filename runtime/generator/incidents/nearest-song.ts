import { nearest } from "../../support/nearest";

/** What is asked of the catalogue's songs to find one by name. */
export interface KnownSongs {
  readonly size: number;
  /** The fields of a song as they stand in an event. */
  bytesOf(song: number): Uint8Array;
  /** The song of this artist and title; -1 where there is none. */
  find(artist: string, title: string): number;
}

/** So many names are compared letter by letter at most: a catalogue may hold hundreds of thousands. */
const COMPARED_MAX = 5_000;

interface NamedSong {
  readonly artist: string;
  readonly title: string;
}

function named(songs: KnownSongs, song: number): NamedSong {
  const fields = JSON.parse(`{${Buffer.from(songs.bytesOf(song)).toString("utf8")}}`) as {
    readonly artist: string;
    readonly song: string;
  };
  return { artist: fields.artist, title: fields.song };
}

/** The song that a misspelt name most likely means: of the same artist, else of the same title, else by both. */
export function nearestSong(songs: KnownSongs, artist: string, title: string): NamedSong | undefined {
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  const byArtist: NamedSong[] = [];
  const byTitle: NamedSong[] = [];
  const both = new Map<string, NamedSong>();
  const wanted = artist.length + title.length;
  for (let song = 0; song < songs.size; song++) {
    const one = named(songs, song);
    if (same(one.artist, artist)) byArtist.push(one);
    if (same(one.title, title)) byTitle.push(one);
    // A name of quite another length is not near.
    const isLike = Math.abs(one.artist.length + one.title.length - wanted) <= 2;
    if (isLike && both.size < COMPARED_MAX) both.set(`${one.artist} ${one.title}`, one);
  }
  const pick = (candidates: readonly NamedSong[], word: string, name: keyof NamedSong) => {
    const near = nearest(
      word,
      candidates.map((one) => one[name]),
    );
    return candidates.find((one) => one[name] === near);
  };
  return (
    pick(byArtist, title, "title") ??
    pick(byTitle, artist, "artist") ??
    both.get(nearest(`${artist} ${title}`, [...both.keys()]) ?? "")
  );
}
