import { isRegion, regionsLike, zonesOf } from "../../../stacks/checks/regions";

test.each(["us-central1", "europe-west4", "asia-southeast3"])("%s is a region, with zones of its own", (region) => {
  expect(isRegion(region)).toBe(true);
  for (const zone of zonesOf(region)) expect(zone).toMatch(new RegExp(`^${region}-[a-f]$`));
  expect(zonesOf(region).length).toBeGreaterThanOrEqual(3);
});

test.each(["us-central9", "US", "eu-west-1", "us", "toString", "__proto__", ""])("%j is no region", (name) => {
  expect(isRegion(name)).toBe(false);
  expect(zonesOf(name)).toEqual([]);
});

test("the zones of a region are its own: not every one has an a", () => {
  expect(zonesOf("us-central1")).toEqual(["us-central1-a", "us-central1-b", "us-central1-c", "us-central1-f"]);
  expect(zonesOf("europe-west1")).toEqual(["europe-west1-b", "europe-west1-c", "europe-west1-d"]);
});

test("who names a region that isn't one reads those near it", () => {
  expect(regionsLike("me_west2")).toBe("a region of Google Cloud, such as me-central1, me-central2, me-west1");
  expect(regionsLike("mars-north1")).toBe("a region of Google Cloud, such as us-central1, europe-west4");
});
