import { replaceAll } from "../../../scripts/vm/commands";
import { groupOf, MACHINES } from "../../../scripts/vm/machines";
import { ENVIRONMENT_NAMES } from "../../../stacks/environment-record";
import { selectEnvironment } from "../../../stacks/environments";
import { removeFakeBundles } from "../../stacks/fake-bundles";
import { synthesizePlatform } from "../../stacks/synthesize-platform";

jest.mock("../../../stacks/constructs/bundle", () => require("../../stacks/fake-bundles").bundleModule);
afterAll(removeFakeBundles);

describe.each(ENVIRONMENT_NAMES)("the groups of %s", (name) => {
  const environment = selectEnvironment({ RHYTHMIC_ENV: name, RHYTHMIC_PROJECT: "acme-music" });
  const platform = synthesizePlatform(name, "acme-music");
  const groups = platform.ofType("google_compute_instance_group_manager").map(({ attributes }) => attributes);
  const declared = new Map(groups.map((attributes) => [String(attributes.name), attributes]));
  const named = MACHINES.map((machine) => groupOf(environment, machine));

  test("are those that the stacks declare, no more and no fewer", () => {
    expect(named.map(({ group }) => group).sort()).toEqual([...declared.keys()].sort());
    for (const { group, zone } of named) expect(declared.get(group)?.zone).toBe(zone);
  });

  test("start with as many machines as a deploy would give them", () => {
    for (const { group, count, keeps } of named) {
      expect([group, declared.get(group)?.target_size]).toEqual([group, keeps === undefined ? count : undefined]);
    }
  });

  test("whose machine keeps its name are those with a configuration for it", () => {
    const machines = platform.ofType("google_compute_per_instance_config").map(({ attributes }) => attributes.name);
    expect(named.flatMap(({ keeps }) => keeps ?? [])).toEqual(machines);
  });

  test("that are rolled by hand keep their policy, and the next deploy does not roll them once more", () => {
    for (const group of named.filter(({ keeps }) => keeps === undefined)) {
      const attributes = declared.get(group.group);
      const policy = attributes?.update_policy as Readonly<Record<string, unknown>>;
      expect(replaceAll(group)).toEqual(
        expect.arrayContaining([
          `--max-surge=${policy.max_surge_fixed}`,
          `--max-unavailable=${policy.max_unavailable_fixed}`,
          `--replacement-method=${String(policy.replacement_method).toLowerCase()}`,
        ]),
      );
      // rolling-action names the version; Terraform would take the name off, which is a roll.
      expect(attributes?.lifecycle).toMatchObject({ ignore_changes: ["version[0].name"] });
    }
  });
});
