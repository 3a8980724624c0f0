/**
 * The states of the USA, roughly: enough for believable places. Population in thousands (US Census 2020), the zone of
 * most of its people (IANA), the middle of the state, and how its zip codes begin (US Postal Service).
 */
export interface UsState {
  readonly code: string;
  readonly population: number;
  readonly timeZone: string;
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  readonly zipPrefix: string;
}

const EASTERN = "America/New_York";
const CENTRAL = "America/Chicago";
const MOUNTAIN = "America/Denver";
const PACIFIC = "America/Los_Angeles";

const ROWS: readonly (readonly [string, number, string, number, number, string])[] = [
  ["AL", 5024, CENTRAL, 32.8, -86.8, "360"],
  ["AK", 733, "America/Anchorage", 61.4, -149.6, "995"],
  ["AZ", 7152, "America/Phoenix", 33.6, -111.9, "850"],
  ["AR", 3012, CENTRAL, 34.8, -92.4, "722"],
  ["CA", 39538, PACIFIC, 36.5, -119.8, "937"],
  ["CO", 5774, MOUNTAIN, 39.3, -105.0, "802"],
  ["CT", 3606, EASTERN, 41.6, -72.7, "061"],
  ["DE", 990, EASTERN, 39.2, -75.5, "199"],
  ["DC", 690, EASTERN, 38.9, -77.03, "200"],
  ["FL", 21538, EASTERN, 28.2, -81.7, "328"],
  ["GA", 10712, EASTERN, 33.2, -83.9, "310"],
  ["HI", 1455, "Pacific/Honolulu", 21.4, -157.9, "968"],
  ["ID", 1839, MOUNTAIN, 43.7, -115.6, "837"],
  ["IL", 12813, CENTRAL, 40.6, -88.9, "617"],
  ["IN", 6786, "America/Indiana/Indianapolis", 39.9, -86.2, "462"],
  ["IA", 3190, CENTRAL, 41.9, -93.4, "503"],
  ["KS", 2938, CENTRAL, 38.5, -97.4, "672"],
  ["KY", 4506, EASTERN, 37.8, -84.7, "405"],
  ["LA", 4658, CENTRAL, 30.8, -91.8, "708"],
  ["ME", 1362, EASTERN, 44.4, -69.6, "043"],
  ["MD", 6177, EASTERN, 39.2, -76.8, "212"],
  ["MA", 7030, EASTERN, 42.2, -71.7, "016"],
  ["MI", 10077, "America/Detroit", 42.9, -84.5, "489"],
  ["MN", 5706, CENTRAL, 45.2, -94.0, "554"],
  ["MS", 2961, CENTRAL, 32.6, -89.8, "392"],
  ["MO", 6155, CENTRAL, 38.4, -92.3, "652"],
  ["MT", 1084, MOUNTAIN, 46.6, -110.4, "596"],
  ["NE", 1962, CENTRAL, 41.1, -97.9, "685"],
  ["NV", 3105, PACIFIC, 38.0, -117.0, "891"],
  ["NH", 1378, EASTERN, 43.4, -71.6, "033"],
  ["NJ", 9289, EASTERN, 40.2, -74.5, "086"],
  ["NM", 2118, MOUNTAIN, 34.7, -106.2, "871"],
  ["NY", 20201, EASTERN, 42.0, -75.0, "139"],
  ["NC", 10439, EASTERN, 35.6, -79.6, "273"],
  ["ND", 779, CENTRAL, 47.2, -100.0, "585"],
  ["OH", 11799, EASTERN, 40.2, -82.8, "432"],
  ["OK", 3959, CENTRAL, 35.5, -97.2, "731"],
  ["OR", 4237, PACIFIC, 44.5, -122.4, "973"],
  ["PA", 13003, EASTERN, 40.6, -77.2, "171"],
  ["RI", 1097, EASTERN, 41.7, -71.5, "029"],
  ["SC", 5118, EASTERN, 33.9, -80.9, "292"],
  ["SD", 887, CENTRAL, 44.2, -99.9, "575"],
  ["TN", 6911, CENTRAL, 35.9, -86.7, "372"],
  ["TX", 29146, CENTRAL, 30.9, -97.6, "767"],
  ["UT", 3272, MOUNTAIN, 40.2, -111.7, "846"],
  ["VT", 643, EASTERN, 44.1, -72.7, "056"],
  ["VA", 8631, EASTERN, 37.6, -78.2, "229"],
  ["WA", 7705, PACIFIC, 47.4, -121.3, "989"],
  ["WV", 1794, EASTERN, 38.7, -80.8, "253"],
  ["WI", 5894, CENTRAL, 43.7, -89.2, "539"],
  ["WY", 577, MOUNTAIN, 42.8, -106.9, "826"],
];

export const US_STATES: readonly UsState[] = ROWS.map(
  ([code, population, timeZone, latitudeDeg, longitudeDeg, zipPrefix]) => ({
    code,
    population,
    timeZone,
    latitudeDeg,
    longitudeDeg,
    zipPrefix,
  }),
);
