import { loaderSettings } from "../../runtime/loader/settings";
import { environmentOf } from "../../runtime/support/settings";

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
