import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { homedir } from "node:os";
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
  /** The name that its clients ask for: it answers downloads under that name alone. @default its address on loopback */
  readonly publicHost?: string;
}

export interface FakeGcsServer {
  /** Where it listens on loopback. */
  readonly endpoint: string;
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
  const address = `127.0.0.1:${port}`;
  const publicHost = options.publicHost ?? address;
  // Its defaults listen everywhere, over https.
  const listen = ["-scheme", "http", "-host", "127.0.0.1", "-port", String(port)];
  const names = ["-external-url", `http://${publicHost}`, "-public-host", publicHost, "-backend", "memory"];
  const server = spawn(program, [...listen, ...names], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => server.once("close", () => resolve()));
  const buckets = `http://${address}/storage/v1/b?project=none`;
  await eventually("fake-gcs-server answers", () =>
    fetch(buckets).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return {
    endpoint: `http://${address}`,
    async makeBucket(name) {
      const headers = { "Content-Type": "application/json" };
      const { ok, status } = await fetch(buckets, { method: "POST", headers, body: JSON.stringify({ name }) });
      if (!ok) throw new Error(`fake-gcs-server answered ${status} to the bucket ${name}`);
    },
    freeze: () => void server.kill("SIGSTOP"),
    stop: async () => {
      // A frozen one hears no other signal.
      server.kill("SIGKILL");
      await ended;
    },
  };
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
