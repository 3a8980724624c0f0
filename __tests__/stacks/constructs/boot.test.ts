import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { escapeForTerraform, renderBoot } from "../../../stacks/constructs/boot";

const TEMPLATES = path.join(__dirname, "../../../stacks/constructs/templates");
const PROGRAM = {
  program: "processor",
  registry: "registry.example",
  image: "registry.example/node:1",
  statusPort: "8080",
  restart: "always",
};
const LISTENERS = {
  port: "9092",
  adminPort: "9094",
  advertised: "kafka.example:9092",
  tlsFolder: "/mnt/disks/kafka/tls",
};
const KAFKA = {
  registry: "registry.example",
  kafkaImage: "registry.example/kafka:1",
  nodeImage: "registry.example/node:1",
  dataDevice: "/dev/disk/by-id/google-kafka-data",
  port: "9092",
  heapMb: "1024",
  listeners: renderBoot("machine-listeners.properties", LISTENERS).trimEnd(),
  tlsFolder: "/mnt/disks/kafka/tls",
};

test("a program's machine is told this", () => {
  expect(renderBoot("program.yaml", PROGRAM)).toMatchSnapshot();
});

test("Kafka's machine is told this", () => {
  expect(renderBoot("kafka.yaml", KAFKA)).toMatchSnapshot();
});

// Kafka's machine ran with Kafka's own default, which writes a file an hour for ever beside its programs.
test.each([
  ["program.yaml", PROGRAM],
  ["kafka.yaml", KAFKA],
])("no log of %s can fill the disk", (template, values) => {
  const runs = renderBoot(template, values).match(/^ +ExecStart=.*$/gm) ?? [];
  // What runs once and ends is of the boot, and leaves no container behind.
  expect(runs.length).toBe(template === "kafka.yaml" ? 2 : 1);
  for (const run of runs) expect(run).toContain("--log-driver=json-file --log-opt=max-size=10m --log-opt=max-file=3");
});

test("Kafka writes its log to standard output alone", () => {
  const boot = renderBoot("kafka.yaml", KAFKA);
  const file = "/etc/rhythmic/kafka/log4j2.properties";
  expect(boot).toContain(`--env=KAFKA_LOG4J_OPTS=-Dlog4j2.configurationFile=${file} `);
  expect(boot).toContain(`  - path: ${file}\n`);
});

test.each([
  ["program.yaml", PROGRAM, 1],
  ["kafka.yaml", KAFKA, 2],
])("no unit of %s gives up: what it waits for may come after any time", (template, values, units) => {
  expect(renderBoot(template, values).match(/^ +StartLimitIntervalSec=0$/gm)?.length).toBe(units);
});

test("a value of several lines stands at the place's indentation", () => {
  expect(
    renderBoot("kafka.yaml", { ...KAFKA, listeners: "listeners=A://a:1\nadvertised.listeners=A://a:1" }),
  ).toContain("\n      listeners=A://a:1\n      advertised.listeners=A://a:1\n      log.dirs=");
});

test("a value that is missing, or that no template asks for, is refused", () => {
  const { image: _, ...without } = PROGRAM;
  expect(() => renderBoot("program.yaml", without)).toThrow("program.service asks for {{image}}, which nobody gives");
  expect(() => renderBoot("program.yaml", { ...PROGRAM, zone: "a" })).toThrow("program.yaml has no place for zone");
});

test("Terraform's own marks stay what they are", () => {
  expect(escapeForTerraform("a $" + "{b} %{c} $d")).toBe("a $$" + "{b} %%{c} $d");
});

test.each(readdirSync(TEMPLATES).filter((name) => name.endsWith(".sh")))(
  "%s is a script that a shell reads",
  (name) => {
    execFileSync("sh", ["-n", path.join(TEMPLATES, name)]);
  },
);
