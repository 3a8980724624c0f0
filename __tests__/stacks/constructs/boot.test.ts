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
const KAFKA = {
  registry: "registry.example",
  image: "registry.example/kafka:1",
  dataDevice: "/dev/disk/by-id/google-kafka-data",
  port: "9092",
  advertised: "kafka.example:9092",
  heapMb: "1024",
  topics: "listen_events 3 retention.ms=1\nauth_events 1 retention.ms=2",
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
  expect(runs.length).toBe(1);
  expect(runs[0]).toContain("--log-driver=json-file --log-opt=max-size=10m --log-opt=max-file=3");
});

test("Kafka writes its log to standard output alone", () => {
  const boot = renderBoot("kafka.yaml", KAFKA);
  const file = "/etc/rhythmic/kafka/log4j2.properties";
  expect(boot).toContain(`--env=KAFKA_LOG4J_OPTS=-Dlog4j2.configurationFile=${file} `);
  expect(boot).toContain(`  - path: ${file}\n`);
});

test("a program's unit never gives up: what it waits for may come after any time", () => {
  expect(renderBoot("program.yaml", PROGRAM)).toMatch(/^ +StartLimitIntervalSec=0$/m);
});

test("a value of several lines stands at the place's indentation", () => {
  expect(renderBoot("kafka.yaml", KAFKA)).toContain(
    "    content: |\n      listen_events 3 retention.ms=1\n      auth_events 1 retention.ms=2\n",
  );
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
