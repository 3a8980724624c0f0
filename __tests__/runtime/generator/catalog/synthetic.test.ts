import { syntheticCatalog } from "../../../../runtime/generator/catalog/synthetic";
import { songsOf } from "./made-up-files";

describe("the synthetic catalogue", () => {
  const catalog = syntheticCatalog(7);

  it("is made from the seed alone", () => {
    expect(songsOf(syntheticCatalog(7))).toEqual(songsOf(catalog));
    expect(songsOf(syntheticCatalog(8))).not.toEqual(songsOf(catalog));
  });

  it("holds several thousand different songs of hundreds of artists, each of a plausible length", () => {
    const songs = songsOf(catalog);
    expect(new Set(songs.map(({ artist, song }) => `${artist}\n${song}`)).size).toBe(6000);
    expect(new Set(songs.map(({ artist }) => artist)).size).toBeGreaterThan(500);
    expect(songs.filter(({ duration }) => duration < 45 || duration > 900)).toEqual([]);
  });

  it("has places in most states, each with a zip code of its own", () => {
    const places = catalog.places.values;
    expect(new Set(places.map((place) => place.zip)).size).toBe(places.length);
    expect(new Set(places.map((place) => place.state)).size).toBeGreaterThan(40);
    expect(places.filter((place) => !/^\d{5}$/.test(place.zip))).toEqual([]);
  });
});
