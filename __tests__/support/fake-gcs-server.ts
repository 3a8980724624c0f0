import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./eventually";

/** An independent server of Cloud Storage's API; what it gets wrong is said where it matters. */
const VERSION = "v1.56.1";

/** Installed by Go once (a minute, 50 MB), and kept in the cache. */
function installed(): string {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "rhythmic");
  const folder = join(cache, `fake-gcs-server-${VERSION}`);
  if (!existsSync(folder)) {
    process.stderr.write(`Installing fake-gcs-server ${VERSION} for the tests, once ...\n`);
    // Under its name only when it is whole.
    const part = `${folder}.${process.pid}.part`;
    mkdirSync(part, { recursive: true });
    try {
      execFileSync("go", ["install", `github.com/fsouza/fake-gcs-server@${VERSION}`], {
        env: { ...process.env, GOBIN: part },
        stdio: ["ignore", 2, 2],
      });
      renameSync(part, folder);
    } finally {
      rmSync(part, { recursive: true, force: true });
    }
  }
  return join(folder, "fake-gcs-server");
}

export interface FakeGcsOptions {
  /** PEM, for https. @default http */
  readonly https?: { readonly cert: string; readonly key: string };
  /** The name that its clients ask for, with a port where it is not the scheme's. @default its address on loopback */
  readonly publicHost?: string;
}

export interface FakeGcsServer {
  /** Where it listens on loopback. */
  readonly endpoint: string;
  readonly port: number;
  /** Makes a bucket. */
  makeBucket(name: string): Promise<void>;
  /** From now on it takes connections and answers nothing. */
  freeze(): void;
  stop(): Promise<void>;
}

/** Starts one with everything in memory. */
export async function startFakeGcsServer(options: FakeGcsOptions = {}): Promise<FakeGcsServer> {
  const program = installed();
  const port = await freePort();
  const scheme = options.https === undefined ? "http" : "https";
  const address = `127.0.0.1:${port}`;
  const publicHost = options.publicHost ?? address;
  const folder = mkdtempSync(join(tmpdir(), "rhythmic-gcs-"));
  // Its defaults listen everywhere, over https.
  const listen = ["-scheme", scheme, "-host", "127.0.0.1", "-port", String(port), ...certificate(folder, options)];
  const names = ["-external-url", `${scheme}://${publicHost}`, "-public-host", publicHost, "-backend", "memory"];
  const server = spawn(program, [...listen, ...names], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => server.once("close", () => resolve()));
  const ask = (path: string, body?: object) => askServer({ scheme, port, path, body });
  await eventually("fake-gcs-server answers", () => ask("/storage/v1/b?project=none").then(isOk, () => false));
  return {
    endpoint: `${scheme}://${address}`,
    port,
    async makeBucket(name) {
      const status = await ask("/storage/v1/b?project=none", { name });
      if (!isOk(status)) throw new Error(`fake-gcs-server answered ${status} to the bucket ${name}`);
    },
    freeze: () => void server.kill("SIGSTOP"),
    stop: async () => {
      // A frozen one hears no other signal.
      server.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const isOk = (status: number) => status >= 200 && status < 300;

function certificate(folder: string, { https }: FakeGcsOptions): string[] {
  if (https === undefined) return [];
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  writeFileSync(cert, https.cert);
  writeFileSync(key, https.key, { mode: 0o600 });
  return ["-cert-location", cert, "-private-key-location", key];
}

interface Question {
  readonly scheme: "http" | "https";
  readonly port: number;
  readonly path: string;
  /** Sent as JSON with POST. @default GET */
  readonly body: object | undefined;
}

/** @returns the answer's status. Asked on loopback, by who has just started it: whose certificate it is, is known. */
function askServer({ scheme, port, path, body }: Question): Promise<number> {
  const request = scheme === "https" ? requestHttps : requestHttp;
  const options = {
    host: "127.0.0.1",
    port,
    path,
    method: body === undefined ? "GET" : "POST",
    headers: { "Content-Type": "application/json" },
    ...(scheme === "https" ? { rejectUnauthorized: false } : {}),
  };
  return new Promise((resolve, reject) => {
    const asked = request(options, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.statusCode ?? 0));
    });
    asked.once("error", reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
