import { RhythmicError } from "../support/errors";
import type { ObjectEntry, ObjectStore } from "./object-store";

/** A lake in memory, for tests: the same answers as the other drivers, nothing durable. */
export function createMemoryStore(name = "lake"): ObjectStore {
  const objects = new Map<string, { bytes: Uint8Array; modifiedMs: number }>();
  const url = `memory://${name}`;
  return {
    url,
    async create(objectName, bytes) {
      if (objects.has(objectName)) return "exists";
      objects.set(objectName, { bytes: bytes.slice(), modifiedMs: Date.now() });
      return "created";
    },
    async get(objectName) {
      return objects.get(objectName)?.bytes.slice();
    },
    async getRange(objectName, start, end) {
      const object = objects.get(objectName);
      if (object === undefined) throw new RhythmicError("lake_corrupt", `${url} has no object ${objectName}.`);
      return object.bytes.slice(start, end);
    },
    async *list(prefix, options = {}) {
      const from = options.from ?? "";
      const entries: ObjectEntry[] = [];
      for (const [objectName, { bytes, modifiedMs }] of objects) {
        if (objectName.startsWith(prefix) && objectName >= from) {
          entries.push({ name: objectName, sizeBytes: bytes.length, modifiedMs });
        }
      }
      yield* entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async remove(objectName) {
      objects.delete(objectName);
    },
    async replace(objectName, bytes) {
      objects.set(objectName, { bytes: bytes.slice(), modifiedMs: Date.now() });
    },
    uri(objectName) {
      return `${url}/${objectName}`;
    },
  };
}
