import { grantChanges } from "../../../scripts/review/grants";
import { passageChanges } from "../../../scripts/review/passages";
import type { Judged } from "../../../scripts/review/resources";
import type { Attributes } from "../../../stacks/synthesis/synthesized";

function judged(type: string, before: Attributes | undefined, after: Attributes | undefined): Judged {
  const action = before === undefined ? "created" : after === undefined ? "destroyed" : "updated";
  return {
    stack: "network",
    type,
    address: `${type}.it`,
    path: "it",
    why: "Because.",
    before,
    after,
    action,
    attributes: [],
    forcedBy: [],
    notes: [],
  };
}

describe("firewalls", () => {
  const RULE = {
    name: "rule",
    network: "projects/acme/global/networks/ours",
    direction: "INGRESS",
    source_ranges: ["10.0.0.0/8"],
    target_service_accounts: ["kafka@acme.iam.gserviceaccount.com"],
    allow: [{ protocol: "tcp", ports: ["9092-9094"] }],
  };
  const changes = (before: Attributes | undefined, after: Attributes | undefined) =>
    passageChanges([judged("google_compute_firewall", before, after)]).map(
      ({ change, direction, from, to, traffic }) => `${change} ${direction} ${from} -> ${to} ${traffic}`,
    );
  const KAFKA = "kafka@acme.iam.gserviceaccount.com";

  test("a rule that comes opens, one that goes closes", () => {
    expect(changes(undefined, RULE)).toEqual([`opened in 10.0.0.0/8 -> ${KAFKA} tcp 9092-9094`]);
    expect(changes(RULE, undefined)).toEqual([`closed in 10.0.0.0/8 -> ${KAFKA} tcp 9092-9094`]);
  });

  test.each<[string, Attributes, string[]]>([
    ["fewer addresses", { source_ranges: ["10.1.0.0/16"] }, [`narrowed in 10.1.0.0/16 -> ${KAFKA} tcp 9092-9094`]],
    ["one port", { allow: [{ protocol: "tcp", ports: ["9092"] }] }, [`narrowed in 10.0.0.0/8 -> ${KAFKA} tcp 9092`]],
    ["the same, said in two ranges of ports", { allow: [{ protocol: "tcp", ports: ["9092-9094", "9093"] }] }, []],
    ["only another priority", { priority: 900 }, []],
  ])("%s opens nothing", (_, change, expected) => {
    expect(changes(RULE, { ...RULE, ...change })).toEqual(expected);
  });

  test.each<[string, Attributes, string]>([
    ["more addresses", { source_ranges: ["0.0.0.0/0"] }, `opened in 0.0.0.0/0 -> ${KAFKA} tcp 9092-9094`],
    ["every port", { allow: [{ protocol: "tcp" }] }, `opened in 10.0.0.0/8 -> ${KAFKA} tcp`],
    ["every protocol", { allow: [{ protocol: "all" }] }, `opened in 10.0.0.0/8 -> ${KAFKA} all`],
    ["every machine", { target_service_accounts: undefined }, "opened in 10.0.0.0/8 -> every machine tcp 9092-9094"],
    // The provider takes missing ranges for everywhere.
    ["no source at all", { source_ranges: undefined }, `opened in 0.0.0.0/0 -> ${KAFKA} tcp 9092-9094`],
  ])("%s opens", (_, change, expected) => {
    expect(changes(RULE, { ...RULE, ...change })).toContain(expected);
  });

  test("a denial that goes opens, and one that comes closes", () => {
    const { allow: _, ...rest } = RULE;
    const denial = { ...rest, source_ranges: ["0.0.0.0/0"], deny: [{ protocol: "all" }] };
    expect(changes(denial, undefined)).toEqual([`opened in 0.0.0.0/0 -> ${KAFKA} all`]);
    expect(changes(denial, { ...denial, disabled: true })).toEqual([`opened in 0.0.0.0/0 -> ${KAFKA} all`]);
    expect(changes(undefined, denial)).toEqual([`closed in 0.0.0.0/0 -> ${KAFKA} all`]);
  });
});

describe("grants", () => {
  const TYPE = "google_storage_bucket_iam_member";
  const GRANT = { bucket: "acme-lake", role: "roles/storage.objectViewer", member: "user:a@acme.com" };
  const changes = (before: Attributes | undefined, after: Attributes | undefined) =>
    grantChanges([judged(TYPE, before, after)]).map(
      ({ change, who, role, on, condition }) => `${change} ${who} ${role} ${on} ${condition ?? "always"}`,
    );
  const conditional = { ...GRANT, condition: { title: "t", expression: 'resource.name.startsWith("x")' } };

  test("a grant that comes is opened, with its reason; one that goes is closed", () => {
    expect(changes(undefined, GRANT)).toEqual([
      "opened user:a@acme.com roles/storage.objectViewer bucket acme-lake always",
    ]);
    expect(changes(GRANT, undefined)).toEqual([
      "closed user:a@acme.com roles/storage.objectViewer bucket acme-lake always",
    ]);
    expect(grantChanges([judged(TYPE, undefined, GRANT)])[0]?.why).toBe("Because.");
  });

  test("another role is one grant opened and one closed", () => {
    expect(changes(GRANT, { ...GRANT, role: "roles/storage.admin" }).map((line) => line.split(" ")[0])).toEqual([
      "opened",
      "closed",
    ]);
  });

  test("a condition that comes narrows, one that goes opens", () => {
    expect(changes(GRANT, conditional)).toEqual([
      'narrowed user:a@acme.com roles/storage.objectViewer bucket acme-lake resource.name.startsWith("x")',
    ]);
    expect(changes(conditional, GRANT)[0]).toMatch(/^opened .* always$/);
  });

  test("the same grant by another resource is no other grant", () => {
    const [one, other] = [judged(TYPE, GRANT, undefined), { ...judged(TYPE, undefined, GRANT), address: "other" }];
    expect(grantChanges([one, other])).toEqual([]);
  });

  test("what a dataset grants by itself is a grant too", () => {
    const dataset = (...access: Attributes[]) => ({ dataset_id: "staging", access });
    const told = (before: Attributes | undefined, after: Attributes) =>
      grantChanges([judged("google_bigquery_dataset", before, after)]).map(
        ({ change, who, role, on }) => `${change} ${who} ${role} ${on}`,
      );
    const reader = { role: "READER", user_by_email: "a@acme.com" };
    expect(told(dataset(), dataset({ role: "READER", special_group: "allAuthenticatedUsers" }))).toEqual([
      "opened allAuthenticatedUsers READER dataset staging",
    ]);
    expect(told({ dataset_id: "staging" }, dataset(reader))).toEqual([
      "opened {user_by_email:a@acme.com} READER dataset staging",
    ]);
    expect(told(dataset(reader), dataset(reader))).toEqual([]);
    expect(told(dataset(reader), dataset())).toEqual(["closed {user_by_email:a@acme.com} READER dataset staging"]);
  });
});
