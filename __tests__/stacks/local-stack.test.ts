import { generatorSettings } from "../../runtime/generator/settings";
import { loaderSettings } from "../../runtime/loader/settings";
import { processorSettings } from "../../runtime/processor/settings";
import { parseSettings } from "../../runtime/support/settings";
import type { Attributes } from "../../stacks/synthesis/synthesized";
import { removeFakeBundles, setBundle } from "./fake-bundles";
import { type Synthesis, synthesizePlatform } from "./synthesize-platform";

jest.mock("../../stacks/constructs/bundle", () => jest.requireActual("./fake-bundles").bundleModule);

afterEach(removeFakeBundles);

const PROGRAM_NAMES = ["generator", "loader", "processor"];
const containersOf = (synthesis: Synthesis) => synthesis.ofType("docker_container");
const containerOf = (synthesis: Synthesis, name: string): Attributes =>
  containersOf(synthesis).find(({ path }) => path === name)?.attributes ?? {};
const volumesOf = (container: Attributes) => container.volumes as readonly Record<string, string>[];

test("containers are declared for dev of the example project, never beside a real one", () => {
  const names = (synthesis: Synthesis) => synthesis.stacks.map(({ name }) => name);
  expect(names(synthesizePlatform("dev"))).toContain("local");
  expect(names(synthesizePlatform("prod"))).not.toContain("local");
  const real = synthesizePlatform("dev", "acme-music");
  expect(names(real)).not.toContain("local");
  expect(real.resources.filter(({ type }) => type.startsWith("docker_"))).toEqual([]);
});

test("the local stack needs Docker's engine only, and nothing of the platform waits for it", () => {
  const { stacks } = synthesizePlatform("dev");
  const local = stacks.find(({ name }) => name === "local");
  expect(Object.keys(local?.json.provider ?? {})).toEqual(["docker"]);
  expect(local?.dependencies).toEqual([]);
  expect(stacks.filter(({ dependencies }) => dependencies.includes("local"))).toEqual([]);
  expect(local?.json.terraform?.backend).toEqual({ local: { path: "../../../terraform.dev-local.tfstate" } });
});

test("every container is an ordinary user's, read-only, without capabilities, and ends in its own time", () => {
  const containers = containersOf(synthesizePlatform("dev"));
  expect(containers.map(({ path }) => path).sort()).toEqual(["generator", "kafka", "loader", "processor"]);
  for (const { attributes } of containers) {
    expect(attributes).toMatchObject({
      user: "1000:1000",
      read_only: true,
      capabilities: { drop: ["ALL"] },
      security_opts: ["no-new-privileges"],
      restart: "on-failure",
      log_opts: { "max-size": "10m", "max-file": "3" },
    });
    expect(attributes.privileged).toBeUndefined();
    expect(attributes.stop_timeout).toBeGreaterThanOrEqual(60);
  }
});

test("nothing is reachable but Kafka, from this machine alone", () => {
  const ports = containersOf(synthesizePlatform("dev")).flatMap(({ attributes }) => attributes.ports ?? []);
  expect(ports).toEqual([{ internal: 19_092, external: 19_092, ip: "127.0.0.1" }]);
});

test("whatever comes from this machine is mounted read-only, by a path that Terraform completes", () => {
  const volumes = containersOf(synthesizePlatform("dev")).flatMap(({ attributes }) => volumesOf(attributes));
  const fromHost = volumes.filter((volume) => volume.host_path !== undefined);
  expect(fromHost.length).toBe(5);
  for (const volume of fromHost) {
    expect(volume).toMatchObject({ host_path: expect.stringMatching(/^\$\{abspath\("/), read_only: true });
  }
});

test("Kafka keeps the machine's configuration, and its data in a volume", () => {
  const synthesis = synthesizePlatform("dev");
  const kafka = containerOf(synthesis, "kafka");
  expect(volumesOf(kafka)[0]).toEqual({
    container_path: "/var/lib/kafka",
    volume_name: `\${docker_volume.kafka-volume.name}`,
  });
  const folder = /abspath\("(.+)"\)/.exec(volumesOf(kafka)[1]?.host_path ?? "")?.[1] ?? "";
  const file = (name: string) => synthesis.files.get(`stacks/local/${folder}/${name}`);
  expect(file("kafka/server.properties")).toContain(
    "advertised.listeners=INTERNAL://kafka:9092,HOST://127.0.0.1:19092\n",
  );
  expect(file("kafka/topics")).toMatch(/^listen_events 3 cleanup\.policy=delete,/);
  expect(file("create-topics.sh")).toContain("broker=127.0.0.1:9092\n");
  expect(file("format-storage.sh")).toContain("kafka-storage.sh format");
  expect(kafka.command).toEqual(["sh", "/etc/rhythmic/run-kafka.sh"]);
  expect(file("run-kafka.sh")).toContain("exec /opt/kafka/bin/kafka-server-start.sh");
});

test("a program starts when what it needs is there: Kafka with its topics, the lake with its tables", () => {
  const synthesis = synthesizePlatform("dev");
  expect(containerOf(synthesis, "kafka")).toMatchObject({ wait: true, healthcheck: { test: expect.anything() } });
  expect(containerOf(synthesis, "generator").depends_on).toEqual(["docker_container.kafka"]);
  expect(containerOf(synthesis, "processor").depends_on).toEqual(["docker_container.kafka"]);
  expect(containerOf(synthesis, "loader").depends_on).toEqual(["docker_container.processor"]);
});

test("a new volume is first mounted over the folder that belongs to the image's user, and so becomes writable", () => {
  const synthesis = synthesizePlatform("dev");
  const targetOf = (program: string, volume: string) =>
    volumesOf(containerOf(synthesis, program)).find(({ volume_name }) => volume_name?.includes(volume))?.container_path;
  expect(targetOf("processor", "lake-volume")).toBe("/home/node");
  expect(targetOf("loader", "warehouse-volume")).toBe("/home/node");
  // By then it has an owner.
  expect(targetOf("loader", "lake-volume")).toBe("/mnt");
});

test("every program accepts exactly its settings", () => {
  const synthesis = synthesizePlatform("dev");
  const declarations = { generator: generatorSettings, loader: loaderSettings, processor: processorSettings };
  for (const [program, declaration] of Object.entries(declarations)) {
    const lines = containerOf(synthesis, program).env as readonly string[];
    const settings = Object.fromEntries(lines.map((line) => line.split("=") as [string, string]));
    expect(Object.keys(settings).filter((name) => !(name in declaration))).toEqual([]);
    expect(parseSettings(declaration, settings).problems).toEqual([]);
  }
});

test("the containers carry the very bundles of the platform, and another bundle replaces its container alone", () => {
  const before = synthesizePlatform("dev");
  const programs = before.stacks.flatMap((stack) => stack.programs);
  // There is no keeper among the containers.
  for (const { program, sha256 } of programs.filter((one) => one.program !== "keeper")) {
    expect(volumesOf(containerOf(before, program))[0]).toEqual({
      container_path: `/app/${program}.cjs`,
      host_path: `\${abspath("assets/${program}-bundle/${sha256}/${program}.cjs")}`,
      read_only: true,
    });
    expect([...before.files.keys()]).toContain(`stacks/local/assets/${program}-bundle/${sha256}/${program}.cjs`);
  }
  setBundle("loader", "// another loader\n");
  const after = synthesizePlatform("dev");
  const changed = [...PROGRAM_NAMES, "kafka"].filter(
    (name) => JSON.stringify(containerOf(after, name)) !== JSON.stringify(containerOf(before, name)),
  );
  expect(changed).toEqual(["loader"]);
});
