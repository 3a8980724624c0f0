import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { loaderReports } from "../../../../runtime/loader/metrics";
import { SILENT } from "../../../../runtime/support/logging";
import { serveStatus } from "../../../../runtime/support/status/server";
import { type Watched, watch } from "../../../../runtime/support/status/watch";
import { eventually } from "../../../support/eventually";
import { get, probe } from "../../../support/prober";
import { runNode } from "../../../support/program";

const ADDRESS = "127.0.0.1";

let program: Watched<typeof loaderReports>;
let url: string;

beforeEach(async () => {
  program = await watch({
    program: "loader",
    reports: loaderReports,
    log: SILENT,
    place: { address: ADDRESS, port: 0 },
    file: __filename,
  });
  url = program.url ?? "";
});
afterEach(() => program.close());

test("a program that never becomes ready answers 503 for as long as it lives, and says why", async () => {
  for (const path of ["/healthz", "/readyz"]) {
    const { statusCode, headers, body } = await get(`${url}${path}`);
    expect([statusCode, headers["content-type"]]).toEqual([503, "application/json; charset=utf-8"]);
    expect(JSON.parse(body)).toEqual({
      program: "loader",
      state: "starting",
      why: "It has not been ready yet.",
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
  }
  program.status.notReady("Kafka is away.");
  expect(await probe(`${url}/healthz`)).toBe(503);
});

test("a lost Kafka turns /readyz red alone, a stuck program both, a stop /readyz alone", async () => {
  const answers = async () => [await probe(`${url}/healthz`), await probe(`${url}/readyz`)];
  program.status.ready();
  expect(await answers()).toEqual([200, 200]);
  program.status.notReady("Kafka is away.");
  expect(await answers()).toEqual([200, 503]);
  program.status.stuck("Nothing moves.");
  expect(await answers()).toEqual([503, 503]);
  program.status.stuck(undefined);
  program.status.ready();
  expect(await answers()).toEqual([200, 200]);
  program.status.stopping();
  expect(await answers()).toEqual([200, 503]);
});

test.each([
  ["GET", "/", 404, "There is /healthz, /readyz, /metrics; nothing else.\n"],
  ["GET", "/healthz/", 404, expect.any(String)],
  ["GET", "/__proto__", 404, expect.any(String)],
  ["POST", "/readyz", 405, "/readyz is read with GET or HEAD.\n"],
  ["DELETE", "/metrics", 405, expect.any(String)],
  ["HEAD", "/readyz", 503, ""],
  ["GET", "/readyz?full=1", 503, expect.stringContaining("starting")],
])("%s %s is answered with %i", async (method, path, statusCode, body) => {
  const answer = await get(`${url}${path}`, { method });
  expect([answer.statusCode, answer.body]).toEqual([statusCode, body]);
  if (statusCode === 405) expect(answer.headers.allow).toBe("GET, HEAD");
});

test("only the given address is listened on", async () => {
  expect(await probe(`${url}/healthz`)).toBe(503);
  // Another address of the same machine: all of 127.0.0.0/8 is loopback on Linux.
  await expect(get(`${url.replace(ADDRESS, "127.0.0.2")}/healthz`)).rejects.toThrow(/ECONNREFUSED/);
});

test("headers without an end, and too long ones, are not waited for", async () => {
  const { hostname, port } = new URL(url);
  const ended = (text: string) =>
    new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname, () => socket.write(text));
      let answer = "";
      socket.on("data", (data) => {
        answer += data.toString();
      });
      socket.on("close", () => resolve(answer.split("\r\n")[0] ?? ""));
    });
  const tooLate = sleep(12_000, "too late", { ref: false });
  expect(await ended(`GET /readyz HTTP/1.1\r\nhost: x\r\nx-long: ${"x".repeat(10_000)}\r\n\r\n`)).toMatch(/ 431 /);
  expect(await Promise.race([ended("GET /readyz HTTP/1.1\r\nhost: x\r\n"), tooLate])).toMatch(/ 408 /);
}, 20_000);

test.each([
  [
    "a port that is taken",
    () => ({ address: ADDRESS, port: Number(new URL(url).port) }),
    /where another program listens at 127\.0\.0\.1 already; give a free port, or 0 for any\./,
  ],
  [
    "an address of another machine",
    () => ({ address: "192.0.2.1", port: 0 }),
    /STATUS_ADDRESS \(--status-address\) is 192\.0\.2\.1, which is no address of this machine/,
  ],
] as const)("%s ends with one sentence, as wrong settings do", async (_, place, message) => {
  await expect(serveStatus(place(), {}, SILENT)).rejects.toMatchObject({
    code: "bad_settings",
    exitCode: 2,
    message: expect.stringMatching(message),
  });
});

test("it keeps no process alive, not even with a connection that is open", async () => {
  const script = `
    const { serveStatus } = require("./runtime/support/status/server.ts");
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    serveStatus({ address: "${ADDRESS}", port: 0 }, {}, log).then(({ url }) => {
      require("node:net").connect(Number(new URL(url).port), "${ADDRESS}").unref();
      setTimeout(() => process.stdout.write("last words"), 300);
    });`;
  const run = runNode(["--import", "tsx", "--eval", script]);
  await eventually("it has ended by itself", () => run.process.exitCode !== null);
  expect([run.process.exitCode, run.stdout()]).toEqual([0, "last words"]);
});
