/** Where events go. Implementations batch; every delivery is counted. */
export interface EventSink {
  /**
   * Takes one event.
   * @param key keeps the events of one key in order (user id, else session id)
   * @param value the event's JSON; bytes are the caller's again once `write` has returned, and its promise resolved
   * @param start first byte of the event in `value`, where it is bytes. @default 0
   * @param end byte before which the event ends. @default the length of `value`
   * @returns a promise where the sink is full: the caller must wait for it before the next event
   */
  write(
    topic: string,
    key: string,
    value: string | Uint8Array,
    start?: number,
    end?: number,
  ): Promise<void> | undefined;
  /** Sends what is buffered. @throws RhythmicError delivery_failed: some records were not acknowledged */
  flush(): Promise<void>;
  readonly counts: SinkCounts;
  /** Flushes and closes. */
  close(): Promise<void>;
}

export interface SinkCounts {
  /** Events handed to `write`. */
  readonly generated: number;
  /** Events that the destination has acknowledged. */
  readonly acknowledged: number;
  /** Bytes of the values handed to `write`. */
  readonly bytes: number;
  /** `generated` by topic. */
  readonly byTopic: Readonly<Record<string, number>>;
}
