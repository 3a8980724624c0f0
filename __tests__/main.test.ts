import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { ENVIRONMENT_NAMES, type EnvironmentName } from "../stacks/environment-record";
import { removeFakeBundles, setBundle } from "./stacks/fake-bundles";
import { pageOf } from "./stacks/summary";
import { type Synthesis, synthesizePlatform } from "./stacks/synthesize-platform";

jest.mock("../stacks/constructs/bundle", () => jest.requireActual("./stacks/fake-bundles").bundleModule);

const STACKS = ["batch", "foundation", "kafka", "lake", "network", "observability", "stream", "warehouse"];
/** Dev of the example project has a platform of containers beside it, for trying out without a cloud. */
const stacksOf = (name: EnvironmentName) => (name === "dev" ? [...STACKS, "local"].sort() : STACKS);
const synthesized = new Map<EnvironmentName, Synthesis>();
const synthesisOf = (name: EnvironmentName): Synthesis => {
  const found = synthesized.get(name) ?? synthesizePlatform(name);
  synthesized.set(name, found);
  return found;
};

afterEach(removeFakeBundles);

describe.each(ENVIRONMENT_NAMES)("the platform in %s", (name) => {
  test("is these stacks, none of them empty", () => {
    const { stacks } = synthesisOf(name);
    expect(stacks.map((stack) => stack.name).sort()).toEqual(stacksOf(name));
    for (const stack of stacks) expect(stack.resources.length).toBeGreaterThan(0);
  });

  test("deploys the stores before what moves data between them", () => {
    const { stacks } = synthesisOf(name);
    const dependenciesOf = (stack: string) => stacks.find((candidate) => candidate.name === stack)?.dependencies;
    expect(dependenciesOf("foundation")).toEqual([]);
    expect(dependenciesOf("network")).toEqual(["foundation"]);
    expect(dependenciesOf("lake")).toEqual(["foundation"]);
    expect(dependenciesOf("warehouse")).toEqual(["foundation", "lake"]);
    expect(dependenciesOf("kafka")).toEqual(["foundation", "network"]);
    expect(dependenciesOf("stream")).toEqual(["network", "kafka", "lake"]);
    expect(dependenciesOf("batch")).toEqual(["network", "lake", "warehouse"]);
    expect(dependenciesOf("observability")).toEqual(["foundation"]);
  });

  test("passes no token from one stack to another", () => {
    const { files, resources } = synthesisOf(name);
    for (const stack of STACKS) {
      const json = files.get(`stacks/${stack}/cdk.tf.json`) ?? "";
      expect(json).not.toContain("terraform_remote_state");
      // By this name cdktf makes an output of whatever another stack asks for.
      expect(json).not.toContain("cross-stack-output");
      const own = resources.filter((resource) => resource.stack === stack).map((resource) => resource.type);
      for (const [, type] of json.matchAll(/\$\{(google_\w+)\./g)) expect(own).toContain(type);
    }
  });

  test.each(stacksOf(name))("reads as this page: %s", (stack) => {
    const page = pageOf(synthesisOf(name), stack);
    expect(page.split("\n").length).toBeGreaterThan(3);
    expect(page).toMatchSnapshot();
  });
});

test("the environments share no name", () => {
  const namesOf = (name: EnvironmentName) =>
    synthesisOf(name)
      .resources.filter(({ type }) => !["google_project_service", "google_bigquery_table"].includes(type))
      .filter(({ type }) => !type.endsWith("_iam_member") && type !== "google_dns_record_set")
      .flatMap(({ attributes }) => [attributes.name, attributes.account_id, attributes.dataset_id])
      .filter((value) => typeof value === "string" && !value.startsWith("${"));
  const dev = namesOf("dev");
  const prod = namesOf("prod");
  expect(dev.length).toBeGreaterThan(20);
  // Objects lie in buckets, whose names differ.
  expect(dev.filter((value) => prod.includes(value) && !String(value).startsWith("bundles/"))).toEqual([]);
});

test("without a project the state is local, beside cdktf.json, at a relative path", () => {
  const { files } = synthesisOf("dev");
  expect(JSON.parse(files.get("stacks/lake/cdk.tf.json") ?? "").terraform.backend).toEqual({
    local: { path: "../../../terraform.dev-lake.tfstate" },
  });
});

test("with a project the state lies in Cloud Storage, a prefix an environment and stack", () => {
  const { files } = synthesizePlatform("prod", "acme-music");
  for (const stack of STACKS) {
    expect(JSON.parse(files.get(`stacks/${stack}/cdk.tf.json`) ?? "").terraform.backend).toEqual({
      gcs: { bucket: "acme-music-rhythmic-state", prefix: `prod/${stack}` },
    });
  }
});

test("the output holds no path of this machine, and is the same from another folder", () => {
  const here = synthesisOf("dev");
  const before = process.cwd();
  process.chdir(tmpdir());
  const there = synthesizePlatform("dev");
  process.chdir(before);
  expect([...there.files]).toEqual([...here.files]);
  for (const [file, text] of here.files) {
    for (const folder of [path.join(__dirname, ".."), path.join(tmpdir(), "rhythmic-"), path.join(homedir(), "/")]) {
      expect({ file, folder, found: text.includes(folder) }).toEqual({ file, folder, found: false });
    }
  }
});

test("a change of the loader changes what runs the loader alone", () => {
  const before = synthesizePlatform("dev");
  setBundle("loader", "// another loader\n");
  const after = synthesizePlatform("dev");
  const changed = stacksOf("dev").filter((stack) => {
    const file = `stacks/${stack}/cdk.tf.json`;
    return before.files.get(file) !== after.files.get(file);
  });
  expect(changed).toEqual(["batch", "local"]);
  const template = (synthesis: Synthesis) =>
    synthesis.ofType("google_compute_instance_template").find(({ path }) => path === "loader/template")?.attributes;
  expect(template(after)?.metadata).not.toEqual(template(before)?.metadata);
});
