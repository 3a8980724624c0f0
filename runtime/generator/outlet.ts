import { setTimeout as sleep } from "node:timers/promises";
import type { EventSink } from "../kafka/event-sink";
import type { EventTail } from "../kafka/event-tail";
import { isRetryable, messageOf, RhythmicError } from "../support/errors";
import type { Logger } from "../support/logging";
import { cutFiles, markFiles } from "./resume/file-marks";
import { offsetsOf, type Recovery, recover } from "./resume/kafka-marks";
import type { KafkaMark, Mark } from "./resume/saved-run";
import { SkippingSink } from "./resume/skipping-sink";
import { createFileSink, createStreamSink } from "./sinks/line-sinks";

/** Where the events go, and how a run can be taken up again there. */
export interface Outlet {
  readonly sink: EventSink;
  /**
   * Where the destination stands; everything must have been flushed.
   * @param isLast nothing more will be written by this process
   */
  mark(isLast: boolean): Promise<Mark>;
  /** Hands on what the sink holds, before a rest. @default the sink does it by itself, within milliseconds */
  readonly handOn?: () => Promise<void>;
  /** Flushes and closes. */
  close(): Promise<void>;
}

/**
 * Files in a folder: new ones, or cut back to where a state says that they stood.
 * @throws RhythmicError bad_usage (the folder), bad_settings (they hold less than the state says)
 */
export async function openFiles(folder: string, topics: readonly string[], from: Mark | undefined): Promise<Outlet> {
  const goesOn = from?.kind === "files";
  if (goesOn) await cutFiles(folder, from);
  const sink = await createFileSink(folder, topics, goesOn);
  return {
    sink,
    mark: () => markFiles(folder, topics),
    handOn: () => sink.flush(),
    close: () => sink.close(),
  };
}

export function openStdout(topic: string | undefined): Outlet {
  const sink = createStreamSink(process.stdout, topic);
  return {
    sink,
    mark: async () => {
      throw new RhythmicError("internal", "Standard output has no state.");
    },
    handOn: () => sink.flush(),
    close: () => sink.close(),
  };
}

export interface KafkaOutletOptions {
  readonly sink: EventSink;
  /** Looks at what Kafka has taken; needed where the run has a state. @default it has none */
  readonly tail?: EventTail | undefined;
  readonly topics: readonly string[];
  readonly from: Mark | undefined;
  /** How long Kafka may be away before a state is given up, milliseconds. */
  readonly deliveryTimeoutMs: number;
  readonly stop: AbortSignal;
  readonly log: Logger;
  /** After which time a killed program's last requests have reached Kafka, milliseconds. @default 1 s */
  readonly settleMs?: number;
}

const ASK_AGAIN_MS = 1_000;

/**
 * Topics of Kafka; where a state says where they stood, what came after it is read, and not written again.
 * @throws RhythmicError bad_settings (Kafka is not as the state says), broker_unreachable, broker_untrusted
 */
export async function openTopics(options: KafkaOutletOptions): Promise<Outlet> {
  const { sink, tail, topics, from } = options;
  if (tail === undefined) {
    return { sink, mark: () => Promise.reject(new Error("a run without a state")), close: () => sink.close() };
  }
  const clusterId = await tail.clusterId();
  const recovery = from?.kind === "kafka" ? await recover(tail, from, options) : undefined;
  const marker = new TopicMarker(options, tail, clusterId, recovery);
  return {
    sink: recovery === undefined || recovery.pending.isEmpty ? sink : new SkippingSink(sink, recovery.pending),
    mark: (isLast) => marker.mark(topics, isLast),
    async close() {
      await tail.close();
      await sink.close();
    },
  };
}

class TopicMarker {
  private isFirst = true;

  constructor(
    private readonly options: Pick<KafkaOutletOptions, "deliveryTimeoutMs" | "stop" | "log">,
    private readonly tail: EventTail,
    private readonly clusterId: string,
    private readonly recovery: Recovery | undefined,
  ) {}

  async mark(topics: readonly string[], isLast: boolean): Promise<KafkaMark> {
    const { clusterId, recovery } = this;
    // Nothing has been written yet: what the tail has not seen must stay unseen.
    const offsets = this.isFirst && recovery !== undefined ? recovery.offsets : await this.offsets(topics);
    this.isFirst = false;
    const pending = recovery?.pending.save() ?? {};
    return { kind: "kafka", clusterId, offsets, pending, isComplete: isLast };
  }

  /** As long as a delivery, Kafka may be away. */
  private async offsets(topics: readonly string[]): Promise<KafkaMark["offsets"]> {
    const { deliveryTimeoutMs, stop, log } = this.options;
    const deadlineMs = performance.now() + deliveryTimeoutMs;
    for (;;) {
      try {
        return await offsetsOf(this.tail, topics);
      } catch (error) {
        if (!isRetryable(error) || stop.aborted || performance.now() > deadlineMs) throw error;
        log.warn({}, `the state waits: ${messageOf(error)}`);
        await sleep(ASK_AGAIN_MS);
      }
    }
  }
}
