import { selectEnvironment } from "../../stacks/environments";
import { PlatformStack } from "../../stacks/platform-stack";
import { environmentFor, synthesizeOnly } from "./one-stack";

class SomeStack extends PlatformStack {
  say(id: string): this {
    this.tell(id, "gcloud storage ls", "Lists the buckets.");
    return this;
  }
}

function jsonOf(environment = environmentFor("dev"), id = "some") {
  const [stack] = synthesizeOnly((app) => new SomeStack(app, id, environment).say("buckets")).stacks;
  if (stack === undefined) throw new Error("nothing was synthesized");
  return stack;
}

test("every stack labels what it makes with the platform, the environment and its own name", () => {
  expect(jsonOf(environmentFor("prod"), "lake").json.provider?.google).toEqual([
    {
      project: "acme-music",
      region: "us-central1",
      zone: "us-central1-a",
      default_labels: { platform: "rhythmic", environment: "prod", stack: "lake" },
    },
  ]);
});

test("the state lies in the cloud, a prefix an environment and stack, or here where that is asked for", () => {
  expect(jsonOf().json.terraform?.backend).toEqual({
    gcs: { bucket: "acme-music-rhythmic-state", prefix: "dev/some" },
  });
  expect(jsonOf(environmentFor("dev", { state: "local" })).json.terraform?.backend).toEqual({
    local: { path: "../../../terraform.dev-some.tfstate" },
  });
});

test("what a stack tells a person is an output by the name that was given", () => {
  expect(jsonOf().outputs).toEqual({ buckets: { value: "gcloud storage ls", description: "Lists the buckets." } });
});

test("a stack of the example project holds what refuses its deployment, one of a real project does not", () => {
  const [guard, ...others] = jsonOf(selectEnvironment({})).resources;
  expect(others).toEqual([]);
  expect(guard).toMatchObject({
    type: "terraform_data",
    attributes: { lifecycle: { precondition: [{ condition: `\${local.project != "rhythmic-example"}` }] } },
  });
  expect(jsonOf().resources).toEqual([]);
  expect(jsonOf().json).not.toHaveProperty("locals");
});
