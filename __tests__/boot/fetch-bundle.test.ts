import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { buildBundle } from "../../stacks/constructs/bundle";
import { METADATA, parseEnvironmentBlock } from "../../stacks/constructs/machine-metadata";
import { synthesizePlatform } from "../stacks/synthesize-platform";
import { type Google, objects, startGoogle } from "../support/machine/google";
import { Machine } from "../support/machine/machine";
import type { MetadataFault } from "../support/machine/metadata-server";
import { type MachineTemplate, templateOf } from "../support/machine/template";
import { describeOnLinux } from "../support/requires";

/**
 * What a program's machine does before its program: the real unit and the real script of a synth, with curl over TLS,
 * a metadata server that does what a test says, and a program of a few lines in place of the bundle.
 */

const PROGRAM = `/* Rhythmic processor; a program that runs until it is told to stop */
process.stderr.write("up\\n");
process.on("SIGTERM", () => process.exit(0));
setInterval(() => undefined, 1_000);
`;

describeOnLinux("what a program's machine does before its program", () => {
  let templates: Readonly<Record<"processor" | "generator", MachineTemplate>>;
  let template: MachineTemplate;
  let google: Google;
  const stored = new Map<string, Uint8Array>();
  let machine: Machine;

  beforeAll(async () => {
    const platform = synthesizePlatform("dev");
    templates = { processor: templateOf(platform, "processor"), generator: templateOf(platform, "generator") };
    google = await startGoogle({ "storage.googleapis.com": objects(stored) });
  });
  afterAll(() => google.stop());

  /** A program's machine, the processor's where nobody says otherwise, whose bundle is what is given. */
  async function machineWith(
    bundle: string,
    { of = "processor", settings }: { readonly of?: "processor" | "generator"; readonly settings?: string } = {},
  ): Promise<Machine> {
    template = templates[of];
    const bytes = Buffer.from(bundle);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const url = `https://storage.googleapis.com/artifacts/${of}/${sha256}.cjs`;
    stored.set(new URL(url).pathname, bytes);
    const attributes = {
      ...template.attributes,
      [METADATA.bundle]: url,
      [METADATA.bundleSha256]: sha256,
      ...(settings === undefined ? {} : { [METADATA.environment]: settings }),
    };
    machine = await Machine.create({
      template: { ...template, attributes },
      network: google.network,
      authority: google.authority,
    });
    google.accept(machine.metadata.token, template.email);
    return machine;
  }
  afterEach(async () => {
    google.heal();
    stored.clear();
    await machine.remove();
  });

  const UNIT = "rhythmic-processor";
  const bundleFile = () => path.join(machine.folders.host, "var/lib/rhythmic/processor.cjs");
  const fetches = () =>
    google.requests.filter(({ host, status }) => host === "storage.googleapis.com" && status === 200);
  /** What the script has said about why it does not go on. */
  const refusals = () =>
    machine.log(UNIT).filter((line) => line.startsWith("rhythmic-processor: ") && !/in place$/.test(line));
  function expectNothingLeft(): void {
    expect(existsSync(bundleFile())).toBe(false);
    expect(existsSync(`${bundleFile()}.part`)).toBe(false);
    expect(machine.calls("docker").filter((call) => call.startsWith("run"))).toEqual([]);
    expect(machine.log(UNIT)).not.toContain("up");
  }
  const isUp = () => machine.until("the program is up", () => machine.log(UNIT).includes("up"));

  test("the program starts from its bundle, fetched with the machine's own token", async () => {
    await machineWith(PROGRAM);
    machine.boot();
    await isUp();
    expect(machine.unit(UNIT).state).toBe("active");
    expect(readFileSync(bundleFile(), "utf8")).toBe(PROGRAM);
    expect(fetches().at(-1)?.email).toBe(template.email);
    await machine.shutDown();
    expect(machine.unit(UNIT)).toMatchObject({ state: "inactive", restarts: 0 });
    expect(existsSync(path.join(machine.folders.host, "run/rhythmic"))).toBe(false);
  });

  test("the program starts with the stack's settings and the machine's address, and with nothing else", async () => {
    await machineWith(PROGRAM);
    machine.boot();
    await isUp();
    const container = machine.container(UNIT);
    expect(container?.environment).toEqual({
      ...parseEnvironmentBlock(template.attributes[METADATA.environment] ?? ""),
      STATUS_ADDRESS: machine.address,
    });
    expect(container).toMatchObject({ user: { user: 2000, group: 2000 }, command: ["node", "/app/processor.cjs"] });
    expect(machine.calls("iptables")).toContain("-w -A INPUT -p tcp --dport 8080 -j ACCEPT");
  });

  test("a bundle of another sha256 is refused by name, tried again, and never started", async () => {
    await machineWith(PROGRAM);
    for (const url of stored.keys()) stored.set(url, Buffer.from("/* Rhythmic processor; of somebody else */\n"));
    machine.boot();
    await machine.until("systemd tries again", () => machine.unit(UNIT).restarts === 2);
    expect(refusals()[0]).toMatch(
      /^rhythmic-processor: https:\/\/storage\.googleapis\.com\/\S+ does not have the sha256 [0-9a-f]{64}; not started$/,
    );
    expectNothingLeft();
  });

  test("a bundle of another program is refused, although its sha256 is the one that is asked for", async () => {
    await machineWith("/* Rhythmic generator; a bundle of the wrong program */\n");
    machine.boot();
    await machine.until("it is refused", () => refusals().length > 0);
    expect(refusals()[0]).toMatch(
      / is not a bundle of processor, it begins with "\/\* Rhythmic generator; .*; not started$/,
    );
    expectNothingLeft();
  });

  test("an object that comes late is waited for", async () => {
    await machineWith(PROGRAM);
    google.fail({ path: /\/artifacts\//, status: 404, times: 3 });
    machine.boot();
    await isUp();
    expect(machine.unit(UNIT).restarts).toBe(0);
  });

  test("an object that never comes is named, in one line, and systemd asks again", async () => {
    await machineWith(PROGRAM);
    stored.clear();
    machine.boot();
    await machine.until("systemd tries again", () => machine.unit(UNIT).restarts === 1);
    expect(refusals()).toEqual([
      expect.stringMatching(
        /^rhythmic-processor: https:\S+\.cjs can't be had, after 7 tries: curl: \(22\) The requested URL returned error: 404$/,
      ),
    ]);
    expectNothingLeft();
  });

  test.each<[string, MetadataFault]>([
    ["answers late", { path: /attributes/, lateMs: 400 }],
    ["answers 503 at first", { path: /./, status: 503, times: 4 }],
    ["answers 404 at first", { path: /attributes\/rhythmic-bundle$/, status: 404, times: 3 }],
    ["has no token at first", { path: /token$/, status: 404, times: 3 }],
  ])("a metadata server that %s is waited for", async (_what, fault) => {
    await machineWith(PROGRAM);
    machine.metadata.fail(fault);
    machine.boot();
    await isUp();
    expect(machine.unit(UNIT).restarts).toBe(0);
  });

  test.each<[string, MetadataFault, RegExp]>([
    [
      "answers 503 for ever",
      { path: /./, status: 503 },
      /the metadata server's time can't be had, after 7 tries: .* 503$/,
    ],
    [
      "has no such attribute",
      { path: /rhythmic-bundle-sha256$/, status: 404 },
      /the metadata server's attributes\/rhythmic-bundle-sha256 can't be had, after 7 tries: .* 404$/,
    ],
    [
      "gives no token",
      { path: /token$/, body: "{}" },
      /the metadata server gave no token; has the machine a service acc/,
    ],
    [
      "gives no address",
      { path: /\/ip$/, body: "0.0.0.0" },
      /the metadata server gave "0\.0\.0\.0" as the machine's address; not started$/,
    ],
  ])("a metadata server that %s stops the boot with one line", async (_what, fault, line) => {
    await machineWith(PROGRAM);
    machine.metadata.fail(fault);
    machine.boot();
    await machine.until("systemd tries again", () => machine.unit(UNIT).restarts === 1);
    expect(refusals()).toEqual([expect.stringMatching(line)]);
    expect(machine.calls("docker").filter((call) => call.startsWith("run"))).toEqual([]);
    // What is mended is found by itself.
    machine.metadata.heal();
    await isUp();
  });

  test("a clock that is far off is named as such, before TLS could confuse anyone", async () => {
    await machineWith(PROGRAM);
    machine.metadata.setClock(-3_600_000);
    machine.boot();
    await machine.until("it is refused", () => refusals().length > 0);
    expect(refusals()[0]).toMatch(/: this machine's clock says .* GMT, Google's .* GMT: TLS would fail; not started$/);
    expect(google.requests.filter(({ email }) => email === template.email && fetches().length === 0)).toEqual([]);
    machine.metadata.setClock(30_000);
    await isUp();
  });

  test("a token that the bucket does not take is named by the bucket's answer", async () => {
    await machineWith(PROGRAM);
    google.fail({ path: /\/artifacts\//, status: 403 });
    machine.boot();
    await machine.until("it is refused", () => refusals().length > 0);
    expect(refusals()[0]).toMatch(/ can't be had, after 7 tries: curl: \(22\) The requested URL returned error: 403$/);
    expect(machine.log().join("\n")).not.toContain(machine.metadata.token);
    expectNothingLeft();
  });

  test("a disk that is full is named as such, and nothing stays of the half", async () => {
    await machineWith(`${PROGRAM}// ${"x".repeat(200_000)}\n`);
    machine.setFileBytesMax(100_000);
    machine.boot();
    await machine.until("systemd tries again", () => machine.unit(UNIT).restarts === 1);
    expect(refusals()).toEqual([
      expect.stringMatching(/\.cjs can't be written, the disk is full or read-only: curl: \(23\) /),
    ]);
    expectNothingLeft();
    machine.setFileBytesMax(undefined);
    await isUp();
  });

  test("a second boot fetches nothing, and starts the same bytes", async () => {
    await machineWith(PROGRAM);
    machine.boot();
    await isUp();
    await machine.shutDown();
    const fetched = fetches().length;
    machine.boot();
    await machine.until(
      "the program is up again",
      () => machine.log(UNIT).filter((line) => line === "up").length === 2,
    );
    expect(fetches().length).toBe(fetched);
  });

  test("a bundle that somebody has changed on the disk is fetched again", async () => {
    await machineWith(PROGRAM);
    machine.boot();
    await isUp();
    await machine.shutDown();
    writeFileSync(bundleFile(), "/* Rhythmic processor; changed */\n");
    machine.boot();
    await machine.until(
      "the program is up again",
      () => machine.log(UNIT).filter((line) => line === "up").length === 2,
    );
    expect(readFileSync(bundleFile(), "utf8")).toBe(PROGRAM);
  });

  test("a machine whose power goes in the middle of the fetch starts nothing half, and fetches when it is back", async () => {
    await machineWith(PROGRAM);
    google.fail({ path: /\/artifacts\//, lateMs: 5_000, times: 1 });
    machine.boot();
    const asked = () => machine.metadata.requests.some(({ path: asked }) => asked.endsWith("/token"));
    await machine.until("the fetch has begun", asked);
    await machine.crash();
    expect(existsSync(bundleFile())).toBe(false);
    machine.boot();
    await isUp();
    expect(readFileSync(bundleFile(), "utf8")).toBe(PROGRAM);
  });

  test("a half bundle that was left behind is not started from", async () => {
    await machineWith(PROGRAM);
    mkdirSync(path.dirname(bundleFile()), { recursive: true });
    writeFileSync(`${bundleFile()}.part`, PROGRAM.slice(0, 60));
    writeFileSync(bundleFile(), PROGRAM.slice(0, 60));
    machine.boot();
    await isUp();
    expect(readFileSync(bundleFile(), "utf8")).toBe(PROGRAM);
  });

  test("settings that the program refuses stop the boot with the setting's name, once", async () => {
    const settings = `${templates.processor.attributes[METADATA.environment]}PROCESSOR_CUT_INTERVAL_MS=soon\n`;
    const bundle = readFileSync(buildBundle("processor").file, "utf8");
    await machineWith(bundle, { settings });
    machine.boot();
    await machine.until("the program has refused them", () => machine.unit(UNIT).state === "failed");
    expect(JSON.parse(machine.log(UNIT).at(-1) ?? "{}")).toMatchObject({
      severity: "ERROR",
      code: "bad_settings",
      message: expect.stringMatching(/^PROCESSOR_CUT_INTERVAL_MS .* is "soon"; it must be a whole number/),
    });
    expect(machine.unit(UNIT)).toMatchObject({ restarts: 0, ends: [{ code: 2, signal: null }] });
  });

  test("a program that fails is started again; one that does its work once stays ended, on this machine", async () => {
    await machineWith(
      `/* Rhythmic generator; fails at first */
const { existsSync, writeFileSync } = require("node:fs");
const isSecond = existsSync(__dirname + "/seen");
writeFileSync(__dirname + "/seen", "");
process.exit(isSecond ? 0 : 1);
`,
      { of: "generator" },
    );
    const unit = "rhythmic-generator";
    machine.boot();
    await machine.until(
      "it has ended",
      () => machine.unit(unit).restarts === 1 && machine.unit(unit).state === "inactive",
    );
    expect(machine.unit(unit).ends.map(({ code }) => code)).toEqual([1, 0]);
    expect(machine.log(unit).at(-1)).toBe(
      "rhythmic-generator: the program has ended; it does not start again on this machine",
    );
    machine.boot();
    await machine.until("its start is refused", () => machine.log(unit).at(-1)?.includes("not started") === true);
    expect(machine.unit(unit).state).toBe("inactive");
  });

  test("a program that was killed with its machine does not stand in the way of its next start", async () => {
    await machineWith(PROGRAM);
    machine.boot();
    await isUp();
    await machine.crash();
    machine.boot();
    await machine.until(
      "the program is up again",
      () => machine.log(UNIT).filter((line) => line === "up").length === 2,
    );
    expect(machine.calls("docker")).toContain("rm --force rhythmic-processor");
  });

  test("a program that does not stop has 25 of the machine's 30 seconds", async () => {
    await machineWith(PROGRAM);
    machine.boot();
    await isUp();
    await machine.shutDown();
    expect(machine.calls("docker")).toContain("stop --time=25 rhythmic-processor");
    expect(machine.unit(UNIT).file.timeoutStopSeconds).toBe(30);
  });
});
