/** Writes a chunk somewhere; resolves when the chunk's memory may be used again. */
export type WriteChunk = (chunk: Uint8Array) => Promise<void>;

const CHUNK_BYTES = 1024 * 1024;

/**
 * Gathers lines into two chunks: one is filled while the other is written. Whoever fills faster than the destination
 * takes waits, so memory never grows.
 */
export class ChunkedWriter {
  private chunk = new Uint8Array(CHUNK_BYTES);
  private spare = new Uint8Array(CHUNK_BYTES);
  private bytes = 0;
  private lines = 0;
  private writing: Promise<void> | undefined;

  /** @param written is told how many lines the destination has taken */
  constructor(
    private readonly write: WriteChunk,
    private readonly written: (lines: number) => void,
  ) {}

  /** Makes room. @returns a promise where that takes waiting; the caller must wait before `append` */
  reserve(bytes: number): Promise<void> | undefined {
    return this.bytes + bytes <= this.chunk.length ? undefined : this.makeRoom(bytes);
  }

  /** Adds bytes for which room was made. */
  append(bytes: Uint8Array): void {
    this.chunk.set(bytes, this.bytes);
    this.bytes += bytes.length;
  }

  /** Ends a line. */
  endLine(): void {
    this.chunk[this.bytes++] = 0x0a;
    this.lines++;
  }

  async flush(): Promise<void> {
    await this.writing;
    this.startWriting();
    await this.writing;
  }

  private async makeRoom(bytes: number): Promise<void> {
    await this.writing;
    this.startWriting();
    if (bytes > this.chunk.length) this.chunk = new Uint8Array(2 * bytes);
  }

  private startWriting(): void {
    const { bytes, lines } = this;
    if (bytes === 0) return;
    const full = this.chunk.subarray(0, bytes);
    [this.chunk, this.spare] = [this.spare, this.chunk];
    this.bytes = 0;
    this.lines = 0;
    const writing = this.write(full).then(() => this.written(lines));
    // Awaited by the next write or flush, which may be a while: until then a failure is nobody's surprise.
    writing.catch(() => undefined);
    this.writing = writing;
  }
}
