import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { EVENTS, type Topic } from "../../../runtime/schema/events";
import { messageOf, RhythmicError, systemCodeOf } from "../../../runtime/support/errors";
import { type ObservedEvent, TopicObservations } from "./observe";

/** A stretch of time, seconds since 1970, both included, of which a file holds everything. */
export interface Window {
  readonly fromS: number;
  readonly toS: number;
}

export type Windows = ReadonlyMap<Topic, readonly Window[]>;

const TOPICS: readonly Topic[] = EVENTS.map(({ topic }) => topic);
/**
 * A file has a hole where nothing comes for this many times the mean gap: nights and weekends thin the events of an
 * ordinary run out by no more than some twenty times.
 */
const HOLE_GAPS = 60;
const BYTE_ORDER_MARK = "\ufeff";

/**
 * The windows of a folder's files: a file may be cut out of a run, in one piece or in several.
 * @throws RhythmicError bad_usage where there is no file of events, or a line is none
 */
export async function windowsOf(folder: string): Promise<Windows> {
  const windows = new Map<Topic, Window[]>();
  for (const topic of TOPICS) {
    const file = fileOf(folder, topic);
    if (file === undefined) continue;
    const times: number[] = [];
    // Millions of lines may be read twice: the first time they are not taken apart.
    await readLines(file, (line, number) => {
      const [, ts] = /"ts":\s*(\d+)/.exec(line) ?? [];
      times.push(Math.floor((ts === undefined ? parse(file, number, line).ts : Number(ts)) / 1000));
    });
    if (times.length > 0) windows.set(topic, split(file, times));
  }
  if (windows.size === 0) {
    const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
    const found = isFolder ? readdirSync(folder).slice(0, 5).join(", ") || "nothing" : "no such folder";
    throw new RhythmicError(
      "bad_usage",
      `${folder} holds no event (${found}); it must hold at least one of ${TOPICS.map((topic) => `${topic}.ndjson`).join(", ")}.`,
    );
  }
  return windows;
}

/** The time that both see, topic by topic; a topic that only one has is left out. */
export function intersect(first: Windows, second: Windows): Windows {
  const both = new Map<Topic, Window[]>();
  for (const [topic, ofFirst] of first) {
    const list: Window[] = [];
    for (const a of ofFirst) {
      for (const b of second.get(topic) ?? []) {
        const window = { fromS: Math.max(a.fromS, b.fromS), toS: Math.min(a.toS, b.toS) };
        if (window.fromS <= window.toS) list.push(window);
      }
    }
    if (list.length > 0) both.set(topic, list);
  }
  return both;
}

/** What a folder shows within the windows. */
export async function observeFolder(folder: string, windows: Windows): Promise<Map<Topic, TopicObservations>> {
  const observed = new Map<Topic, TopicObservations>();
  for (const [topic, list] of windows) {
    const file = fileOf(folder, topic);
    if (file === undefined) continue;
    const looking = new WindowedObservations(topic, list);
    await readEvents(file, (event) => looking.see(event));
    observed.set(topic, looking.end());
  }
  return observed;
}

/** The greatest time of registration among the first lines: the start of the run, where no user joined before. */
export async function registrationOf(folder: string, windows: Windows): Promise<number | undefined> {
  for (const topic of windows.keys()) {
    const file = fileOf(folder, topic);
    let registeredMs: number | undefined;
    if (file !== undefined) {
      await readEvents(file, ({ registration }) => {
        registeredMs ??= registration;
        return registeredMs === undefined;
      });
    }
    if (registeredMs !== undefined) return Math.floor(registeredMs / 1000);
  }
  return undefined;
}

/** Shows the events of the windows, in the order of time, to what observes them. */
export class WindowedObservations {
  private readonly observations: TopicObservations;
  private current = 0;

  constructor(
    topic: Topic,
    private readonly windows: readonly Window[],
  ) {
    this.observations = new TopicObservations(topic);
  }

  /** Does an event at this second count? Asked before an event is taken apart. */
  holds(timeS: number): boolean {
    for (;;) {
      const window = this.windows[this.current];
      if (window === undefined || timeS < window.fromS) return false;
      if (timeS <= window.toS) return true;
      this.observations.endWindow();
      this.current++;
    }
  }

  see(event: ObservedEvent): void {
    if (this.holds(Math.floor(event.ts / 1000))) this.observations.see(event);
  }

  end(): TopicObservations {
    this.observations.endWindow();
    return this.observations;
  }
}

function fileOf(folder: string, topic: Topic): string | undefined {
  // eventsim's own files have no ending.
  return [`${topic}.ndjson`, `${topic}.json`, topic].map((name) => join(folder, name)).find((path) => existsSync(path));
}

/** @param see answers false where it has seen enough */
async function readEvents(file: string, see: (event: ObservedEvent) => unknown): Promise<void> {
  await readLines(file, (line, number) => see(parse(file, number, line)));
}

async function readLines(file: string, see: (line: string, number: number) => unknown): Promise<void> {
  let number = 0;
  const lines = createInterface({ input: createReadStream(file, { highWaterMark: 1 << 20 }) });
  try {
    for await (const text of lines) {
      number++;
      const line = number === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
      if (line !== "" && see(line, number) === false) return;
    }
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    throw new RhythmicError("bad_usage", `${file} can't be read (${messageOf(error)}); give files of events.`, {
      cause: error,
    });
  }
}

function parse(file: string, number: number, line: string): ObservedEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = undefined;
  }
  if (isEvent(value)) return value;
  throw new RhythmicError(
    "bad_usage",
    `${basename(file)}, line ${number}, is no event (${JSON.stringify(line.slice(0, 60))}); a line must be a JSON object with ts, sessionId, itemInSession and level.`,
  );
}

function isEvent(value: unknown): value is ObservedEvent {
  if (typeof value !== "object" || value === null) return false;
  const { ts, sessionId, itemInSession, level } = value as Record<string, unknown>;
  const numbers = [ts, sessionId, itemInSession].every((field) => typeof field === "number");
  return numbers && typeof level === "string";
}

function split(file: string, times: readonly number[]): Window[] {
  const first = times[0] as number;
  const last = times.at(-1) as number;
  const holeS = (HOLE_GAPS * (last - first)) / Math.max(1, times.length - 1);
  const windows: Window[] = [];
  let fromS = first;
  let beforeS = first;
  for (const timeS of times) {
    if (timeS < beforeS) {
      throw new RhythmicError(
        "bad_usage",
        `${basename(file)} is not in the order of time (${timeS} after ${beforeS}, seconds since 1970); sort it by ts, for example with sort or jq.`,
      );
    }
    if (timeS - beforeS > Math.max(holeS, 1)) {
      windows.push({ fromS, toS: beforeS });
      fromS = timeS;
    }
    beforeS = timeS;
  }
  windows.push({ fromS, toS: last });
  return windows;
}
