import { readFileSync } from "node:fs";
import path from "node:path";
import { exitCodeOf } from "../../../scripts/review/model";
import type { SynthesizedPlatform } from "../../../stacks/synthesis/synthesized";
import { platformOf } from "../../../stacks/synthesis/synthesized";
import { type Synthesis, synthesizePlatform } from "../../stacks/synthesize-platform";
import { bundlesIn, changed, linesOf, reviewOf, without, withResource } from "./changed-synth";

jest.mock("../../../stacks/constructs/bundle", () => jest.requireActual("../../stacks/fake-bundles").bundleModule);

const { removeFakeBundles, setBundle } = jest.requireActual("../../stacks/fake-bundles");
afterAll(removeFakeBundles);

let prod: Synthesis;
beforeAll(() => {
  prod = synthesizePlatform("prod");
});

const LAKE = ["lake", "google_storage_bucket", "lake/bucket"] as const;
const DISK = ["kafka", "google_compute_disk", "kafka/data"] as const;
const TABLE = ["warehouse", "google_bigquery_table", "listen_events"] as const;

function linesAfter(change: (platform: SynthesizedPlatform) => SynthesizedPlatform): { lines: string[]; code: number } {
  const review = reviewOf(prod, change(prod));
  return { lines: linesOf(review), code: exitCodeOf(review) };
}

test("the same synth twice changes nothing, and says so in one line", () => {
  const review = reviewOf(prod, prod);
  expect(exitCodeOf(review)).toBe(0);
  expect(linesOf(review).at(-2)).toBe("prod: nothing changes.");
});

test("an attribute that is changed in place is told with its path, before and after", () => {
  const { lines, code } = linesAfter((platform) =>
    withResource(platform, ["network", "google_compute_subnetwork", "subnet"], (subnet) => {
      subnet.log_config = {
        aggregation_interval: "INTERVAL_10_MIN",
        flow_sampling: 0.5,
        metadata: "INCLUDE_ALL_METADATA",
      };
    }),
  );
  expect(lines).toContain("- **changed** `google_compute_subnetwork` subnet (`rhythmic-prod-subnet`).");
  expect(lines).toContain("  - `log_config.aggregation_interval`: `INTERVAL_5_MIN` -> `INTERVAL_10_MIN`");
  expect(lines.at(-2)).toMatch(/^prod: 0 created, 1 changed, 0 replaced, 0 destroyed; nothing rolls; 0 ways opened/);
  expect(code).toBe(3);
});

test("a renamed bucket is replaced, told first, with what refuses it", () => {
  const { lines, code } = linesAfter((platform) =>
    withResource(platform, LAKE, (bucket) => {
      bucket.name = "elsewhere";
    }),
  );
  expect(lines[4]).toBe("> **Data would be lost**");
  expect(lines[6]).toBe(
    "> - lake: bucket `rhythmic-example-rhythmic-prod-lake` is destroyed and made anew, empty, because of `name`; " +
      "prevent_destroy would refuse it: the deploy stops before anything happens; Cloud Storage refuses it while the " +
      "bucket holds objects.",
  );
  expect(lines).toContain(
    "- **replaced** `google_storage_bucket` lake/bucket (`elsewhere`), forced by `name`. **It holds data.**",
  );
  expect(lines.at(-2)).toContain("DATA WOULD BE LOST (1)");
  expect(code).toBe(4);
});

test("a bucket that is no longer declared is destroyed, and prevent_destroy no longer protects it", () => {
  const { lines, code } = linesAfter((platform) => without(platform, LAKE));
  expect(lines.join("\n")).toMatch(
    /> - lake: bucket `.*-lake` is destroyed; prevent_destroy goes with the declaration and protects nothing; Cloud Storage refuses/,
  );
  expect(code).toBe(4);
});

test("a disk grows in place, and is made anew to shrink", () => {
  const resized = (size: number) =>
    linesAfter((platform) =>
      withResource(platform, DISK, (disk) => {
        disk.size = size;
      }),
    );
  expect(resized(600).code).toBe(3);
  expect(resized(600).lines).toContain("  - `size`: `500` -> `600`");
  expect(resized(400).code).toBe(4);
  expect(resized(400).lines.join("\n")).toContain("forced by `size`. **It holds data.**");
});

test("an added column is told as a column and changes the table in place; another type makes it anew", () => {
  const withSchema = (change: (columns: { name: string; type: string; mode?: string }[]) => void) =>
    linesAfter((platform) =>
      withResource(platform, TABLE, (table) => {
        const columns = JSON.parse(String(table.schema));
        change(columns);
        table.schema = JSON.stringify(columns);
      }),
    );
  const added = withSchema((columns) => columns.push({ name: "device", type: "STRING" }));
  expect(added.lines).toContain("  - column `device`: added, STRING, nullable");
  expect(added.code).toBe(3);
  const retyped = withSchema((columns) => {
    const column = columns.find(({ name }) => name === "user_id");
    if (column !== undefined) column.type = "FLOAT";
  });
  expect(retyped.lines).toContain("  - column `user_id.type`: `INTEGER` -> `FLOAT`");
  expect(retyped.lines.join("\n")).toMatch(
    /table `listen_events` is destroyed and made anew, empty, because of `schema`/,
  );
  expect(retyped.code).toBe(4);
});

test("whoever names a resource that is made anew follows it", () => {
  const { lines } = linesAfter((platform) =>
    withResource(platform, ["network", "google_compute_network", "network"], (network) => {
      network.auto_create_subnetworks = true;
    }),
  );
  expect(lines).toContain(
    "- **replaced** `google_compute_subnetwork` subnet (`rhythmic-prod-subnet`), forced by `network`, which names " +
      "`google_compute_network.network`.",
  );
  // Four rules that change only because of the network share a line.
  expect(lines).toContain(
    "- **changed** 4 `google_compute_firewall`, which name [network]: deny-in, deny-out, google-out, ssh-through-iap.",
  );
});

test("many new resources of one kind share a line, and what holds data has its own", () => {
  const { lines } = linesAfter((platform) =>
    changed(platform, "foundation", (json) => {
      for (const name of ["a", "b", "c"]) {
        json.resource.google_project_service = { ...json.resource.google_project_service, [name]: { service: name } };
        json.resource.google_storage_bucket = { ...json.resource.google_storage_bucket, [name]: { name } };
      }
    }),
  );
  expect(lines).toContain("- **created** 3 `google_project_service`: a, b, c.");
  expect(lines).toContain("- **created** `google_storage_bucket` b.");
});

test("what only gets another construct id is told as that", () => {
  const { lines, code } = linesAfter((platform) =>
    changed(platform, "lake", (json) => {
      const buckets = json.resource.google_storage_bucket ?? {};
      const [id = "", bucket = {}] = Object.entries(buckets)[0] ?? [];
      delete buckets[id];
      buckets.renamed = structuredClone(bucket);
    }),
  );
  expect(lines.join("\n")).toMatch(
    /is destroyed; .*Comes again under another construct id .*: keep the id, or declare/,
  );
  expect(code).toBe(4);
});

test("a moved block makes two addresses one resource", () => {
  const { lines, code } = linesAfter((platform) =>
    changed(platform, "lake", (json) => {
      const buckets = json.resource.google_storage_bucket ?? {};
      const [id = "", bucket = {}] = Object.entries(buckets)[0] ?? [];
      delete buckets[id];
      buckets.renamed = structuredClone(bucket);
      Object.assign(json, { moved: [{ from: `google_storage_bucket.${id}`, to: "google_storage_bucket.renamed" }] });
    }),
  );
  expect(lines.at(-2)).toBe("prod: nothing changes.");
  expect(code).toBe(0);
});

test("the order of dependencies, reasons and the folder of an asset mean nothing", () => {
  const { code } = linesAfter((platform) =>
    changed(platform, "batch", (json) => {
      for (const object of Object.values(json.resource.google_storage_bucket_object ?? {})) {
        object.depends_on = ["google_service_account.someone"];
        object["//"] = { metadata: { path: "batch/elsewhere" }, why: "Another sentence." };
        object.source = String(object.source).replace(/^assets\/[^/]+\//, "assets/AnotherFolder/");
      }
    }),
  );
  expect(code).toBe(0);
});

test("a stack that comes and one that goes are told, and that a deploy does nothing about the latter", () => {
  const rest = platformOf(prod.stacks.filter(({ name }) => name !== "lake"));
  expect(linesOf(reviewOf(rest, prod))).toContain("## lake (stack created)");
  const gone = reviewOf(prod, rest);
  expect(linesOf(gone)).toContain("## lake (stack removed)");
  expect(linesOf(gone).join("\n")).toContain("lake stays as it is until somebody destroys it from a commit");
  expect(exitCodeOf(gone)).toBe(4);
});

test("the place of the state is told, and that somebody must look", () => {
  const { lines, code } = linesAfter((platform) =>
    changed(platform, "lake", (json) => {
      Object.assign(json, { terraform: { ...json.terraform, backend: { gcs: { bucket: "b", prefix: "p" } } } });
    }),
  );
  expect(lines).toContain("- **the stack itself** `backend.gcs.bucket`: none -> `b`");
  expect(lines.find((line) => line.startsWith("> - lake: the state lies elsewhere"))).toMatch(
    /makes it again beside it/,
  );
  expect(code).toBe(4);
});

test("a grant or a rule that is made anew without letting anybody else in is told all the same", () => {
  const { lines, code } = linesAfter((platform) =>
    changed(
      withResource(platform, ["network", "google_compute_firewall", "deny-in"], (rule) => {
        rule.priority = 1000;
      }),
      "batch",
      (json) => {
        const members = Object.values(json.resource.google_storage_bucket_iam_member ?? {});
        const conditional = members.find(({ condition }) => condition !== undefined);
        if (conditional !== undefined) Object.assign(conditional.condition as object, { title: "another title" });
      },
    ),
  );
  expect(lines.filter((line) => line.startsWith("- **"))).toEqual([
    "- **changed** `google_compute_firewall` deny-in (`rhythmic-prod-deny-in`).",
    expect.stringMatching(/^- \*\*replaced\*\* `google_storage_bucket_iam_member` .*, forced by `condition.title`\.$/),
  ]);
  expect(code).toBe(3);
});

test("the guide names every field of the JSON", () => {
  const after = withResource(prod, LAKE, (bucket) => {
    bucket.name = "elsewhere";
  });
  const review = reviewOf(prod, after);
  const guide = readFileSync(path.join(__dirname, "../../../docs/review.md"), "utf8");
  const [stack] = review.stacks.filter(({ status }) => status === "changed");
  const fields = [review, stack, stack?.resources[0], review.dangers[0], review.cost].flatMap((part) =>
    Object.keys(part ?? {}),
  );
  expect(fields.length).toBeGreaterThan(25);
  expect(fields.filter((field) => !guide.includes(`"${field}"`))).toEqual([]);
  expect(Object.keys(review).sort()).toEqual(
    ["after", "before", "cost", "dangers", "environment", "format", "notes", "source", "stacks"].sort(),
  );
});

test("stacks stand in the order of a deploy", () => {
  let after: SynthesizedPlatform = prod;
  for (const stack of ["batch", "lake", "kafka"]) {
    after = changed(after, stack, (json) => {
      for (const account of Object.values(json.resource.google_service_account ?? {})) account.description = "Another.";
      for (const bucket of Object.values(json.resource.google_storage_bucket ?? {})) bucket.requester_pays = true;
    });
  }
  const headings = linesOf(reviewOf(prod, after)).filter((line) => line.startsWith("## "));
  expect(headings).toEqual(["## lake", "## kafka", "## batch"]);
});

describe("guards", () => {
  test.each<[string, readonly [string, string, string], (attributes: Record<string, unknown>) => void, string]>([
    [
      "prevent_destroy",
      LAKE,
      (bucket) => {
        bucket.lifecycle = { prevent_destroy: false };
      },
      "prevent_destroy is taken away",
    ],
    [
      "public access prevention",
      LAKE,
      (bucket) => {
        bucket.public_access_prevention = "inherited";
      },
      "public access is no longer refused",
    ],
    [
      "an age that deletes",
      LAKE,
      (bucket) => {
        (bucket.lifecycle_rule as unknown[]).push({ action: { type: "Delete" }, condition: { age: 30 } });
      },
      "a lifecycle rule deletes objects ({age:30})",
    ],
    [
      "deletion protection",
      TABLE,
      (table) => {
        table.deletion_protection = false;
      },
      "deletion_protection is taken away",
    ],
    [
      "a shorter retention",
      TABLE,
      (table) => {
        table.time_partitioning = { ...(table.time_partitioning as object), expiration_ms: 86_400_000 };
      },
      "partitions expire sooner",
    ],
    [
      "an external address",
      ["stream", "google_compute_instance_template", "processor/template"],
      (template) => {
        (template.network_interface as Record<string, unknown>[])[0] = { access_config: [{}] };
      },
      "the machine gets an external address",
    ],
  ])("%s, lowered, ends with exit code 4", (_, where, change, text) => {
    const { lines, code } = linesAfter((platform) => withResource(platform, where, change));
    expect(lines.filter((line) => line.startsWith("> - ")).join("\n")).toContain(text);
    expect(code).toBe(4);
  });
});

describe("rolls", () => {
  test("a changed bundle rolls its program alone, and the files that differ are named", () => {
    const text = (line: string) => `// runtime/loader/main.ts\nmain();\n// runtime/loader/plan.ts\n${line}\n`;
    setBundle("loader", text("plan(1);"));
    const before = synthesizePlatform("prod");
    setBundle("loader", text("plan(2);"));
    const after = synthesizePlatform("prod");
    const review = reviewOf(before, after, bundlesIn(before, after));
    expect(review.stacks.filter(({ status }) => status !== "unchanged").map(({ name }) => name)).toEqual(["batch"]);
    expect(linesOf(review)).toContain("- **rolled** loader. One new machine first, then an old one goes.");
    expect(linesOf(review)).toContain("  - because of its bundle: `runtime/loader/plan.ts`");
    // The object and the template are told by the roll, and counted nowhere else.
    expect(linesOf(review).at(-2)).toMatch(/^prod: 0 created, 0 changed, 0 replaced, 0 destroyed; rolls loader; /);
    expect(exitCodeOf(review)).toBe(3);
  });

  test("settings, boot scripts and machine types say which of them it was", () => {
    const { lines } = linesAfter((platform) =>
      withResource(platform, ["stream", "google_compute_instance_template", "processor/template"], (template) => {
        const metadata = template.metadata as Record<string, string>;
        template.machine_type = "e2-standard-4";
        metadata["rhythmic-environment"] = `${metadata["rhythmic-environment"]}KAFKA_PASSWORD=hunter2\nLAKE_EXTRA=1\n`;
        metadata["user-data"] = `${metadata["user-data"]}`.replace("[Unit]", "[Unit]\n# changed");
      }),
    );
    expect(lines).toContain("  - because of the machine: `machine_type`: `e2-standard-2` -> `e2-standard-4`");
    expect(lines).toContain("  - because of the setting `LAKE_EXTRA`: none -> `1`");
    expect(lines).toContain("  - because of the setting `KAFKA_PASSWORD`: (hidden) -> (hidden)");
    expect(lines).toContain("  - because of the boot script: `/etc/systemd/system/rhythmic-processor.service`");
    expect(lines.join("\n")).not.toContain("hunter2");
    // Larger machines are dearer, and the review says by how much.
    expect(lines.find((line) => line.startsWith("Monthly cost:"))).toMatch(
      /\(\+\$\d+\.\d\d\), at 1,000,000 events a day\.$/,
    );
  });

  test("Kafka's machine is restarted in place, and it is said", () => {
    const { lines } = linesAfter((platform) =>
      withResource(platform, ["kafka", "google_compute_instance_template", "kafka/template"], (template) => {
        template.machine_type = "e2-medium";
      }),
    );
    expect(lines).toContain(
      "- **rolled** kafka. Its machine is made anew in place: a restart, with a minute or two without it.",
    );
  });

  test("another keeper restarts Kafka, and it is said", () => {
    const { lines } = linesAfter((platform) =>
      withResource(platform, ["kafka", "google_compute_instance_template", "kafka/template"], (template) => {
        (template.metadata as Record<string, string>)["rhythmic-bundle-sha256"] = "0".repeat(64);
      }),
    );
    expect(lines).toContain(
      "- **rolled** kafka (another keeper). Its machine is made anew in place: a restart, with a minute or two without it.",
    );
  });
});

test("a container image is told by its name, beside the unit that starts it", () => {
  const { lines } = linesAfter((platform) =>
    withResource(platform, ["kafka", "google_compute_instance_template", "kafka/template"], (template) => {
      const metadata = template.metadata as Record<string, string>;
      metadata["user-data"] = String(metadata["user-data"]).replaceAll(/(apache\/kafka)[:@][\w.:-]+/g, "$1:9.9.9");
    }),
  );
  const line = lines.find((each) => each.includes("`container images`"));
  expect(line).toMatch(/^ {2}- because of the machine: `container images`: − `.*kafka[:@].*`, \+ `.*kafka:9\.9\.9`$/);
  expect(lines).toContain("  - because of the boot script: `/etc/systemd/system/rhythmic-kafka.service`");
});

test("another digest behind the same tag is another image, and it is said", () => {
  const digest = `sha256:${"0".repeat(64)}`;
  const { lines } = linesAfter((platform) =>
    withResource(platform, ["kafka", "google_compute_instance_template", "kafka/template"], (template) => {
      const metadata = template.metadata as Record<string, string>;
      const pinned = /(apache\/kafka:[\w.-]+)(@sha256:[0-9a-f]+)?/g;
      metadata["user-data"] = String(metadata["user-data"]).replaceAll(pinned, `$1@${digest}`);
    }),
  );
  const line = lines.find((each) => each.includes("`container images`"));
  expect(line).toMatch(/− `.*kafka:.*`, \+ `.*sha256:0{8,}.*`$/);
});

test("a type that the table of replacements does not know is said", () => {
  const withUnknown = (size: number) =>
    changed(prod, "lake", (json) => {
      json.resource.google_new_thing = { it: { size } };
    });
  expect(linesOf(reviewOf(prod, withUnknown(1)))).toContain(
    "- No google_new_thing was reviewed before: look at what it opens.",
  );
  expect(linesOf(reviewOf(withUnknown(1), withUnknown(2)))).toContain(
    "- The table of replacements does not know google_new_thing: what is told as changed may be made anew.",
  );
});

test("what can't be priced is said, and hides nothing else", () => {
  const { lines, code } = linesAfter((platform) =>
    withResource(platform, ["stream", "google_compute_instance_template", "processor/template"], (template) => {
      template.machine_type = "x9-huge";
    }),
  );
  expect(lines.join("\n")).toMatch(/- The costs can't be reckoned: .*x9-huge/);
  expect(code).toBe(3);
});
