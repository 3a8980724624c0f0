import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { EVENTS } from "../schema/events";
import { RhythmicError } from "../support/errors";
import { fileOf } from "./resume/file-marks";
import type { GeneratorSettings } from "./settings";

/** A file of the run, as a sentence names it. */
interface Place {
  readonly what: string;
  readonly path: string;
}

/**
 * Sees to it before the run that its state and its summary will have places of their own: a long run must not end with
 * a summary that has none, and none of its files may take another's place.
 * @throws RhythmicError bad_usage
 */
export function checkPlaces(settings: GeneratorSettings): void {
  const { GENERATOR_STATE: state, GENERATOR_SUMMARY: summary, GENERATOR_OUT: out } = settings;
  const { GENERATOR_CONFIG: config, GENERATOR_INCIDENTS: incidents } = settings;
  if (state !== undefined) checkWritable("state", "--state", state);
  if (summary !== undefined) checkWritable("summary", "--summary", summary);
  const files = out === undefined || out === "-" ? [] : EVENTS.map(({ topic }) => fileOf(out, topic));
  const taken: Place[] = files.map((path) => ({ what: "the events of --out", path }));
  if (config !== undefined) taken.push({ what: "--config", path: config });
  if (incidents !== undefined) taken.push({ what: "--incidents", path: incidents });
  if (state !== undefined) checkOwn({ what: "--state", path: state }, taken);
  if (summary !== undefined) {
    if (state !== undefined) taken.push({ what: "--state", path: state });
    checkOwn({ what: "--summary", path: summary }, taken);
  }
}

function checkWritable(what: string, flag: string, path: string): void {
  const folder = dirname(path);
  const found = statSync(path, { throwIfNoEntry: false });
  let why: string;
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) why = `${folder} is no folder`;
  else if (found === undefined || found.isFile()) return;
  // Another file is put in its place, which no device outlives.
  else why = found.isDirectory() ? "it is a folder" : "it is no ordinary file";
  throw new RhythmicError(
    "bad_usage",
    `The ${what} ${path} can't be written (${why}); give ${flag} the path of a file in a folder that is there.`,
  );
}

function checkOwn({ what, path }: Place, taken: readonly Place[]): void {
  const other = taken.find((one) => resolve(one.path) === resolve(path));
  if (other === undefined) return;
  throw new RhythmicError(
    "bad_usage",
    `${what} ${path} is the file of ${other.what} too, and would be written over it; give ${what} a file of its own.`,
  );
}
