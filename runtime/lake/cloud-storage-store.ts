import type { Bucket, File } from "@google-cloud/storage";
import { RhythmicError } from "../support/errors";
import {
  BrokenAnswer,
  CloudStorageFailure,
  explain,
  type Patience,
  patiently,
  type Request,
  saysNoBucket,
} from "./cloud-storage-errors";
import type { ObjectEntry, ObjectStore } from "./object-store";

/**
 * A lake in a bucket of Cloud Storage. Create-only is an upload with `ifGenerationMatch=0`, of which one of many wins
 * (cloud.google.com/storage/docs/request-preconditions); reads and listings after a write are strongly consistent
 * (cloud.google.com/storage/docs/consistency). An upload is one request that carries its checksum: Cloud Storage
 * refuses what arrived damaged before anybody can see it.
 *
 * The client's own retries are off, because which requests they cover differs from call to call: every request is
 * tried again here, by one rule (`patiently`).
 */

/** What this driver asks for beside the place; the defaults suit a machine and a laptop. */
export interface CloudStorageOptions extends Partial<Patience> {
  /** Another server of Cloud Storage's API, asked without credentials. @default Google's */
  readonly apiEndpoint?: string;
}

const PATIENCE: Patience = { tryMaxMs: 30_000, triesMax: 5, triesBeginMaxMs: 60_000, backoffMs: 500 };

/** Objects of a page; Cloud Storage's own limit (json_api/v1/objects/list, maxResults). */
const PAGE_OBJECTS = 1_000;

const CREATE = "storage.objects.create";
const DELETE = "storage.objects.delete";
const GET = "storage.objects.get";
const LIST = "storage.objects.list";

/** The fields of an object that a listing asks for; sizes and generations are text in Cloud Storage's JSON. */
interface ListedObject {
  readonly name: string;
  readonly size: string;
  readonly timeCreated: string;
}

/** A page of a listing, as the API answers it. */
interface Page {
  readonly items?: readonly ListedObject[];
  readonly nextPageToken?: string;
}

/**
 * Opens a lake in a bucket, and asks for one name in it, so that a missing bucket or right shows now. Whether it may
 * be written shows at the first write: there is no way to try without leaving something behind.
 * @param prefix of all names, without a slash at its ends; empty: the bucket is the lake's alone
 * @throws RhythmicError lake_unusable, lake_unreachable
 */
export async function createCloudStorageStore(
  bucketName: string,
  prefix: string,
  options: CloudStorageOptions = {},
): Promise<ObjectStore> {
  const { apiEndpoint, ...patience } = options;
  const store = new CloudStorageStore(
    await connect(bucketName, apiEndpoint, { ...PATIENCE, ...patience }),
    bucketName,
    prefix,
    { ...PATIENCE, ...patience },
  );
  await store.requireBucket();
  return store;
}

/** Loaded here and nowhere else, so that whoever has a lake in a folder does not pay for it. */
async function connect(bucketName: string, apiEndpoint: string | undefined, patience: Patience): Promise<Bucket> {
  const { Storage } = await import("@google-cloud/storage");
  const storage = new Storage({
    retryOptions: { autoRetry: false },
    timeout: patience.tryMaxMs,
    ...(apiEndpoint === undefined ? {} : { apiEndpoint }),
  });
  return storage.bucket(bucketName);
}

class CloudStorageStore implements ObjectStore {
  readonly url: string;
  /** What all names in the bucket begin with: empty, or ending in a slash. */
  readonly #before: string;

  constructor(
    private readonly bucket: Bucket,
    private readonly bucketName: string,
    prefix: string,
    private readonly patience: Patience,
  ) {
    this.url = `gs://${bucketName}${prefix === "" ? "" : `/${prefix}`}`;
    this.#before = prefix === "" ? "" : `${prefix}/`;
  }

  /**
   * `exists` says that there is an object of this name, whoever made it: perhaps an earlier try of this very call,
   * whose answer was lost. Who must know reads it (P4 of the protocol). Without an answer to the last try it throws,
   * and the object may still appear.
   */
  async create(name: string, bytes: Uint8Array): Promise<"created" | "exists"> {
    try {
      await this.#upload(name, bytes, { ifGenerationMatch: 0 });
      return "created";
    } catch (error) {
      if (error instanceof CloudStorageFailure && error.status === 412) return "exists";
      // Who may create but not delete is refused a name that is taken, before the precondition is looked at.
      if (error instanceof CloudStorageFailure && error.status === 403 && (await this.#isThere(name))) return "exists";
      throw this.#explained(error, "written", CREATE);
    }
  }

  async replace(name: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.#upload(name, bytes, {});
    } catch (error) {
      throw this.#explained(error, "written", DELETE);
    }
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    try {
      return (await this.#download(name, {})).bytes;
    } catch (error) {
      if (error instanceof CloudStorageFailure && error.status === 404 && !saysNoBucket(error)) return undefined;
      throw this.#explained(error, "read", GET);
    }
  }

  /** The checksum that Cloud Storage gives is the whole object's, so that of a range only the length is checked. */
  async getRange(name: string, start: number, end: number): Promise<Uint8Array> {
    if (end <= start) return new Uint8Array();
    try {
      const { bytes } = await this.#download(name, { start, end: end - 1 });
      return bytes;
    } catch (error) {
      if (error instanceof CloudStorageFailure && error.status === 416) return new Uint8Array();
      if (error instanceof CloudStorageFailure && error.status === 404 && !saysNoBucket(error)) {
        throw new RhythmicError("lake_corrupt", `The lake ${this.url} lacks ${name}, which its log names.`);
      }
      throw this.#explained(error, "read", GET);
    }
  }

  /** A page at a time is in memory, and the next one is asked for when this one has been used. */
  async *list(prefix: string, options: { readonly from?: string } = {}): AsyncGenerator<ObjectEntry> {
    let pageToken: string | undefined;
    do {
      const page: Page = await this.#page(prefix, options.from, PAGE_OBJECTS, pageToken);
      for (const { name, size, timeCreated } of page.items ?? []) {
        yield {
          name: name.slice(this.#before.length),
          sizeBytes: Number(size),
          modifiedMs: Date.parse(timeCreated),
        };
      }
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined && pageToken !== "");
  }

  async remove(name: string): Promise<void> {
    try {
      await patiently(this.patience, () => this.#file(name).delete());
    } catch (error) {
      if (error instanceof CloudStorageFailure && error.status === 404 && !saysNoBucket(error)) return;
      throw this.#explained(error, "written", DELETE);
    }
  }

  uri(name: string): string {
    return `gs://${this.bucketName}/${this.#before}${name}`;
  }

  /** @throws RhythmicError lake_unusable: there is no such bucket, or it may not be listed */
  async requireBucket(): Promise<void> {
    await this.#page("", undefined, 1, undefined);
  }

  #file(name: string): File {
    return this.bucket.file(`${this.#before}${name}`);
  }

  async #upload(name: string, bytes: Uint8Array, preconditionOpts: { ifGenerationMatch?: 0 }): Promise<void> {
    const { CRC32C } = await import("@google-cloud/storage");
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const crc32c = new CRC32C();
    crc32c.update(buffer);
    await patiently(this.patience, () =>
      this.#file(name).save(buffer, {
        resumable: false,
        // The client would look at the checksum of what is there already, and delete what it finds wrong; Cloud
        // Storage compares the one of the metadata before the object is there.
        validation: false,
        metadata: { crc32c: crc32c.toString() },
        preconditionOpts,
      }),
    );
  }

  #download(
    name: string,
    range: { readonly start?: number; readonly end?: number },
  ): Promise<{ readonly bytes: Uint8Array }> {
    return patiently(this.patience, async (over) => {
      // Without a range the client compares the object's checksum with what has arrived.
      const stream = this.#file(name).createReadStream({ ...range, decompress: false });
      let expectedBytes: number | undefined;
      stream.on("response", ({ headers }: { headers: Readonly<Record<string, string | undefined>> }) => {
        expectedBytes = bytesPromised(headers);
      });
      over.addEventListener("abort", () => stream.destroy());
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      const bytes = Buffer.concat(chunks);
      const asked = range.start === undefined ? undefined : (range.end ?? 0) - range.start + 1;
      if ((expectedBytes !== undefined && bytes.length !== expectedBytes) || bytes.length > (asked ?? Infinity)) {
        throw new BrokenAnswer(`${bytes.length} bytes came of ${expectedBytes ?? asked}`);
      }
      return { bytes };
    });
  }

  async #page(prefix: string, from: string | undefined, maxResults: number, pageToken?: string): Promise<Page> {
    try {
      return await patiently(this.patience, async () => {
        const [, , answer] = await this.bucket.getFiles({
          autoPaginate: false,
          maxResults,
          fields: "items(name,size,timeCreated),nextPageToken",
          prefix: `${this.#before}${prefix}`,
          ...(from === undefined ? {} : { startOffset: `${this.#before}${from}` }),
          ...(pageToken === undefined ? {} : { pageToken }),
        });
        return answer as Page;
      });
    } catch (error) {
      throw this.#explained(error, "listed", LIST);
    }
  }

  /** Is there an object of this name? Who may not even look is told no. */
  async #isThere(name: string): Promise<boolean> {
    return patiently(this.patience, () => this.#file(name).getMetadata()).then(
      () => true,
      () => false,
    );
  }

  #explained(error: unknown, doing: Request["doing"], permission: string): unknown {
    return explain(error, { url: this.url, bucket: this.bucketName, doing, permission });
  }
}

/** How many bytes an answer says it has: of a range `bytes 3-5/10`, of a whole object its length. */
function bytesPromised(headers: Readonly<Record<string, string | undefined>>): number | undefined {
  const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(headers["content-range"] ?? "") ?? [];
  if (first !== undefined && last !== undefined) return Number(last) - Number(first) + 1;
  const length = Number(headers["content-length"]);
  return Number.isSafeInteger(length) && headers["content-length"] !== undefined ? length : undefined;
}
