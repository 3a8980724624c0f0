import { suggestion } from "../../support/nearest";
import { Fields } from "../config/fields";
import { configurationError, type JsonNode, parseJsonText } from "../config/json-text";
import { DAY_S, formatTimeS, HOUR_S, MINUTE_S, parseTimeS } from "../time";
import type { Incidents } from "./incidents";
import { type KnownSongs, nearestSong } from "./nearest-song";
import { merged, type Stretch, Timeline } from "./timeline";

/**
 * The file of incidents:
 *
 * {"incidents": [
 *   {"kind": "silence", "states": ["CA", "NV"], "from": "day 3 08:00", "to": "day 3 14:30", "note": "a cut cable"},
 *   {"kind": "errors", "factor": 2, "from": "2026-01-10T00:00:00Z", "to": "2026-01-10T06:00:00Z"},
 *   {"kind": "viral-song", "artist": "Paper Garden", "title": "Never Home", "share": 0.05, "from": "day 5", "to": "day 8"}
 * ]}
 *
 * "day 3 08:00" is eight o'clock UTC on the third day of the run, the day of its start being the first: such a file
 * serves runs at any time, as those that begin some days ago. `to` is the first second after the incident. Where
 * incidents overlap: a state is silent as long as one of them lasts, factors multiply, and of two songs the one that
 * went viral last is heard.
 */
export interface IncidentContext {
  /** The catalogue's songs. */
  readonly songs: KnownSongs;
  /** Codes of the states where listeners live. */
  readonly states: Iterable<string>;
  /** The beginning of the run, seconds since 1970: its day is day 1. */
  readonly startS: number;
}

/** One incident in words, for whoever wants to read what will happen. */
export interface DescribedIncident {
  readonly line: number;
  readonly fromS: number;
  readonly toS: number;
  readonly text: string;
}

export interface IncidentSchedule extends Incidents {
  /** As they stand in the file. */
  readonly described: readonly DescribedIncident[];
}

const KEYS = {
  silence: ["kind", "states", "from", "to", "note"],
  errors: ["kind", "factor", "from", "to", "note"],
  "viral-song": ["kind", "artist", "title", "share", "from", "to", "note"],
} as const;
type Kind = keyof typeof KEYS;
const ALL_KEYS = [...new Set(Object.values(KEYS).flat())];
/** More would make no difference that anybody could tell apart. */
const FACTOR_MAX = 1_000;
const INCIDENTS_MAX = 1_000;
const DAY_OF_RUN = /^day ([1-9]\d{0,4})(?: ([01]\d|2[0-3]):([0-5]\d))?$/;
const TIME_ALLOWED = 'a day of the run such as "day 3" or "day 3 08:00", or a time such as "2026-01-01T00:00:00Z"';

interface Viral {
  readonly song: number;
  readonly share: number;
}

class IncidentReader {
  private readonly silences = new Map<string, Stretch<unknown>[]>();
  private readonly factors: Stretch<number>[] = [];
  private readonly viral: Stretch<Viral>[] = [];
  private readonly described: DescribedIncident[] = [];
  private readonly states: readonly string[];

  constructor(
    private readonly file: string,
    private readonly context: IncidentContext,
  ) {
    this.states = [...new Set(context.states)].sort();
  }

  read(text: string): IncidentSchedule {
    const { file } = this;
    const root = new Fields(file, parseJsonText(file, text), "the file of incidents", ["incidents"]);
    const items = root.items("incidents");
    if (items.length > INCIDENTS_MAX) {
      throw configurationError(
        file,
        root.lineOf("incidents"),
        `"incidents" has ${items.length} entries; at most ${INCIDENTS_MAX} are allowed`,
      );
    }
    for (const node of items) this.incident(node);
    return this.schedule();
  }

  private incident(node: JsonNode): void {
    const kind = new Fields(this.file, node, "an incident", ALL_KEYS).choice("kind", Object.keys(KEYS)) as Kind;
    const fields = new Fields(this.file, node, `an incident of the kind "${kind}"`, KEYS[kind]);
    const fromS = this.time(fields, "from");
    const toS = this.time(fields, "to");
    if (toS <= fromS) {
      throw configurationError(
        this.file,
        fields.lineOf("to"),
        `the incident ends at ${formatTimeS(toS)}, not after its beginning at ${formatTimeS(fromS)}; "to" must be later than "from"`,
      );
    }
    const what = this.contentOf(kind, fields, { fromS, toS });
    const note = fields.has("note") ? ` (${fields.text("note")})` : "";
    this.described.push({ line: fields.line, fromS, toS, text: `${what}${note}` });
  }

  /** Takes in what is the kind's own. @returns it in words */
  private contentOf(kind: Kind, fields: Fields, span: { fromS: number; toS: number }): string {
    switch (kind) {
      case "silence": {
        const states = this.statesOf(fields);
        for (const state of states)
          this.silences.set(state, [...(this.silences.get(state) ?? []), { ...span, value: 0 }]);
        return `nobody in ${states.join(", ")} comes or acts`;
      }
      case "errors": {
        const factor = fields.number("factor", { maximum: FACTOR_MAX });
        this.factors.push({ ...span, value: factor });
        return `errors are ${factor} times as likely`;
      }
      case "viral-song": {
        const artist = fields.text("artist");
        const title = fields.text("title");
        const share = fields.number("share", { above: 0, maximum: 1 });
        this.viral.push({ ...span, value: { song: this.songOf(fields, artist, title), share } });
        return `${Number((share * 100).toPrecision(3))} % of what is played is ${JSON.stringify(title)} by ${artist}`;
      }
    }
  }

  private time(fields: Fields, name: "from" | "to"): number {
    const given = fields.text(name);
    const [, day, hour, minute] = DAY_OF_RUN.exec(given) ?? [];
    if (day !== undefined) {
      const firstDayS = Math.floor(this.context.startS / DAY_S) * DAY_S;
      return firstDayS + (Number(day) - 1) * DAY_S + Number(hour ?? 0) * HOUR_S + Number(minute ?? 0) * MINUTE_S;
    }
    const timeS = parseTimeS(given);
    if (timeS === undefined) throw fields.wrong(name, TIME_ALLOWED);
    return timeS;
  }

  private statesOf(fields: Fields): string[] {
    const states = fields.texts("states");
    for (const { text, line } of states) {
      if (this.states.includes(text)) continue;
      throw configurationError(
        this.file,
        line,
        `the catalogue has no place in the state ${JSON.stringify(text)}${suggestion(text, this.states)}; allowed: ${this.states.join(", ")}`,
      );
    }
    return states.map(({ text }) => text);
  }

  private songOf(fields: Fields, artist: string, title: string): number {
    const { songs } = this.context;
    const song = songs.find(artist, title);
    if (song >= 0) return song;
    const near = nearestSong(songs, artist, title);
    const hint =
      near === undefined ? "" : ` (did you mean ${JSON.stringify(near.title)} by ${JSON.stringify(near.artist)}?)`;
    throw configurationError(
      this.file,
      fields.lineOf("title"),
      `the catalogue has no song ${JSON.stringify(title)} by ${JSON.stringify(artist)}${hint}; allowed is a song of the catalogue, written as in the listen events`,
    );
  }

  private schedule(): IncidentSchedule {
    const { described } = this;
    const silences = new Map(
      [...this.silences].map(([state, stretches]) => {
        const apart = merged(stretches);
        return [state, new Timeline(apart, ([one]) => (one as Stretch<number>).value)];
      }),
    );
    const factors = new Timeline(this.factors, productOf);
    const viral = new Timeline(this.viral, (active) => active.reduce((a, b) => (b.fromS >= a.fromS ? b : a)).value);
    return {
      described,
      firstS: described.reduce((first, { fromS }) => Math.min(first, fromS), Number.POSITIVE_INFINITY),
      lastS: described.reduce((last, { toS }) => Math.max(last, toS), Number.NEGATIVE_INFINITY),
      silentUntilS: (state, timeS) => silences.get(state)?.at(timeS),
      errorFactorAt: (timeS) => factors.at(timeS) ?? 1,
      viralSongAt: (timeS) => viral.at(timeS),
    };
  }
}

/** Never infinite: a factor of 0 makes it 0 then too. */
function productOf(factors: readonly Stretch<number>[]): number {
  return factors.reduce((product, { value }) => Math.min(Number.MAX_VALUE, product * value), 1);
}

/**
 * Reads a file of incidents.
 * @param file its name, for messages
 * @throws RhythmicError bad_configuration: file, line, what was found and what is allowed
 */
export function readIncidents(file: string, text: string, context: IncidentContext): IncidentSchedule {
  return new IncidentReader(file, context).read(text);
}
