import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { sourceFiles } from "./import-graph";
import { brokenRules } from "./import-rules";

const ROOT = path.join(__dirname, "../..");
const { dependencies } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));

test("no file of the repository imports what it must not", () => {
  expect(sourceFiles(ROOT).length).toBeGreaterThan(50);
  expect(brokenRules(ROOT, Object.keys(dependencies))).toEqual([]);
});

describe("in a tree where all is well", () => {
  const GOOD: Readonly<Record<string, string>> = {
    "main.ts": 'import { App } from "cdktf";\nimport "./stacks/lake-stack";\n',
    "stacks/environments.ts": "export const name = process.env.RHYTHMIC_ENV;\n",
    "stacks/lake-stack.ts":
      'import "@cdktf/provider-google/lib/storage-bucket";\nimport "../runtime/schema/events";\n' +
      'import "../runtime/loader/settings";\nimport "../runtime/kafka/topics";\nimport "./environments";\n',
    "runtime/schema/events.ts": "export const EVENTS = [];\n",
    "runtime/support/settings.ts": 'import { Type } from "@sinclair/typebox";\n',
    "runtime/support/program.ts": 'import "./settings";\nexport const env = process.env;\n',
    "runtime/kafka/topics.ts": 'import "../schema/events";\n',
    "runtime/kafka/event-source.ts": 'import "../support/program";\n',
    "runtime/kafka/kafkajs-source.ts": 'import { Kafka } from "kafkajs";\nimport "./event-source";\n',
    "runtime/kafka/kafkajs-client.ts": 'import "./kafkajs-source";\n',
    "runtime/kafka/open-kafka.ts": 'import "./kafkajs-source";\n',
    "runtime/marts/graph.ts": 'import "node:path";\n',
    "runtime/loader/settings.ts": 'import "../support/settings";\n',
    "runtime/loader/loader.ts":
      'import type { EventSource } from "../kafka/event-source";\nimport "../marts/graph";\nimport "./settings";\n',
    "runtime/loader/main.ts": 'import "../kafka/kafkajs-source";\nimport "../kafka/open-kafka";\nimport "./loader";\n',
    "runtime/audit/audit.ts": 'import "../schema/events";\n',
    "scripts/demo.ts": 'import "../runtime/kafka/kafkajs-source";\nconst { env } = process;\nimport "jest";\n',
  };
  const PACKAGES = ["cdktf", "@cdktf/provider-google", "@sinclair/typebox", "kafkajs"];
  let root: string;
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), "rhythmic-imports-"));
    for (const [file, text] of Object.entries(GOOD)) write(file, text);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test("no rule is broken", () => {
    expect(brokenRules(root, PACKAGES)).toEqual([]);
  });

  test.each<[string, string, string]>([
    ["main.ts", 'import "./runtime/schema/events";', "main.ts imports stacks only"],
    [
      "stacks/lake-stack.ts",
      'import "../runtime/loader/loader";',
      "stacks import of runtime only schema and files named",
    ],
    ["stacks/lake-stack.ts", 'import type { X } from "../runtime/support/program";', "stacks import of runtime only"],
    ["stacks/lake-stack.ts", "export const x = process.env.X;", "reads process.env"],
    ["stacks/lake-stack.ts", 'import "@cdktf/provider-google";', "name the resource"],
    ["scripts/demo.ts", 'import * as google from "@cdktf/provider-google/lib";', "name the resource"],
    ["stacks/lake-stack.ts", 'import "typescript";', "not among the dependencies"],
    ["runtime/loader/loader.ts", 'import "../../stacks/environments";', "runtime never imports stacks"],
    ["runtime/loader/loader.ts", 'import "../../scripts/demo";', "nothing but scripts and tests imports scripts"],
    ["runtime/loader/loader.ts", 'import "../audit/audit";', "loader imports only schema, marts, support, kafka"],
    ["runtime/loader/loader.ts", 'export * from "../kafka/kafkajs-source";', "named by a program's main.ts alone"],
    ["runtime/loader/loader.ts", 'const x = await import("../kafka/kafkajs-source");', "named by a program's main.ts"],
    ["runtime/loader/loader.ts", 'type X = import("../kafka/kafkajs-source").X;', "named by a program's main.ts alone"],
    ["runtime/loader/loader.ts", 'import "../kafka/open-kafka";', "what opens them are named by a program's main.ts"],
    ["runtime/kafka/event-source.ts", 'import "./open-kafka";', "what opens them are named by a program's main.ts"],
    ["runtime/kafka/kafkajs-client.ts", 'import "./open-kafka";', "what opens them are named by a program's main.ts"],
    ["runtime/loader/loader.ts", 'import "kafkajs";', "only drivers may: files named kafkajs-*.ts"],
    ["runtime/loader/loader.ts", 'const x = require("cdktf");', "no provider may reach a program's bundle"],
    ["runtime/loader/loader.ts", "export const { X } = process.env;", "reads process.env"],
    ["runtime/loader/loader.ts", 'export const x = process["env"];', "reads process.env"],
    ["runtime/loader/loader.ts", "const { env: variables } = process;", "reads process.env"],
    ["runtime/loader/settings.ts", 'import "./loader";', "files of values import only each other and schema"],
    ["runtime/loader/settings.ts", 'import "node:fs";', "files of values import nothing of Node"],
    ["runtime/loader/settings.ts", 'import "kafkajs";', "files of values import no package but @sinclair/typebox"],
    ["runtime/kafka/event-source.ts", 'import "../loader/loader";', "kafka imports only schema, support"],
    ["runtime/kafka/event-source.ts", 'import "./kafkajs-source";', "drivers and what opens them are named by"],
    ["runtime/schema/events.ts", 'import "../support/settings";', "schema imports only itself"],
    ["runtime/marts/graph.ts", 'import "../schema/events";', "marts imports only itself"],
    ["runtime/support/program.ts", 'import "../kafka/event-source";', "support imports only itself"],
  ])("%s with `%s` breaks a rule", (file, line, problem) => {
    write(file, `${GOOD[file]}${line}\n`);
    expect(brokenRules(root, PACKAGES)).toEqual([expect.stringContaining(problem)]);
    expect(brokenRules(root, PACKAGES)[0]).toMatch(new RegExp(`^${file} (imports|reads) `));
  });
});
