import { EVENTS } from "../schema/events";
import { RhythmicError } from "../support/errors";
import { logFileName } from "./delta/log";
import { eventTablePath } from "./lake-layout";
import type { ObjectStore } from "./object-store";

/**
 * Is a processor's lake there? Every table exists as soon as a processor has started, so one is enough to tell.
 * @throws RhythmicError lake_unusable
 */
export async function requireLake(store: ObjectStore): Promise<void> {
  for (const { topic } of EVENTS) {
    if ((await store.get(logFileName(eventTablePath(topic), 0))) !== undefined) return;
  }
  throw new RhythmicError(
    "lake_unusable",
    `${store.url} is no lake: it has no table under events/; give the folder that a processor writes.`,
  );
}
