import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { escapeForTerraform, renderBoot } from "../../../stacks/constructs/boot";

const TEMPLATES = path.join(__dirname, "../../../stacks/constructs/templates");
const PROGRAM = { program: "processor", registry: "registry.example", image: "registry.example/node:1" };
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
