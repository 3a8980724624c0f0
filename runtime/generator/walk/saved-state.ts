import { createHash } from "node:crypto";
import { RhythmicError } from "../../support/errors";
import { type SavedWheel, TimeWheel } from "./time-wheel";
import { ROW_BYTES, type SavedRows } from "./user-table";

/**
 * Number of the walk's rules and of the format below: to be raised with every change after which a run that was begun
 * before would go on otherwise, or a state could not be read. A test holds the hash of a run against it.
 */
export const WALK_VERSION = 2;

/** How far a run has come. */
export interface Progress {
  /** The next user's id, counted from the first user's; of all shards. */
  nextNumber: number;
  /** Users of this shard so far, those who left included. */
  users: number;
  /** Sessions with an event within the span. */
  sessions: number;
  /** Time of the last visited state, seconds since 1970. */
  nowS: number;
}

/** Everything that the rest of a run depends on, beside its world and span. */
export interface SavedWalk {
  readonly table: SavedRows;
  readonly wheel: SavedWheel;
  readonly arrivals: readonly number[];
  readonly progress: Progress;
}

/** What the saved numbers mean something for: the same names must be given when it is read. */
export type Identity = Readonly<Record<string, number>>;

interface Header {
  readonly identity: Identity;
  readonly rows: number;
  readonly firstFree: number;
  readonly wheel: Omit<SavedWheel, "heads">;
  readonly arrivals: readonly number[];
  readonly progress: Progress;
}

const MAGIC = "rhythmic walk\n";
const HASH_BYTES = 32;
const LENGTH_BYTES = 4;
/** 1 as the machine writes it: arrays are saved as they stand in memory. */
const ORDER_BYTES = new Uint8Array(Int32Array.of(1).buffer);

/**
 * ```
 * "rhythmic walk\\n" | version, length of the header: 4 bytes each, little end first | 1 in the machine's byte order
 * header: JSON | rows of the users' table | heads of the wheel's lists | SHA-256 of all
 * ```
 */
export function encodeState(identity: Identity, walk: SavedWalk): Uint8Array {
  const { arrivals, progress } = walk;
  const { rowBytes, firstFree } = walk.table;
  const { heads, ...wheel } = walk.wheel;
  const header: Header = { identity, rows: rowBytes.length / ROW_BYTES, firstFree, wheel, arrivals, progress };
  const headerBytes = Buffer.from(JSON.stringify(header));
  const numbers = Buffer.alloc(2 * LENGTH_BYTES);
  numbers.writeUInt32LE(WALK_VERSION, 0);
  numbers.writeUInt32LE(headerBytes.length, LENGTH_BYTES);
  const parts = [Buffer.from(MAGIC), numbers, ORDER_BYTES, headerBytes, rowBytes, bytesOf(heads)];
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return Buffer.concat([...parts, hash.digest()]);
}

/**
 * @param identity of the world and span that are to go on
 * @throws RhythmicError bad_settings: the bytes are broken, of another version or machine, or of another world
 */
export function decodeState(identity: Identity, bytes: Uint8Array): SavedWalk {
  const reader = new Reader(bytes);
  if (Buffer.from(reader.take(MAGIC.length)).toString("latin1") !== MAGIC)
    throw broken("they do not begin as one does");
  const numbers = Buffer.from(reader.take(2 * LENGTH_BYTES));
  const version = numbers.readUInt32LE(0);
  if (version !== WALK_VERSION) {
    throw refused(`it is of version ${version} of the walk, and this program knows ${WALK_VERSION} only`);
  }
  reader.checkHash();
  if (Buffer.compare(reader.take(LENGTH_BYTES), ORDER_BYTES) !== 0) {
    throw refused("it was saved on a machine with another byte order");
  }
  const header = JSON.parse(Buffer.from(reader.take(numbers.readUInt32LE(LENGTH_BYTES))).toString()) as Header;
  for (const name of new Set([...Object.keys(identity), ...Object.keys(header.identity)])) {
    const [saved, given] = [header.identity[name], identity[name]];
    if (saved !== given)
      throw refused(`its ${name} is ${saved ?? "not given"}, and that of this run ${given ?? "not given"}`);
  }
  const { firstFree, arrivals, progress } = header;
  const rowBytes = reader.take(header.rows * ROW_BYTES);
  const heads = new Int32Array(TimeWheel.HEADS);
  bytesOf(heads).set(reader.take(heads.byteLength));
  return { table: { rowBytes, firstFree }, wheel: { ...header.wheel, heads }, arrivals, progress };
}

class Reader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  take(count: number): Uint8Array {
    const end = this.at + count;
    if (end > this.bytes.length) throw broken("they end too early");
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  /** Whatever passes this was written by `encodeState`, so that its content needs no doubt. */
  checkHash(): void {
    const end = this.bytes.length - HASH_BYTES;
    if (end < this.at) throw broken("they end too early");
    const hash = createHash("sha256").update(this.bytes.subarray(0, end)).digest();
    if (hash.compare(this.bytes.subarray(end)) !== 0) throw broken("their checksum is another one");
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function broken(why: string): RhythmicError {
  return refused(`its bytes are broken (${why})`);
}

function refused(why: string): RhythmicError {
  return new RhythmicError(
    "bad_settings",
    `The saved state of the walk can't be used: ${why}; go on with the settings and the program that saved it, or begin anew without it.`,
  );
}
