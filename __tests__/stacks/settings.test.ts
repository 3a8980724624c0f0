import { generatorSettings } from "../../runtime/generator/settings";
import { loaderSettings } from "../../runtime/loader/settings";
import { processorSettings } from "../../runtime/processor/settings";
import { environmentOf, parseSettings } from "../../runtime/support/settings";
import { parseEnvironmentBlock } from "../../stacks/constructs/machine-metadata";
import { ENVIRONMENT_NAMES } from "../../stacks/environments";
import { synthesizePlatform } from "./synthesis";

jest.mock("../../stacks/constructs/bundle", () => jest.requireActual("./fake-bundles").bundleModule);

afterAll(() => jest.requireActual("./fake-bundles").removeFakeBundles());

const DECLARATIONS = { generator: generatorSettings, processor: processorSettings, loader: loaderSettings };

test.each(ENVIRONMENT_NAMES)("every program accepts exactly the settings that its stack gives it in %s", (name) => {
  const templates = synthesizePlatform(name).ofType("google_compute_instance_template");
  for (const [program, declaration] of Object.entries(DECLARATIONS)) {
    const template = templates.find(({ path }) => path === `${program}/template`);
    const metadata = template?.attributes.metadata as Record<string, string>;
    const environment = parseEnvironmentBlock(metadata["rhythmic-environment"] ?? "");
    expect(Object.keys(environment).length).toBeGreaterThan(0);
    expect(Object.keys(environment).filter((setting) => !(setting in declaration))).toEqual([]);
    expect(parseSettings(declaration, environment).problems).toEqual([]);
  }
});

test("a setting of a wrong name, a wrong type or none at all does not compile", () => {
  const complete = { LAKE_URL: "gs://lake", WAREHOUSE_URL: "bigquery://project/rhythmic_dev" };
  expect(environmentOf(loaderSettings, complete)).toEqual(complete);
  // @ts-expect-error WAREHOUSE_URL is missing.
  expect(() => environmentOf(loaderSettings, { LAKE_URL: "gs://lake" })).toThrow(/WAREHOUSE_URL .* is missing/);
  // @ts-expect-error The loader has no such setting; in JavaScript it would be passed on in silence.
  environmentOf(loaderSettings, { ...complete, LOADER_INTERVAL_S: 1 });
  // @ts-expect-error The interval is a number of milliseconds.
  expect(() => environmentOf(loaderSettings, { ...complete, LOADER_INTERVAL_MS: "a minute" })).toThrow(
    /LOADER_INTERVAL_MS/,
  );
});
