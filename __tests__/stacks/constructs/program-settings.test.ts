import { declarePlatform } from "../../../main";
import { loaderSettings } from "../../../runtime/loader/settings";
import { settingsFor } from "../../../stacks/constructs/program-settings";
import { SynthesisError } from "../../../stacks/synthesis/synthesis-error";
import { environmentFor, synthesizeOnly } from "../one-stack";

jest.mock("../../../stacks/constructs/bundle", () => jest.requireActual("../fake-bundles").bundleModule);

afterAll(() => jest.requireActual("../fake-bundles").removeFakeBundles());

const complete = { LAKE_URL: "gs://lake", WAREHOUSE_URL: "bigquery://acme-music/rhythmic_dev" };

test("settings that the program takes become its environment", () => {
  expect(settingsFor("batch/loader", loaderSettings, complete)).toEqual(complete);
});

test("a missing or a wrong setting stops the synthesis with the construct's path, the setting and what it must be", () => {
  // @ts-expect-error WAREHOUSE_URL is missing; what reads its values from elsewhere compiles all the same.
  const missing = () => settingsFor("batch/loader", loaderSettings, { LAKE_URL: "gs://lake" });
  expect(missing).toThrow(SynthesisError);
  expect(missing).toThrow(/^batch\/loader: .* WAREHOUSE_URL \(--warehouse[\w-]*\) is missing; it must be /);
  const wrong = () => settingsFor("batch/loader", loaderSettings, { ...complete, LOADER_STAGING_EXPIRY_DAYS: -1 });
  expect(wrong).toThrow(/^batch\/loader: .* LOADER_STAGING_EXPIRY_DAYS .* is "-1"; it must be /);
});

test("an environment with a value that a program refuses stops the synthesis where the program's machine is declared", () => {
  const dev = environmentFor("dev");
  const generator = { ...dev.generator, eventsPerSecondMax: -1 };
  expect(() => synthesizeOnly((app) => declarePlatform(app, { ...dev, generator }))).toThrow(
    /^kafka\/generator: .* GENERATOR_EVENTS_PER_SECOND_MAX .* is "-1"; it must be /,
  );
});
