import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import type { EventSink, SinkCounts } from "../../kafka/event-sink";
import { EVENTS } from "../../schema/events";
import { messageOf, RhythmicError } from "../../support/errors";
import { ChunkedWriter, type WriteChunk } from "./chunked-writer";
import { Counter } from "./counter";

const OPEN_BRACE_BYTES = 1;
const LINE_END_BYTES = 1;

/** A topic's lines: where they go, and what each begins with instead of its "{". */
interface TopicLines {
  readonly writer: ChunkedWriter;
  readonly opening: Uint8Array | undefined;
}

/** A sink of lines. */
class LineSink implements EventSink {
  private readonly counter = new Counter();
  private readonly topics = new Map<string, TopicLines>();

  constructor(private readonly release: () => Promise<void>) {}

  get counts(): SinkCounts {
    return this.counter;
  }

  /** A writer whose lines count as acknowledged once they are written. */
  writer(write: WriteChunk): ChunkedWriter {
    return new ChunkedWriter(write, (lines) => {
      this.counter.acknowledged += lines;
    });
  }

  add(topic: string, writer: ChunkedWriter, opening?: string): void {
    this.topics.set(topic, { writer, opening: opening === undefined ? undefined : Buffer.from(opening) });
  }

  write(
    topic: string,
    _key: string,
    value: string | Uint8Array,
    start?: number,
    end?: number,
  ): Promise<void> | undefined {
    const lines = this.topics.get(topic);
    if (lines === undefined) throw new RhythmicError("internal", `The sink has no place for the topic ${topic}.`);
    const bytes = typeof value === "string" ? Buffer.from(value) : value.subarray(start, end);
    this.counter.took(topic, bytes.length);
    const room = lines.writer.reserve(bytes.length + (lines.opening?.length ?? 0) + LINE_END_BYTES);
    if (room !== undefined) return room.then(() => appendLine(lines, bytes));
    appendLine(lines, bytes);
    return undefined;
  }

  async flush(): Promise<void> {
    for (const { writer } of this.topics.values()) await writer.flush();
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.release();
    }
  }
}

function appendLine({ writer, opening }: TopicLines, bytes: Uint8Array): void {
  if (opening === undefined) {
    writer.append(bytes);
  } else {
    writer.append(opening);
    writer.append(bytes.subarray(OPEN_BRACE_BYTES));
  }
  writer.endLine();
}

/**
 * Writes `<topic>.ndjson` files into a folder, made where missing; files of these names are replaced, or written on.
 * @param topics the topics that will be written
 * @param goesOn are files that are there written on at their end? @default they are replaced
 * @throws RhythmicError bad_usage where the folder can't be used; delivery_failed (later) where a write fails
 */
export async function createFileSink(folder: string, topics: readonly string[], goesOn = false): Promise<EventSink> {
  const files: { topic: string; path: string; handle: FileHandle }[] = [];
  try {
    await mkdir(folder, { recursive: true });
    for (const topic of topics) {
      const path = join(folder, `${topic}.ndjson`);
      files.push({ topic, path, handle: await open(path, goesOn ? "a" : "w") });
    }
  } catch (error) {
    await Promise.all(files.map(({ handle }) => handle.close()));
    throw new RhythmicError(
      "bad_usage",
      `--out ${folder} can't be written (${messageOf(error)}); give a folder that is writable or doesn't exist yet.`,
      { cause: error },
    );
  }
  const sink = new LineSink(async () => {
    await Promise.all(files.map(({ handle }) => handle.close()));
  });
  for (const { topic, path, handle } of files) {
    const write: WriteChunk = async (chunk) => {
      try {
        await writeAll(handle, chunk);
      } catch (error) {
        throw new RhythmicError("delivery_failed", `${path} can't be written on: ${messageOf(error)}.`, {
          cause: error,
        });
      }
    };
    sink.add(topic, sink.writer(write));
  }
  return sink;
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    written += (await handle.write(chunk, written)).bytesWritten;
  }
}

/**
 * Writes lines to a stream such as standard output: all topics together in the order of time, each line with its
 * `topic` as the first field; or one topic's lines as they are.
 * @param topic the only topic that will be written
 */
export function createStreamSink(stream: NodeJS.WritableStream, topic?: string): EventSink {
  const sink = new LineSink(async () => undefined);
  const writer = sink.writer(
    (chunk) =>
      new Promise((resolve, reject) => {
        // The stream may keep the chunk until it calls back.
        stream.write(chunk, (error) => {
          if (!error) resolve();
          else
            reject(
              new RhythmicError("delivery_failed", `Standard output was closed: ${messageOf(error)}.`, {
                cause: error,
              }),
            );
        });
      }),
  );
  if (topic !== undefined) sink.add(topic, writer);
  else for (const event of EVENTS) sink.add(event.topic, writer, `{"topic":"${event.topic}",`);
  return sink;
}
