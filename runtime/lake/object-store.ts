/** An object as a listing shows it. */
export interface ObjectEntry {
  readonly name: string;
  readonly sizeBytes: number;
  /** When it was written, milliseconds since 1970. */
  readonly modifiedMs: number;
}

/**
 * Objects by name in one bucket or folder. Names are relative, with `/` between their parts, as in
 * `events/listen_events/_delta_log/00000000000000000000.json`. An object is visible whole or not at all, and never
 * changes once it is there (`replace` excepted).
 *
 * Every method throws RhythmicError: lake_unusable where the store refuses, lake_unreachable (retryable) where it does
 * not answer.
 */
export interface ObjectStore {
  /** The store's place, for messages: a folder, `gs://bucket/prefix`, `memory://name`. */
  readonly url: string;
  /** Creates an object unless there is one of this name. Durable when it returns. */
  create(name: string, bytes: Uint8Array): Promise<"created" | "exists">;
  /** The whole object; `undefined` where there is none. */
  get(name: string): Promise<Uint8Array | undefined>;
  /** Bytes from `start` to before `end`. @throws RhythmicError lake_corrupt where there is no such object */
  getRange(name: string, start: number, end: number): Promise<Uint8Array>;
  /**
   * Objects whose names begin with `prefix`, in the order of their names, strongly consistent.
   * @param from the first name of interest, inclusive
   */
  list(prefix: string, options?: { readonly from?: string }): AsyncIterable<ObjectEntry>;
  /** Removes an object; none of this name is no error. */
  remove(name: string): Promise<void>;
  /** Creates or replaces an object; for hints that may be stale (`_last_checkpoint`) alone. */
  replace(name: string, bytes: Uint8Array): Promise<void>;
  /** What another program (DuckDB, BigQuery) opens the object by: a path or a gs:// URL. */
  uri(name: string): string;
}
