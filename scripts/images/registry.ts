import { createHash } from "node:crypto";
import { messageOf, RhythmicError } from "../../runtime/support/errors";
import { PLATFORM } from "../../stacks/constructs/images-lock";

/**
 * Asks a registry which digest stands behind a tag, by the OCI distribution specification
 * (github.com/opencontainers/distribution-spec, spec.md, "Pulling manifests") and Docker's way to a token
 * (distribution.github.io/distribution/spec/auth/token). Nobody logs in: the images are public.
 */

export const DOCKER_HUB = "https://registry-1.docker.io";

/** What was found behind a tag. */
export interface ResolvedImage {
  readonly digest: string;
  /** Such as `linux/amd64`, sorted. */
  readonly platforms: readonly string[];
}

/** Lists of manifests, one a platform: OCI's and Docker's own. */
const INDEX_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const ANSWER_WITHIN_MS = 20_000;
/** Registries take no larger manifest (spec.md, "Pushing Manifests"). */
const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;

const failed = (message: string, cause?: unknown) => new RhythmicError("download_failed", message, { cause });

/**
 * @param registry the registry's address, `https://host`
 * @param tag as stacks/constructs/images.ts has it: `library/node:22.23.3-bookworm-slim`
 * @throws RhythmicError download_failed
 */
export async function resolveImage(registry: string, tag: string): Promise<ResolvedImage> {
  const [repository = "", version = ""] = tag.split(":");
  const client = new RegistryClient(registry, repository);
  const head = await client.manifest("HEAD", version);
  const digest = head.headers.get("docker-content-digest") ?? "";
  if (!DIGEST.test(digest)) {
    throw failed(
      `${registry} gives no sha256 digest for ${tag} (${JSON.stringify(digest)}); it is no registry of images.`,
    );
  }
  const body = Buffer.from(await (await client.manifest("GET", digest)).arrayBuffer());
  const found = `sha256:${createHash("sha256").update(body).digest("hex")}`;
  if (found !== digest) {
    throw failed(
      `${registry} says that ${tag} is ${digest}, but what it hands out under that digest is ${found}: somebody stands ` +
        "between, or the registry is broken. Nothing was written; try another network.",
    );
  }
  return { digest, platforms: platformsOf(tag, body) };
}

/** The platforms of an index, sorted. @throws RhythmicError download_failed */
function platformsOf(tag: string, body: Buffer): readonly string[] {
  let index: { readonly mediaType?: unknown; readonly manifests?: unknown };
  try {
    if (body.length > MANIFEST_BYTES_MAX) throw new Error(`it has ${body.length} bytes`);
    index = JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw failed(`The manifest of ${tag} can't be read: ${messageOf(error)}.`, error);
  }
  if (!Array.isArray(index.manifests)) {
    throw failed(`${tag} is an image of one platform, not a list of them; name a tag that is one.`);
  }
  const platforms = (index.manifests as { platform?: { os?: string; architecture?: string; variant?: string } }[])
    .map(({ platform }) => [platform?.os, platform?.architecture, platform?.variant].filter(Boolean).join("/"))
    // Attestations stand in the list as platforms of nobody.
    .filter((platform) => platform !== "" && !platform.startsWith("unknown"));
  if (!platforms.includes(PLATFORM)) {
    throw failed(`${tag} is not there for ${PLATFORM}, which the machines are, only for ${platforms.join(", ")}.`);
  }
  return [...new Set(platforms)].sort();
}

/** One repository of a registry, with the token for it once it is asked for one. */
class RegistryClient {
  #token: string | undefined;

  constructor(
    private readonly registry: string,
    private readonly repository: string,
  ) {}

  /** @param reference a tag or a digest */
  async manifest(method: "HEAD" | "GET", reference: string): Promise<Response> {
    const url = `${this.registry}/v2/${this.repository}/manifests/${reference}`;
    let response = await this.#ask(method, url);
    if (response.status === 401 && this.#token === undefined) {
      this.#token = await this.#fetchToken(response.headers.get("www-authenticate") ?? "");
      response = await this.#ask(method, url);
    }
    if (response.ok) return response;
    throw failed(this.#refused(reference, response));
  }

  #ask(method: "HEAD" | "GET", url: string): Promise<Response> {
    const authorization = this.#token === undefined ? undefined : { Authorization: `Bearer ${this.#token}` };
    return ask(url, { method, headers: { Accept: INDEX_TYPES.join(", "), ...authorization } });
  }

  /** @param challenge `Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="..."` */
  async #fetchToken(challenge: string): Promise<string> {
    const parts = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
    const realm = parts.get("realm");
    if (!/^Bearer /i.test(challenge) || realm === undefined || !this.#isOurs(realm)) {
      throw failed(
        `${this.registry} asks for a token in a way that is not Docker's (${JSON.stringify(challenge)}); allowed is a ` +
          "Bearer challenge with a realm of the same host or of auth.docker.io.",
      );
    }
    const url = new URL(realm);
    url.searchParams.set("service", parts.get("service") ?? "");
    // What we are about to do, whatever the challenge says.
    url.searchParams.set("scope", `repository:${this.repository}:pull`);
    const response = await ask(url.href, {});
    const { token, access_token: other } = response.ok
      ? ((await response.json().catch(() => ({}))) as { token?: string; access_token?: string })
      : {};
    const given = token ?? other;
    if (given === undefined) {
      throw failed(`${url.host} gave no token to read ${this.repository} (HTTP ${response.status}); try again later.`);
    }
    return given;
  }

  /** A token is asked of nobody whom the registry's address does not name. */
  #isOurs(realm: string): boolean {
    if (!URL.canParse(realm)) return false;
    const { protocol, host } = new URL(realm);
    const { protocol: ours, host: registryHost } = new URL(this.registry);
    if (host === registryHost) return protocol === ours;
    return this.registry === DOCKER_HUB && protocol === "https:" && host === "auth.docker.io";
  }

  #refused(reference: string, response: Response): string {
    const what = `${this.repository}${reference.startsWith("sha256:") ? "@" : ":"}${reference}`;
    switch (response.status) {
      case 401:
      case 403:
        return `${this.registry} refuses to hand out ${what} (HTTP ${response.status}): it is not public, or does not exist.`;
      case 404:
        return `${this.registry} has no ${what}; correct the tag in stacks/constructs/images.ts.`;
      case 429: {
        const seconds = response.headers.get("retry-after");
        const wait = seconds === null ? "wait some hours" : `wait ${seconds} s`;
        return `${this.registry} hands out no more to this address for now (HTTP 429); ${wait}, then run this again.`;
      }
      default:
        return `${this.registry} answered HTTP ${response.status} to ${what}; try again later.`;
    }
  }
}

/** @throws RhythmicError download_failed where nobody answers */
async function ask(url: string, options: RequestInit): Promise<Response> {
  try {
    // A redirect would lead to somebody who was not named.
    return await fetch(url, { ...options, redirect: "error", signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  } catch (error) {
    // fetch says "fetch failed", and why in its cause.
    const { cause = error } = error as { readonly cause?: unknown };
    throw failed(
      `${new URL(url).host} can't be reached (${(cause as Partial<Error>).message ?? cause}); check the network, or give another registry with --registry.`,
      error,
    );
  }
}
