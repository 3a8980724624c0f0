import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { synthesizePlatform } from "../stacks/synthesize-platform";
import { type Google, objects, startGoogle } from "../support/machine/google";
import { Machine } from "../support/machine/machine";
import { type MachineTemplate, templateOf } from "../support/machine/template";

/**
 * What a program's machine does before its program: the real unit and the real script of a synth, with curl over TLS,
 * a metadata server that does what a test says, and a program of a few lines in place of the bundle.
 */

const PROGRAM = `/* Rhythmic processor; a program that runs until it is told to stop */
process.stderr.write("up\\n");
process.on("SIGTERM", () => process.exit(0));
setInterval(() => undefined, 1_000);
`;

let template: MachineTemplate;
let google: Google;
const stored = new Map<string, Uint8Array>();
let machine: Machine;

beforeAll(async () => {
  template = templateOf(synthesizePlatform("dev"), "processor");
  google = await startGoogle({ "storage.googleapis.com": objects(stored) });
});
afterAll(() => google.stop());

/** The processor's machine, whose bundle is a program. */
async function machineWith(program: string, changes: Readonly<Record<string, string>> = {}): Promise<Machine> {
  const bytes = Buffer.from(program);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const url = `https://storage.googleapis.com/artifacts/processor/${sha256}.cjs`;
  stored.set(new URL(url).pathname, bytes);
  const bundle = { "rhythmic-bundle": url, "rhythmic-bundle-sha256": sha256 };
  machine = await Machine.create({
    template: { ...template, attributes: { ...template.attributes, ...bundle, ...changes } },
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
const fetches = () => google.requests.filter(({ host, status }) => host === "storage.googleapis.com" && status === 200);
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
