import { type Cloud, startCloud } from "../support/machine/cloud";
import type { Machine } from "../support/machine/machine";

/**
 * The dev platform of a synth, booted: Kafka's machine and the programs' from their own templates, with the real
 * bundles, the real Kafka, Cloud Storage's API from fake-gcs-server and the stand-in for Secret Manager. The tests
 * follow one another, as the days of one deployment do.
 */

jest.setTimeout(120_000);

let cloud: Cloud;
let kafka: Machine;
let generator: Machine;

beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

const START_WITHIN_MS = 90_000;
const isReady = async (machine: Machine) => (await machine.probe("/readyz")) === 200;

test("the generator's machine, booted before Kafka's, waits for it and says so", async () => {
  generator = await cloud.machine(cloud.template("generator"));
  generator.boot();
  await generator.until("it waits", () => generator.log("rhythmic-generator").some((line) => /waiting/.test(line)));
  expect(await generator.probe("/readyz")).toBe(503);
  expect(await generator.probe("/healthz")).toBe(503);
});

test("Kafka's machine formats its disk and its storage, and its keeper becomes ready", async () => {
  kafka = await cloud.machine(cloud.template("kafka"));
  kafka.boot();
  await kafka.until("the keeper is ready", () => isReady(kafka), START_WITHIN_MS);
  expect(cloud.disk.state().formatted).toBe(1);
});

test("the generator starts when Kafka is ready", async () => {
  await generator.until("it is ready", () => isReady(generator), START_WITHIN_MS);
  expect(generator.unit("rhythmic-generator").restarts).toBe(0);
});
