import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { RhythmicError } from "../support/errors";

/**
 * Kafka's protocol by hand, for the few requests that the client library does not have (kafka.apache.org/protocol).
 * Flexible versions only (KIP-482): lengths are unsigned varints, one more than they are, and every structure ends with
 * its tagged fields, of which we send and understand none.
 *
 *   request   int32 size | int16 api | int16 version | int32 correlation | nullable string client | tags | body
 *   response  int32 size | int32 correlation | tags | body
 */

const NO_TAGS = 0;

/** Writes the fields of a structure one after the other. */
export class WireWriter {
  readonly #parts: Buffer[] = [];

  int8(value: number): this {
    return this.#add(1, (buffer) => buffer.writeInt8(value));
  }

  int16(value: number): this {
    return this.#add(2, (buffer) => buffer.writeInt16BE(value));
  }

  int32(value: number): this {
    return this.#add(4, (buffer) => buffer.writeInt32BE(value));
  }

  bytes(value: Uint8Array): this {
    this.#varint(value.length + 1);
    this.#parts.push(Buffer.from(value));
    return this;
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value));
  }

  /** @param items `undefined` is null, where the field may be */
  array<T>(items: readonly T[] | undefined, write: (writer: this, item: T) => void): this {
    this.#varint(items === undefined ? 0 : items.length + 1);
    for (const item of items ?? []) write(this, item);
    return this;
  }

  /** The end of a structure. */
  tags(): this {
    return this.#varint(NO_TAGS);
  }

  /** A text with a length of two bytes, as the header of a request still has it. */
  shortText(value: string): this {
    this.int16(Buffer.byteLength(value));
    this.#parts.push(Buffer.from(value));
    return this;
  }

  toBuffer(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #varint(value: number): this {
    let rest = value;
    for (; rest > 127; rest >>>= 7) this.#parts.push(Buffer.of((rest & 127) | 128));
    this.#parts.push(Buffer.of(rest));
    return this;
  }

  #add(size: number, write: (buffer: Buffer) => void): this {
    const buffer = Buffer.alloc(size);
    write(buffer);
    this.#parts.push(buffer);
    return this;
  }
}

/** Reads the fields of a structure one after the other. @throws RangeError where the bytes are too few */
export class WireReader {
  #at = 0;

  constructor(private readonly buffer: Buffer) {}

  int8(): number {
    return this.buffer.readInt8(this.#skip(1));
  }

  int16(): number {
    return this.buffer.readInt16BE(this.#skip(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.#skip(4));
  }

  text(): string | null {
    const length = this.#varint() - 1;
    if (length < 0) return null;
    const from = this.#skip(length);
    return this.buffer.toString("utf8", from, from + length);
  }

  array<T>(read: (reader: this) => T): T[] {
    return Array.from({ length: Math.max(0, this.#varint() - 1) }, () => read(this));
  }

  tags(): this {
    for (let left = this.#varint(); left > 0; left--) {
      this.#varint();
      this.#skip(this.#varint());
    }
    return this;
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.buffer.readUInt8(this.#skip(1));
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  }

  #skip(bytes: number): number {
    const from = this.#at;
    if (from + bytes > this.buffer.length) throw new RangeError("Kafka's answer is shorter than its protocol says");
    this.#at += bytes;
    return from;
  }
}

/** Where to ask, and who asks: by a certificate, so that nothing has to be said before the request itself. */
export interface WireTarget {
  /** host:port */
  readonly broker: string;
  readonly clientId: string;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

export interface WireRequest {
  readonly apiKey: number;
  readonly version: number;
  readonly body: WireWriter;
}

const ANSWER_WITHIN_MS = 30_000;
const CORRELATION = 1;
const SIZE_BYTES = 4;

/**
 * One request on a connection of its own.
 * @returns its answer, behind the header
 * @throws Error of the socket, or a sentence where Kafka does not answer in time
 */
export async function askKafka(target: WireTarget, request: WireRequest): Promise<WireReader> {
  const { broker, ca, certificate, key } = target;
  const colon = broker.lastIndexOf(":");
  const socket = connect({
    host: broker.slice(0, colon),
    port: Number(broker.slice(colon + 1)),
    ca,
    cert: certificate,
    key,
  });
  try {
    const answer = new WireReader(await exchange(socket, frameOf(target, request)));
    if (answer.int32() !== CORRELATION) throw new RhythmicError("internal", "Kafka answered another request.");
    return answer.tags();
  } finally {
    socket.destroy();
  }
}

/** Sha256 of the certificate that the server shows. @throws Error of the socket */
export async function shownCertificate(target: WireTarget): Promise<string> {
  const socket = open(target);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.setTimeout(ANSWER_WITHIN_MS, () => reject(new Error(`no answer within ${ANSWER_WITHIN_MS / 1000} s`)));
      socket.once("error", reject);
      socket.once("secureConnect", resolve);
    });
    return socket.getPeerX509Certificate()?.fingerprint256 ?? "";
  } finally {
    socket.destroy();
  }
}

function open({ broker, ca, certificate, key }: WireTarget): TLSSocket {
  const colon = broker.lastIndexOf(":");
  const host = broker.slice(0, colon);
  const name = isIP(host) === 0 ? { servername: host } : {};
  return connect({ host, port: Number(broker.slice(colon + 1)), ...name, ca, cert: certificate, key });
}

function frameOf({ clientId }: WireTarget, { apiKey, version, body }: WireRequest): Buffer {
  const head = new WireWriter().int16(apiKey).int16(version).int32(CORRELATION).shortText(clientId).tags().toBuffer();
  const frame = Buffer.concat([head, body.toBuffer()]);
  return Buffer.concat([new WireWriter().int32(frame.length).toBuffer(), frame]);
}

/** Sends a frame and waits for one. @returns what stands behind its size */
function exchange(socket: TLSSocket, frame: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    socket.setTimeout(ANSWER_WITHIN_MS, () => reject(new Error(`no answer within ${ANSWER_WITHIN_MS / 1000} s`)));
    socket.once("error", reject);
    socket.once("close", () => reject(Object.assign(new Error("Kafka closed the connection"), { code: "ECONNRESET" })));
    socket.once("secureConnect", () => socket.write(frame));
    socket.on("data", (data: Buffer) => {
      received = Buffer.concat([received, data]);
      if (received.length < SIZE_BYTES) return;
      const size = received.readInt32BE(0);
      if (received.length >= SIZE_BYTES + size) resolve(received.subarray(SIZE_BYTES, SIZE_BYTES + size));
    });
  });
}
