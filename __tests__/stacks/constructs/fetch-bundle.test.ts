import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

/**
 * The script that puts a bundle onto a machine, run by a shell with the real curl, which is sent to a server here for
 * whatever name it asks. `sleep` stands in, so that no test waits; it writes down for how long it was asked.
 */

const SCRIPT = path.join(__dirname, "../../../stacks/constructs/templates/fetch-bundle.sh");
const BUNDLE = "/* Rhythmic processor; esbuild 0, options 0 */\nconsole.log('the program');\n";
const INSTANCE = "/computeMetadata/v1/instance";
const URL_OF_BUNDLE = "http://storage.example/bundle.cjs";
const TOKEN = "ya29.a-token";

interface Answer {
  readonly status?: number;
  readonly body?: string;
  /** Answers only the number of times that is said, then as a good machine's. @default always */
  times?: number;
  readonly date?: string;
}

let folder: string;
let server: Server;
/** What is answered otherwise than on a good machine, by path. */
let otherwise: Record<string, Answer>;
let asked: { readonly url: string; readonly headers: IncomingMessage["headers"] }[];

function goodAnswers(bundle: string): Readonly<Record<string, string>> {
  return {
    [`${INSTANCE}/id`]: "4711",
    [`${INSTANCE}/attributes/rhythmic-bundle-sha256`]: createHash("sha256").update(bundle).digest("hex"),
    [`${INSTANCE}/attributes/rhythmic-bundle`]: URL_OF_BUNDLE,
    [`${INSTANCE}/attributes/rhythmic-environment`]: "LAKE_URL=gs://lake\nSTATUS_PORT=8080\n",
    [`${INSTANCE}/network-interfaces/0/ip`]: "10.20.0.7",
    [`${INSTANCE}/service-accounts/default/token`]: `{"access_token":"${TOKEN}","expires_in":3599,"token_type":"Bearer"}`,
    "/bundle.cjs": bundle,
  };
}

/** What the machine's metadata and the bucket hold from now on. */
let good: Readonly<Record<string, string>>;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "rhythmic-fetch-"));
  mkdirSync(path.join(folder, "bin"));
  otherwise = {};
  asked = [];
  good = goodAnswers(BUNDLE);
  server = createServer((request, response) => {
    const url = request.url ?? "";
    asked.push({ url, headers: request.headers });
    const answer = otherwise[url];
    const other = answer !== undefined && (answer.times ?? 1) > 0;
    if (answer?.times !== undefined) answer.times -= 1;
    const { status = 200, body = good[url] ?? "", date = undefined } = other ? answer : {};
    if (date !== undefined) response.setHeader("Date", date);
    response.writeHead(status).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  writeFileSync(path.join(folder, ".curlrc"), `connect-to = "::127.0.0.1:${port}"\n`);
  const curl = execFileSync("sh", ["-c", "command -v curl"], { encoding: "utf8" }).trim();
  writeFileSync(path.join(folder, "bin/curl"), `#!/bin/sh\necho "$@" >> ${folder}/arguments\nexec ${curl} "$@"\n`, {
    mode: 0o755,
  });
  writeFileSync(path.join(folder, "bin/sleep"), `#!/bin/sh\necho "$1" >> ${folder}/slept\n`, { mode: 0o755 });
});

afterEach(async () => {
  await new Promise((closed) => server.close(closed));
  rmSync(folder, { recursive: true });
});

async function fetchBundle(): Promise<{ readonly status: number | null; readonly said: string }> {
  const child = spawn("sh", [SCRIPT, "processor", `${folder}/bundles`, `${folder}/settings`], {
    env: { PATH: `${folder}/bin:${process.env.PATH}`, CURL_HOME: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk));
  const status = await new Promise<number | null>((ended) => child.on("close", ended));
  return { status, said };
}

const inBundles = () => readdirSync(path.join(folder, "bundles"));
const settingsFile = () => path.join(folder, "settings/environment");
const fetches = () => asked.filter(({ url }) => url === "/bundle.cjs").length;
const slept = () => readFileSync(path.join(folder, "slept"), "utf8").trim().split("\n");

/** One line, and nothing left from which a program could be started. */
async function expectRefusal(line: RegExp): Promise<void> {
  const { status, said } = await fetchBundle();
  expect(said.trimEnd().split("\n")).toEqual([expect.stringMatching(line)]);
  expect(status).toBe(1);
  expect(inBundles()).toEqual([]);
  expect(existsSync(settingsFile())).toBe(false);
}

test("a bundle is put in place with its settings and the machine's own address", async () => {
  const { status, said } = await fetchBundle();
  expect(said).toMatch(/^rhythmic-processor: bundle [0-9a-f]{64} is in place\n$/);
  expect(status).toBe(0);
  expect(inBundles()).toEqual(["processor.cjs"]);
  expect(readFileSync(path.join(folder, "bundles/processor.cjs"), "utf8")).toBe(BUNDLE);
  const settings = readFileSync(settingsFile(), "utf8").split("\n").filter(Boolean);
  expect(settings).toEqual(["LAKE_URL=gs://lake", "STATUS_PORT=8080", "STATUS_ADDRESS=10.20.0.7"]);
});

test("a second boot finds the bundle there, and reads its settings anew", async () => {
  await fetchBundle();
  good = { ...good, [`${INSTANCE}/network-interfaces/0/ip`]: "10.20.0.8" };
  expect((await fetchBundle()).status).toBe(0);
  expect(fetches()).toBe(1);
  expect(readFileSync(settingsFile(), "utf8")).toContain("STATUS_ADDRESS=10.20.0.8\n");
});

test("a bundle that somebody has changed on the disk is fetched again", async () => {
  await fetchBundle();
  writeFileSync(path.join(folder, "bundles/processor.cjs"), "changed");
  expect((await fetchBundle()).status).toBe(0);
  expect(readFileSync(path.join(folder, "bundles/processor.cjs"), "utf8")).toBe(BUNDLE);
  expect(fetches()).toBe(2);
});

test("the token stands in the request to the bucket, in no argument of a process, and is not said", async () => {
  const { said } = await fetchBundle();
  expect(asked.find(({ url }) => url === "/bundle.cjs")?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  const rest = asked.filter(({ url }) => url !== "/bundle.cjs");
  expect(rest.map(({ headers }) => headers["metadata-flavor"])).toEqual(rest.map(() => "Google"));
  expect(said + readFileSync(path.join(folder, "arguments"), "utf8")).not.toContain(TOKEN);
});

test.each([
  ["a metadata server that is not up yet", `${INSTANCE}/id`, 503],
  ["metadata that is not there yet", `${INSTANCE}/attributes/rhythmic-bundle-sha256`, 404],
  ["an object that is not there yet", "/bundle.cjs", 404],
])("%s is asked again, with pauses that double", async (_, url, status) => {
  otherwise = { [url]: { status, times: 3 } };
  expect((await fetchBundle()).status).toBe(0);
  expect(slept()).toEqual(["1", "2", "4"]);
});

test.each([
  ["attributes/rhythmic-bundle-sha256"],
  ["attributes/rhythmic-bundle"],
  ["attributes/rhythmic-environment"],
  ["network-interfaces/0/ip"],
])("a machine whose metadata lacks %s is told by that name after a minute", async (name) => {
  otherwise = { [`${INSTANCE}/${name}`]: { status: 404 } };
  const child = fetchBundle();
  const { status, said } = await child;
  expect(said).toBe(
    `rhythmic-processor: the metadata server's ${name} can't be had, after 7 tries: curl: (22) The requested URL returned error: 404\n`,
  );
  expect(status).toBe(1);
  expect(slept()).toEqual(["1", "2", "4", "8", "16", "32"]);
  expect(existsSync(settingsFile())).toBe(false);
});

test("an object that does not come is named", async () => {
  otherwise = { "/bundle.cjs": { status: 404 } };
  await expectRefusal(
    /^rhythmic-processor: http:\/\/storage\.example\/bundle\.cjs can't be had, after 7 tries: .*404$/,
  );
});

test("a bundle of another sha256 is refused, and never stands where the program would be started from", async () => {
  otherwise = { "/bundle.cjs": { body: "/* Rhythmic processor; */ somebody else's code" } };
  await expectRefusal(
    /^rhythmic-processor: http:\/\/storage\.example\/bundle\.cjs does not have the sha256 [0-9a-f]{64}; not started$/,
  );
});

test("a bundle that was built for another program is refused, although its sha256 is the one that is asked for", async () => {
  good = goodAnswers("/* Rhythmic loader; esbuild 0, options 0 */\nconsole.log('the loader');\n");
  await expectRefusal(
    /bundle\.cjs is not a bundle of processor, it begins with "\/\* Rhythmic loader; .*"; not started$/,
  );
});

test("a disk that is full is named as such, at once", async () => {
  mkdirSync(path.join(folder, "bundles"));
  symlinkSync("/dev/full", path.join(folder, "bundles/processor.cjs.part"));
  await expectRefusal(/bundle\.cjs can't be written, the disk is full or read-only: curl: \(23\)/);
  expect(existsSync(path.join(folder, "slept"))).toBe(false);
});

test.each([
  ["a day behind", 86_400_000],
  ["a day ahead", -86_400_000],
  ["61 seconds and more behind", 90_000],
])("a clock that is %s is noticed before TLS fails", async (_, offMs) => {
  otherwise = { [`${INSTANCE}/id`]: { date: new Date(Date.now() + offMs).toUTCString() } };
  await expectRefusal(
    /^rhythmic-processor: this machine's clock says .* GMT, Google's .* GMT: TLS would fail; not started$/,
  );
});

test("a clock that is half a minute off is good enough", async () => {
  otherwise = { [`${INSTANCE}/id`]: { date: new Date(Date.now() - 30_000).toUTCString() } };
  expect((await fetchBundle()).status).toBe(0);
});

test("a machine without a token is refused", async () => {
  otherwise = { [`${INSTANCE}/service-accounts/default/token`]: { body: "{}" } };
  await expectRefusal(/^rhythmic-processor: the metadata server gave no token; has the machine a service account\?$/);
});

test.each(["0.0.0.0", "", "<html>"])('an address "%s" is refused: the program would answer everybody', async (body) => {
  otherwise = { [`${INSTANCE}/network-interfaces/0/ip`]: { body } };
  const { status, said } = await fetchBundle();
  expect(said).toContain(`the metadata server gave "${body}" as the machine's address; not started`);
  expect(status).toBe(1);
  expect(existsSync(settingsFile())).toBe(false);
});

test("settings of the last boot are gone where this one is refused", async () => {
  await fetchBundle();
  otherwise = { [`${INSTANCE}/attributes/rhythmic-environment`]: { status: 500 } };
  expect((await fetchBundle()).status).toBe(1);
  expect(existsSync(settingsFile())).toBe(false);
});
