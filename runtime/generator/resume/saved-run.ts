import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFileDurably } from "../../support/durable-file";
import { messageOf, RhythmicError, systemCodeOf } from "../../support/errors";
import type { Generated } from "../generate";
import type { EarlierStarts } from "../summary";
import type { Fingerprint } from "./fingerprint";

/** Where the files stood: bytes of each topic's. */
export interface FileMark {
  readonly kind: "files";
  readonly bytes: Readonly<Record<string, number>>;
}

/** Where Kafka stood. */
export interface KafkaMark {
  readonly kind: "kafka";
  readonly clusterId: string;
  /** The next offset of each partition, by topic. */
  readonly offsets: Readonly<Record<string, readonly number[]>>;
  /** Hashes of records before the offsets that may be ones of ours that are still to come; by `topic/partition`. */
  readonly pending: Readonly<Record<string, readonly number[]>>;
  /** Is nothing of this run behind the offsets? So after a clean stop. */
  readonly isComplete: boolean;
}

export type Mark = FileMark | KafkaMark;

/** A run as it stands in its state file. */
export interface SavedRun {
  readonly fingerprint: Fingerprint;
  readonly startS: number;
  readonly endS: number;
  /** What this start and those before it have written. */
  readonly starts: EarlierStarts;
  readonly mark: Mark;
  /** How the run ended. @default it goes on */
  readonly ended?: Generated;
  readonly simulation: Uint8Array;
  /** What stands between the simulation and the sink. @default nothing does */
  readonly disturber?: Uint8Array;
}

type Head = Omit<SavedRun, "simulation" | "disturber"> & {
  readonly simulationBytes: number;
  /** -1: there is none. */
  readonly disturberBytes: number;
};

const TITLE = "rhythmic generator state 1";
const LINE_END = 0x0a;

/**
 * Writes the state whole or not at all:
 *
 * ```
 * rhythmic generator state 1
 * SHA-256 of all that follows, hexadecimal
 * {"fingerprint":{...},...,"simulationBytes":N,"disturberBytes":M}
 * N bytes of the simulation, M bytes of the disturber
 * ```
 * @throws RhythmicError bad_usage where the file can't be written
 */
export function writeSavedRun(path: string, run: SavedRun): void {
  const { simulation, disturber, ...rest } = run;
  const head: Head = {
    ...rest,
    simulationBytes: simulation.length,
    disturberBytes: disturber === undefined ? -1 : disturber.length,
  };
  const parts = [Buffer.from(`${JSON.stringify(head)}\n`), simulation, disturber ?? new Uint8Array(0)];
  try {
    writeFileDurably(path, Buffer.concat([Buffer.from(`${TITLE}\n${sha256Of(...parts)}\n`), ...parts]));
  } catch (error) {
    throw new RhythmicError(
      "bad_usage",
      `The state ${path} can't be written (${messageOf(error)}); give --state a file in a folder that is there and writable.`,
      { cause: error },
    );
  }
}

/**
 * @returns `undefined` where there is no such file: the run begins
 * @throws RhythmicError bad_settings where it is damaged, bad_usage where it can't be read
 */
export function readSavedRun(path: string): SavedRun | undefined {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw new RhythmicError("bad_usage", `The state ${path} can't be read (${messageOf(error)}); give another file.`, {
      cause: error,
    });
  }
  const [title, afterTitle] = lineFrom(content, 0);
  if (title !== TITLE) {
    throw new RhythmicError(
      "bad_settings",
      `${path} is no state of this generator: its first line is not ${JSON.stringify(TITLE)}; give --state another file.`,
    );
  }
  const [sha256, bodyStart] = lineFrom(content, afterTitle);
  const body = content.subarray(bodyStart);
  if (sha256Of(body) !== sha256) {
    throw new RhythmicError(
      "bad_settings",
      `The state ${path} is damaged: its checksum is another; put back a copy, or remove it to begin the run anew.`,
    );
  }
  return parse(body);
}

function parse(body: Buffer): SavedRun {
  const [text, start] = lineFrom(body, 0);
  const { simulationBytes, disturberBytes, ...rest } = JSON.parse(text) as Head;
  const end = start + simulationBytes;
  const simulation = viewOf(body, start, simulationBytes);
  if (disturberBytes < 0) return { ...rest, simulation };
  return { ...rest, simulation, disturber: viewOf(body, end, disturberBytes) };
}

/** @returns the line that begins there, and where the next one does */
function lineFrom(bytes: Buffer, start: number): [string, number] {
  const end = bytes.indexOf(LINE_END, start);
  return end < 0 ? ["", bytes.length] : [bytes.toString("utf8", start, end), end + 1];
}

/** The same memory: a state may be large. */
function viewOf({ buffer, byteOffset }: Buffer, start: number, bytes: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + start, bytes);
}

function sha256Of(...parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
