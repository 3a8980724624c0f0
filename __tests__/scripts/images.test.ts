import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { images } from "../../scripts/images";
import { IMAGES, MACHINE_IMAGE } from "../../stacks/constructs/images";
import { type Registry, startRegistry } from "../support/registry";

const NOTHING_PINNED = { generator: "npm run images -- pin", images: {}, machine: null };
const BOTH = ["linux/amd64", "linux/arm64/v8"];
const NO_CREDENTIALS = async () => {
  throw new Error("Could not load the default credentials.");
};

let registry: Registry;
let folder: string;
let lockFile: string;

beforeEach(async () => {
  registry = await startRegistry();
  folder = mkdtempSync(join(tmpdir(), "rhythmic-images-"));
  lockFile = join(folder, "images.lock.json");
  writeFileSync(lockFile, JSON.stringify(NOTHING_PINNED));
});
afterEach(async () => {
  await registry.stop();
  rmSync(folder, { recursive: true });
});

const run = (
  args: readonly string[],
  today = "2026-11-22",
  askGoogle: (url: string) => Promise<unknown> = NO_CREDENTIALS,
) => images(args, { lockFile, askGoogle, today });
const pin = (...more: string[]) => run(["pin", "--registry", registry.url, ...more]);
const lock = () => JSON.parse(readFileSync(lockFile, "utf8"));

describe("npm run images -- pin", () => {
  test("writes the digest that stands behind each tag, sorted, after a token and a look at the bytes", async () => {
    const node = registry.put(IMAGES.node, [...BOTH, "unknown/unknown"]);
    const kafka = registry.put(IMAGES.kafka, BOTH);
    const { output, code } = await pin();
    expect(code).toBe(0);
    expect(output).toMatch(/Written to stacks\/images\.lock\.json; commit it\.\n$/);
    const entry = (tag: string, digest: string) => ({ tag, digest, platforms: BOTH, pinned: "2026-11-22" });
    expect(lock()).toEqual({
      generator: "npm run images -- pin",
      images: { kafka: entry(IMAGES.kafka, kafka), node: entry(IMAGES.node, node) },
      machine: null,
    });
    expect(Object.keys(lock().images)).toEqual(["kafka", "node"]);
    const ofKafka = registry.asked.filter((line) => line.includes("kafka"));
    expect(ofKafka).toEqual([
      "HEAD /v2/apache/kafka/manifests/4.3.1",
      "GET /token?service=registry.test&scope=repository%3Aapache%2Fkafka%3Apull",
      "HEAD /v2/apache/kafka/manifests/4.3.1",
      `GET /v2/apache/kafka/manifests/${kafka}`,
    ]);
  });

  test("changes nothing, and no date, where the same stands behind the tags", async () => {
    for (const image of Object.values(IMAGES)) registry.put(image, BOTH);
    await pin();
    const before = readFileSync(lockFile, "utf8");
    const again = await run(["pin", "--registry", registry.url], "2027-01-01");
    expect(again).toEqual({ code: 0, output: expect.stringMatching(/as pinned\n(.*\n)*Nothing has changed\.\n$/) });
    expect(readFileSync(lockFile, "utf8")).toBe(before);
  });

  test("--check exits with 3 where something newer stands behind a tag, and writes nothing", async () => {
    for (const image of Object.values(IMAGES)) registry.put(image, BOTH);
    await pin();
    expect((await pin("--check")).code).toBe(0);
    const before = readFileSync(lockFile, "utf8");
    const old = lock().images.node.digest;
    const newer = registry.put(IMAGES.node, BOTH);
    const { output, code } = await pin("--check");
    expect([code, output]).toEqual([3, expect.stringContaining(`is ${newer}, pinned was ${old}`)]);
    expect(readFileSync(lockFile, "utf8")).toBe(before);
  });

  test("pins the machines' image where Google answers, and leaves it as it is where it does not", async () => {
    for (const image of Object.values(IMAGES)) registry.put(image, BOTH);
    const asked: string[] = [];
    const google = async (url: string) => {
      asked.push(url);
      return { name: "cos-121-18867-294-1" };
    };
    await run(["pin", "--registry", registry.url], "2026-11-22", google);
    expect(asked).toEqual([`https://compute.googleapis.com/compute/v1/${MACHINE_IMAGE}`]);
    const machine = {
      family: MACHINE_IMAGE,
      image: "projects/cos-cloud/global/images/cos-121-18867-294-1",
      pinned: "2026-11-22",
    };
    expect(lock().machine).toEqual(machine);
    const { output } = await pin();
    expect(output).toMatch(/machine: Google could not be asked \(Could not load .*\); \S+294-1 stays pinned/);
    expect(lock().machine).toEqual(machine);
    const odd = run(["pin", "--registry", registry.url], "2026-11-22", async () => ({ name: "../x" }));
    await expect(odd).rejects.toThrow(/Google gave no image of projects\/cos-cloud/);
  });

  test.each<[string, (kafka: string) => void, RegExp]>([
    [
      "bytes that are not those of the digest",
      (kafka) => registry.forge(kafka),
      /says that apache\/kafka:4\.3\.1 is sha256:\w+, but what it hands out under that digest is sha256:\w+: somebody stands between/,
    ],
    [
      "a token that is not taken",
      () => registry.distrustTokens(),
      /refuses to hand out \S+ \(HTTP 401\): it is not public/,
    ],
    [
      "a token that somebody else is to give",
      () => {
        registry.realm = "https://auth.example.com/token";
      },
      /asks for a token in a way that is not Docker's .* a realm of the same host/,
    ],
    [
      "too many requests",
      () => registry.refuseWith(429, { "Retry-After": "120" }),
      /hands out no more to this address for now \(HTTP 429\); wait 120 s, then run this again/,
    ],
    ["a registry that is broken", () => registry.refuseWith(500), /answered HTTP 500 to \S+; try again later/],
    [
      "a redirect",
      () => registry.refuseWith(302, { Location: "http://127.0.0.1:1/" }),
      /can't be reached \(.*redirect/,
    ],
    [
      "a platform that the machines are not",
      () => void registry.put(IMAGES.kafka, ["linux/arm64"]),
      /apache\/kafka:4\.3\.1 is not there for linux\/amd64, which the machines are, only for linux\/arm64/,
    ],
  ])("writes nothing at all after %s", async (_what, spoil, message) => {
    registry.put(IMAGES.node, BOTH);
    spoil(registry.put(IMAGES.kafka, BOTH));
    await expect(pin()).rejects.toThrow(message);
    expect(lock()).toEqual(NOTHING_PINNED);
    expect(readdirSync(folder)).toEqual(["images.lock.json"]);
  });

  test("says which tag is unknown", async () => {
    registry.put(IMAGES.node, BOTH);
    await expect(pin()).rejects.toThrow(
      /has no apache\/kafka:4\.3\.1; correct the tag in stacks\/constructs\/images\.ts/,
    );
  });

  test("says that nobody answers", async () => {
    const { url } = registry;
    await registry.stop();
    registry = await startRegistry();
    await expect(run(["pin", "--registry", url])).rejects.toThrow(
      /127\.0\.0\.1:\d+ can't be reached \(.*ECONNREFUSED.*\); check/,
    );
  });
});

describe("npm run images", () => {
  test("shows what is pinned and asks nobody", async () => {
    expect((await run([])).output).toBe(
      `node: ${IMAGES.node}, by its tag\nkafka: ${IMAGES.kafka}, by its tag\nmachine: the newest of ${MACHINE_IMAGE}\n`,
    );
    const node = registry.put(IMAGES.node, BOTH);
    registry.put(IMAGES.kafka, BOTH);
    await pin();
    registry.asked.length = 0;
    expect((await run(["show"])).output).toContain(
      `node: ${IMAGES.node} is ${node} since 2026-11-22 (linux/amd64, linux/arm64/v8)\n`,
    );
    expect(registry.asked).toEqual([]);
  });

  test.each<[string, readonly string[], RegExp]>([
    ["another command", ["pinn"], /The command of images is "pinn"; allowed: show, pin\./],
    ["--check without pin", ["--check"], /show asks nobody, so it takes neither --check nor --registry/],
    [
      "a registry without TLS",
      ["pin", "--registry", "http://registry.example.com"],
      /--registry is "http:\/\/registry\.example\.com"; allowed: https:/,
    ],
    ["an unknown flag", ["pin", "--force"], /no flag or argument --force/],
  ])("refuses %s", async (_what, args, message) => {
    await expect(run(args)).rejects.toThrow(message);
  });

  test("names a lock file that is none", async () => {
    writeFileSync(lockFile, "{");
    await expect(run([])).rejects.toThrow(/The lock file can't be read: /);
  });
});
