import { createHash, type Hash } from "node:crypto";
import { basename } from "node:path";
import { RhythmicError } from "../../support/errors";
import type { LineFormat } from "./public-formats";
import type { PairCounts } from "./similar-songs";
import { type LineReading, readLines, splitFields } from "./text-file";

/** What was found in one file. `lines` = `used` + `broken` + the pairs that were left out. */
export interface FileReport {
  /** Name without its folder. */
  readonly file: string;
  /** Without the header. */
  readonly lines: number;
  readonly used: number;
  readonly broken: number;
  readonly firstBroken?: BrokenLine;
  /** Of songs without a length, artist or title: filled from the track metadata. */
  readonly filled?: number;
  /** Songs whose length is given nowhere, so that one was assumed. */
  readonly lengthAssumed?: number;
  /** Of a file of similar songs. */
  readonly pairs?: PairCounts;
  /** Size and SHA-256 (hexadecimal) of the file as it lies, where they were asked for. */
  readonly bytes?: number;
  readonly sha256?: string;
}

export interface BrokenLine {
  /** In the file, from 1. */
  readonly line: number;
  readonly why: string;
}

export interface ReadOptions {
  /** Are size and SHA-256 of the files wanted? @default false */
  readonly digests?: boolean;
  /** Gets a file's name and its lines so far, every now and then. */
  progress?(file: string, lines: number): void;
  readonly stop?: AbortSignal;
}

/** Counts what a file's lines are, while it is read. */
export class FileReader {
  readonly file: string;
  private readonly hash: Hash | undefined;
  private bytes = 0;
  private broken = 0;
  private firstBroken: BrokenLine | undefined;

  constructor(
    private readonly path: string,
    private readonly options: ReadOptions,
  ) {
    this.file = basename(path);
    this.hash = options.digests === true ? createHash("sha256") : undefined;
  }

  /** Counts a line that is left out. */
  refuse(line: number, why: string): void {
    this.broken++;
    if (this.firstBroken === undefined || line < this.firstBroken.line) this.firstBroken = { line, why };
  }

  /**
   * Reads all lines; those that are no text are refused.
   * @returns their number
   * @throws RhythmicError bad_configuration, interrupted
   */
  async lines(take: (line: string, number: number) => void): Promise<number> {
    const { options, hash, file } = this;
    const reading: LineReading = {
      line: (text, number) => {
        if (text === undefined) this.refuse(number, "longer than a million characters");
        else if (text.includes("\ufffd")) this.refuse(number, "bytes that are no text in the file's encoding");
        else take(text, number);
      },
      ...(options.progress === undefined ? {} : { progress: (lines) => options.progress?.(file, lines) }),
      ...(options.stop === undefined ? {} : { stop: options.stop }),
      bytes: (chunk) => {
        this.bytes += chunk.length;
        hash?.update(chunk);
      },
    };
    return readLines(this.path, reading);
  }

  /**
   * @param lines without the header
   * @param used of them; counted by who uses them, so that a line that got lost shows
   */
  report(lines: number, used: number, more: Pick<FileReport, "filled" | "lengthAssumed" | "pairs"> = {}): FileReport {
    const { file, broken, firstBroken, hash, bytes } = this;
    return {
      file,
      lines,
      used,
      broken,
      ...(firstBroken === undefined ? {} : { firstBroken }),
      ...more,
      ...(hash === undefined ? {} : { bytes, sha256: hash.digest("hex") }),
    };
  }
}

/**
 * Reads a file of a line format.
 * @param take gets what each good line says
 * @throws RhythmicError bad_configuration where the file can't be read or its header lacks a column; interrupted
 */
export async function readTable<T>(
  reader: FileReader,
  path: string,
  format: LineFormat<T>,
  take: (value: T, weight: number, line: number) => void,
): Promise<number> {
  const { delimiter, quoted, header } = format;
  const split = (line: string) => (quoted === true ? splitFields(line, delimiter) : line.split(delimiter));
  const columns = new Map<string, number>();
  let fields: readonly string[] = [];
  const field = (column: string | number) =>
    fields[typeof column === "number" ? column : (columns.get(column) ?? -1)] ?? "";
  const lines = await reader.lines((text, line) => {
    const found = split(text);
    if (found === undefined) {
      reader.refuse(line, "a quote that is never closed");
      return;
    }
    if (header !== undefined && line === 1) {
      for (const [column, name] of found.entries()) columns.set(name.trim().toLowerCase(), column);
      return;
    }
    fields = found;
    const entry = format.read(field);
    if (typeof entry === "string") reader.refuse(line, entry);
    else take(entry.value, entry.weight, line);
  });
  const missing = header?.find((name) => !columns.has(name));
  if (missing !== undefined) {
    throw new RhythmicError(
      "bad_configuration",
      `The first line of the catalogue file ${path} names no column ${missing}; expected ${format.format}.`,
    );
  }
  return header === undefined ? lines : lines - 1;
}
