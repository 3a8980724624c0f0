import { Random, STREAM } from "../random";
import { Weighted } from "../weighted";
import { type Catalog, catalogOf, type FirstName, type Place, type Song, type WeightedList } from "./catalog";
import { US_STATES } from "./us-states";
import * as words from "./words";

const ARTISTS = 900;
const SONGS = 6_000;
const PLACES = 700;
/** Exponent and shift of the popularity: weight = (rank + shift) ^ -exponent, a Zipf law with a blunted peak. */
const ZIPF_EXPONENT = 0.9;
const ZIPF_SHIFT = 10;

const MEDIAN_DURATION_S = 222;
const DURATION_SIGMA = 0.32;
const DURATION_MIN_S = 45;
const DURATION_MAX_S = 900;
/** Degrees that a place may lie from the middle of its state. */
const PLACE_SPREAD_DEG = 0.9;
const FULL_PERCENT = 100;

function pick<T>(list: readonly T[], random: Random): T {
  return list[random.below(list.length)] as T;
}

/** Different texts: `make` is asked again until it gives a new one, which gets an ordinal where that takes too long. */
function distinct(count: number, make: () => string): string[] {
  const texts = new Set<string>();
  for (let attempt = 0; texts.size < count; attempt++) {
    const text = make();
    texts.add(attempt < 20 * count ? text : `${text} ${texts.size}`);
  }
  return [...texts];
}

function artistName(random: Random): string {
  const adjective = pick(words.ADJECTIVES, random);
  const noun = pick(words.NOUNS, random);
  const plural = pick(words.PLURALS, random);
  const [first, last] = [
    pick(random.below(2) ? words.FEMALE_NAMES : words.MALE_NAMES, random),
    pick(words.LAST_NAMES, random),
  ];
  switch (random.below(8)) {
    case 0:
      return `The ${adjective} ${plural}`;
    case 1:
      return `${first} ${last}`;
    case 2:
      return `${first} ${last} and the ${plural}`;
    case 3:
      return `${adjective} ${noun}`;
    case 4:
      return `The ${noun} ${pick(words.GROUPS, random)}`;
    case 5:
      return `DJ ${adjective} ${noun}`;
    case 6:
      return `${plural} of ${pick(words.CITY_FIRST, random)} ${pick(words.CITY_LAST, random)}`;
    default:
      return `${first} & ${pick(words.FEMALE_NAMES, random)}`;
  }
}

function songTitle(random: Random): string {
  const adjective = pick(words.ADJECTIVES, random);
  const noun = pick(words.NOUNS, random);
  const phrase = pick(words.VERB_PHRASES, random);
  const place = pick(words.PLACES_OF_SONGS, random);
  switch (random.below(9)) {
    case 0:
      return `${adjective} ${noun}`;
    case 1:
      return `${adjective} ${noun} ${pick(words.GENRES, random)}`;
    case 2:
      return `${random.below(2) ? "I" : "We"} ${phrase}`;
    case 3:
      return `Don't ${phrase}`;
    case 4:
      return `${noun} in ${place}`;
    case 5:
      return `Meet Me at ${place}`;
    case 6:
      return `Ode to a ${adjective} ${noun}`;
    case 7:
      return `${pick(words.PLURALS, random)} Don't Cry`;
    default:
      return `My ${noun} Is ${adjective}`;
  }
}

function songs(random: Random): Song[] {
  const artists = distinct(ARTISTS, () => artistName(random));
  const byRank = Float64Array.from({ length: SONGS }, (_, rank) => (rank + ZIPF_SHIFT) ** -ZIPF_EXPONENT);
  // A few artists have most of the songs, as everywhere.
  const productivity = new Weighted(artists, byRank.subarray(0, ARTISTS));
  const list: Song[] = [];
  const known = new Set<string>();
  while (list.length < SONGS) {
    const artist = productivity.draw(random);
    const plain = songTitle(random);
    const title = random.uniform() < 0.08 ? `${plain} (${pick(words.VERSIONS, random)})` : plain;
    if (known.has(`${artist}\n${title}`)) continue;
    known.add(`${artist}\n${title}`);
    const drawnS = MEDIAN_DURATION_S * Math.exp(DURATION_SIGMA * random.normal());
    const durationS = Number(Math.min(DURATION_MAX_S, Math.max(DURATION_MIN_S, drawnS)).toFixed(5));
    list.push({ artist, title, durationS, weight: byRank[list.length] as number });
  }
  return list;
}

function places(random: Random): WeightedList<Place> {
  const states = new Weighted(
    US_STATES,
    US_STATES.map((state) => state.population),
  );
  const list: Place[] = [];
  const zips = new Set<string>();
  while (list.length < PLACES) {
    const state = states.draw(random);
    const zip = `${state.zipPrefix}${String(random.below(FULL_PERCENT)).padStart(2, "0")}`;
    const city = `${pick(words.CITY_BEFORE, random)} ${pick(words.CITY_FIRST, random)} ${pick(words.CITY_LAST, random)}`;
    const aside = () => (random.uniform() * 2 - 1) * PLACE_SPREAD_DEG;
    const longitudeDeg = Number((state.longitudeDeg + aside()).toFixed(4));
    const latitudeDeg = Number((state.latitudeDeg + aside()).toFixed(4));
    if (zips.has(zip)) continue;
    zips.add(zip);
    list.push({ city: city.trim(), state: state.code, zip, longitudeDeg, latitudeDeg });
  }
  return { values: list, weights: zipf(list.length) };
}

function zipf(size: number): number[] {
  return Array.from({ length: size }, (_, rank) => 1 / (rank + ZIPF_SHIFT));
}

/**
 * A catalogue made from nothing but the seed: plausible and not quite serious.
 * @param seed of the run; the same seed gives the same catalogue
 */
export function syntheticCatalog(seed: number): Catalog {
  const random = new Random(seed, STREAM.catalog, 0);
  const firstNames = words.FEMALE_NAMES.flatMap((name, index): FirstName[] => [
    { name, gender: "F" },
    { name: words.MALE_NAMES[index] ?? name, gender: "M" },
  ]);
  return catalogOf("the synthetic catalogue", {
    songs: songs(random),
    places: places(random),
    firstNames: { values: firstNames, weights: zipf(firstNames.length) },
    lastNames: { values: words.LAST_NAMES, weights: zipf(words.LAST_NAMES.length) },
    userAgents: {
      values: words.USER_AGENTS.map(([agent]) => agent),
      weights: words.USER_AGENTS.map(([, weight]) => weight),
    },
  });
}
