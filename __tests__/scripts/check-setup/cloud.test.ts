import { type AuthClient, GoogleAuth, UserRefreshClient } from "google-auth-library";
import { checkCloud } from "../../../scripts/check-setup/cloud";
import { type Finding, isReady } from "../../../scripts/check-setup/finding";
import { PERMISSIONS_BY_TYPE } from "../../../scripts/check-setup/permission-table";
import { permissionsFor } from "../../../scripts/check-setup/permissions";
import { demandsOf } from "../../../scripts/check-setup/quotas";
import type { EnvironmentName } from "../../../stacks/environment-record";
import { selectEnvironment } from "../../../stacks/environments";
import { removeFakeBundles } from "../../stacks/fake-bundles";
import { synthesizePlatform } from "../../stacks/synthesize-platform";
import { loggedIn, PROJECT, refusal, type StandInGoogle, startStandInGoogle, TOKEN } from "./stand-in-google";

jest.mock("../../../stacks/constructs/bundle", () => require("../../stacks/fake-bundles").bundleModule);
afterAll(removeFakeBundles);

const platforms = { dev: synthesizePlatform("dev", PROJECT), prod: synthesizePlatform("prod", PROJECT) };
const services = platforms.dev.ofType("google_project_service").map(({ attributes }) => String(attributes.service));

let google: StandInGoogle;
beforeEach(async () => {
  google = await startStandInGoogle(services);
});
afterEach(() => google.stop());

async function check(credentials = loggedIn, name: EnvironmentName = "dev"): Promise<Finding[]> {
  const environment = selectEnvironment({ RHYTHMIC_ENV: name, RHYTHMIC_PROJECT: PROJECT });
  return checkCloud({ environment, platform: platforms[name], credentials, endpoints: google.endpoints });
}

/** The findings that are not ok. */
async function problems(credentials = loggedIn, name: EnvironmentName = "dev"): Promise<Finding[]> {
  return (await check(credentials, name)).filter(({ state }) => state !== "ok");
}

test("a project in which everything is as it should be is ready", async () => {
  const findings = await check();
  expect(findings.filter(({ state }) => state !== "ok")).toEqual([]);
  expect(findings.map(({ name }) => name)).toEqual([
    "credentials",
    "project",
    "billing",
    "services",
    "state bucket",
    "permissions",
    "permissions (billing)",
    "quota CPUS",
    "quota INSTANCES",
    "quota SSD_TOTAL_GB",
    "quota INTERNAL_ADDRESSES",
    "quota CPUS_ALL_REGIONS",
    "machine image",
    "organization policies",
  ]);
  expect(findings[0]?.found).toBe("ada@example.com");
});

test("the token is shown to Google alone, and in no address", async () => {
  const findings = await check();
  expect([...google.authorizations]).toEqual([`Bearer ${TOKEN}`]);
  expect(JSON.stringify(findings)).not.toContain(TOKEN);
  expect(google.questions.filter(({ question }) => question.includes(TOKEN))).toEqual([]);
});

test("nothing is changed: every question reads, or is one of the known questions with a body", async () => {
  await check();
  const posted = google.questions.filter(({ question }) => !question.startsWith("GET "));
  for (const { question } of posted) {
    expect(question).toMatch(/(?:tokeninfo|:testIamPermissions|:getEffectiveOrgPolicy)$/);
  }
});

describe("credentials", () => {
  const failing = (message: string) => () => Promise.reject<AuthClient>(new Error(message));

  test.each<[string, () => Promise<AuthClient>, Partial<Finding>]>([
    [
      "none",
      failing("Could not load the default credentials. Browse to https://cloud.google.com/docs/authentication"),
      { found: "none", remedy: "run gcloud auth application-default login" },
    ],
    [
      "a file that is not there",
      failing("The file at /key.json does not exist, or it is not a file. ENOENT: no such file or directory"),
      { remedy: expect.stringMatching(/^correct or unset GOOGLE_APPLICATION_CREDENTIALS/) },
    ],
    [
      "no network",
      failing(
        "request to https://oauth2.googleapis.com/token failed, reason: getaddrinfo ENOTFOUND oauth2.googleapis.com",
      ),
      { remedy: "check the network, then run this again" },
    ],
  ])("%s: says so, and asks nothing more", async (_, credentials, finding) => {
    expect(await check(credentials)).toEqual([
      expect.objectContaining({ name: "credentials", state: "missing", ...finding }),
    ]);
    expect(google.questions).toEqual([]);
  });

  test("that have run out are told from none, by Google's own client", async () => {
    google.answer(
      "/oauth2/token",
      { error: "invalid_grant", error_description: "Token has been expired or revoked." },
      400,
    );
    const client = new UserRefreshClient({
      clientId: "id",
      clientSecret: "secret",
      refreshToken: "1//refresh",
      endpoints: { oauth2TokenUrl: `${google.endpoints.oauth2}/token` },
      transporterOptions: { fetchImplementation: fetch },
    });
    const findings = await check(() => Promise.resolve(client));
    expect(findings).toEqual([
      expect.objectContaining({
        found: "run out, or withdrawn",
        remedy: "run gcloud auth application-default login again",
      }),
    ]);
    expect(JSON.stringify(findings)).not.toContain("1//refresh");
  });

  test("that lack the scope for the cloud are no good", async () => {
    google.answer("tokeninfo", { email: "ada@example.com", scope: "openid email" });
    expect(await check()).toEqual([
      expect.objectContaining({ state: "missing", found: "ada@example.com, without the scope cloud-platform" }),
    ]);
  });

  test("are those that Google's own search finds in a file", async () => {
    const auth = new GoogleAuth({ keyFilename: "/nowhere/key.json" });
    const [finding] = await check(() => auth.getClient());
    expect(finding).toMatchObject({
      state: "missing",
      remedy: expect.stringContaining("gcloud auth application-default login"),
    });
  });
});

describe("the project", () => {
  test.each<[string, number, object, RegExp, RegExp]>([
    [
      "that nobody has, or somebody else",
      403,
      refusal(403, "The caller does not have permission"),
      /not there, or not for you/,
      /gcloud projects list/,
    ],
    [
      "that is about to be deleted",
      200,
      { state: "DELETE_REQUESTED" },
      /is DELETE_REQUESTED/,
      /^gcloud projects undelete acme-music/,
    ],
  ])("%s ends the questions", async (_, status, body, found, remedy) => {
    google.answer(`/v3/projects/${PROJECT}`, body, status);
    const findings = await check();
    expect(findings.map(({ name }) => name)).toEqual(["credentials", "project"]);
    expect(findings[1]).toMatchObject({
      state: "missing",
      found: expect.stringMatching(found),
      remedy: expect.stringMatching(remedy),
    });
  });

  test.each<[string, object, string]>([
    [
      "its API is off",
      refusal(
        403,
        "Cloud Resource Manager API has not been used in project 1 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/cloudresourcemanager.googleapis.com/overview",
        "SERVICE_DISABLED",
      ),
      "gcloud services enable cloudresourcemanager.googleapis.com --project=acme-music",
    ],
    [
      "the credentials have no quota project",
      refusal(
        403,
        "Your application is authenticating by using local Application Default Credentials. The API requires a quota project, which is not set by default.",
      ),
      "gcloud auth application-default set-quota-project acme-music",
    ],
  ])("can't be asked while %s, and the remedy is a command", async (_, body, remedy) => {
    google.answer(`/v3/projects/${PROJECT}`, body, 403);
    expect(await problems()).toEqual([expect.objectContaining({ name: "project", state: "missing", remedy })]);
  });

  test("without an account in force costs nothing and gets nothing", async () => {
    google.answer("billingInfo", { billingEnabled: false });
    expect(await problems()).toEqual([
      expect.objectContaining({
        name: "billing",
        state: "missing",
        remedy: "gcloud billing projects link acme-music --billing-account=ACCOUNT_ID",
      }),
    ]);
  });
});

describe("services", () => {
  test("that Terraform needs before it can enable others are missing; the others come with the foundation", async () => {
    google.answer("/services?", { services: [{ config: { name: "serviceusage.googleapis.com" } }] });
    expect(await problems()).toEqual([
      expect.objectContaining({
        state: "missing",
        found: "off: cloudresourcemanager.googleapis.com",
        remedy: "gcloud services enable cloudresourcemanager.googleapis.com --project=acme-music",
      }),
      expect.objectContaining({ state: "comes by itself", found: expect.stringContaining("compute.googleapis.com") }),
    ]);
  });

  test("are read to the last page", async () => {
    const page = (names: readonly string[], nextPageToken?: string) => ({
      services: names.map((name) => ({ config: { name } })),
      nextPageToken,
    });
    google.answer("/services?", page(services.slice(0, 5), "more"));
    google.answer("&pageToken=more", page(services.slice(5)));
    expect(await problems()).toEqual([]);
  });
});

test("the state's bucket is looked for among those of the project", async () => {
  google.answer("/storage/v1/b?", { items: [{ name: `${PROJECT}-rhythmic-state-old` }] });
  expect(await problems()).toEqual([
    expect.objectContaining({ name: "state bucket", state: "missing", remedy: "npm run bootstrap" }),
  ]);
});

describe("permissions", () => {
  test.each(["dev", "prod"] as const)("of every type of resource in %s are known", (name) => {
    expect(() => permissionsFor(platforms[name])).not.toThrow();
  });

  test("of a type that the table does not have are not passed over", () => {
    const [resource] = platforms.dev.resources;
    const resources = [{ ...(resource as NonNullable<typeof resource>), type: "google_new_thing" }];
    expect(() => permissionsFor({ ...platforms.dev, resources })).toThrow("google_new_thing");
  });

  test("are written as Google has them: service.resources.action", () => {
    const permissions = Object.values(PERMISSIONS_BY_TYPE).flatMap((all) => all.flatMap((one) => one.permissions));
    expect(permissions.filter((permission) => !/^[a-z]+\.[a-zA-Z]+\.[a-zA-Z]+$/.test(permission))).toEqual([]);
  });

  test("that are lacking come with the roles that bring them, as commands", async () => {
    google.answer("/v3/projects/acme-music:testIamPermissions", (body: string) => {
      const { permissions } = JSON.parse(body) as { permissions: string[] };
      return { permissions: permissions.filter((permission) => !/^dns\.policies/.test(permission)) };
    });
    expect(await problems()).toEqual([
      expect.objectContaining({
        name: "permissions",
        state: "missing",
        found: expect.stringMatching(/^4 of \d+ lacking: dns\.policies\.create, dns\.policies\.delete, /),
        remedy:
          "ask an owner for: gcloud projects add-iam-policy-binding acme-music --member=user:ada@example.com --role=roles/dns.admin",
      }),
    ]);
  });

  test("of the budget are asked of the billing account", async () => {
    google.answer("/v1/billingAccounts/0A0A0A-0B0B0B-0C0C0C:testIamPermissions", {});
    expect(await problems()).toEqual([
      expect.objectContaining({
        name: "permissions (billing)",
        remedy: expect.stringMatching(
          /0A0A0A-0B0B0B-0C0C0C --member=user:ada@example\.com --role=roles\/billing\.costsManager$/,
        ),
      }),
    ]);
  });

  test("are asked a hundred at a time at most", async () => {
    await check();
    const asked = google.questions.filter(({ question }) => question.includes("acme-music:testIamPermissions"));
    expect(asked.length).toBeGreaterThan(1);
    for (const { body } of asked) {
      expect((JSON.parse(body) as { permissions: string[] }).permissions.length).toBeLessThanOrEqual(100);
    }
  });
});

describe("quotas", () => {
  const quotasOf = (metric: string, limit: number, usage: number) => ({ quotas: [{ metric, limit, usage }] });

  test("count what is declared, and one more machine of each group that makes a new one first", () => {
    const { dev, prod } = platforms;
    const machines = (platform: typeof dev) =>
      demandsOf({ platform }).map(({ group, count, surge }) => [group, count, surge]);
    expect(machines(dev).sort()).toEqual([
      ["rhythmic-dev-generator", 1, 1],
      ["rhythmic-dev-kafka", 1, 0],
      ["rhythmic-dev-loader", 1, 1],
      ["rhythmic-dev-processor", 1, 1],
    ]);
    expect(machines(prod)).toContainEqual(["rhythmic-prod-processor", 3, 1]);
  });

  test.each<[string, number, number, string | undefined]>([
    ["suffices to the last one", 20, 6, undefined],
    ["lacks one", 20, 7, "14 more needed, 13 of 20 free"],
  ])("a quota that %s", async (_, limit, usage, found) => {
    // Seven machines while all groups of dev roll, of 2 vCPUs each.
    google.answer("GET /compute/v1/projects/acme-music/regions/us-central1", quotasOf("CPUS", limit, usage));
    google.answer("/addresses", { items: [] });
    const expected =
      found === undefined ? [] : [expect.objectContaining({ name: "quota CPUS", state: "missing", found })];
    expect(await problems()).toEqual(expected);
  });

  test("a platform that is deployed needs room for its rolls alone", async () => {
    const items = ["generator", "processor", "loader", "kafka"].map((name) => ({ name: `rhythmic-dev-${name}` }));
    google.answer("/instanceGroupManagers", { items });
    google.answer("/zones/us-central1-a/disks", { items: [{ name: "rhythmic-dev-kafka-data" }] });
    google.answer("/regions/us-central1", quotasOf("CPUS", 14, 8));
    google.answer("/addresses", { items: [] });
    const findings = await check();
    expect(findings.find(({ name }) => name === "quota CPUS")).toMatchObject({
      state: "ok",
      found: "6 more needed, 6 of 14 free",
    });
  });

  test("disks are boot disks and the data disk", async () => {
    google.answer("/regions/us-central1", quotasOf("SSD_TOTAL_GB", 100, 0));
    google.answer("/addresses", { items: [] });
    const { boot, data } = { boot: 7 * 10, data: 50 };
    expect(await problems()).toEqual([
      expect.objectContaining({ name: "quota SSD_TOTAL_GB", found: `${boot + data} more needed, 100 of 100 free` }),
    ]);
  });
});

test("an image that is no longer kept up is named", async () => {
  google.answer("/images/family/", { name: "cos-121-1", status: "READY", deprecated: { state: "DEPRECATED" } });
  expect(await problems()).toEqual([
    expect.objectContaining({ name: "machine image", state: "missing", found: "cos-121-1 is DEPRECATED" }),
  ]);
});

describe("rules of the organization", () => {
  test.each<[string, object, string]>([
    ["iam.disableServiceAccountCreation", { booleanPolicy: { enforced: true } }, "service accounts of the machines"],
    [
      "compute.trustedImageProjects",
      { listPolicy: { allowedValues: ["projects/debian-cloud"] } },
      "the machines' image",
    ],
    [
      "iam.allowedPolicyMemberDomains",
      { listPolicy: { allowedValues: ["C0abc"] } },
      "the group by which Cloud Storage writes access logs",
    ],
    ["gcp.resourceLocations", { listPolicy: { allowedValues: ["in:europe-locations"] } }, "resources in the region"],
  ])("%s is seen before a deploy runs into it", async (constraint, policy, neededFor) => {
    google.answer(":getEffectiveOrgPolicy", (body: string) => (body.includes(constraint) ? policy : {}));
    expect(await problems()).toEqual([
      expect.objectContaining({ state: "missing", found: `${constraint} is in the way`, neededFor }),
    ]);
  });

  test.each([
    ["compute.trustedImageProjects", { listPolicy: { allowedValues: ["projects/cos-cloud"] } }],
    ["gcp.resourceLocations", { listPolicy: { allowedValues: ["in:us-locations"] } }],
    ["iam.allowedPolicyMemberDomains", { listPolicy: { allValues: "ALLOW" } }],
  ])("%s that lets us through is none", async (constraint, policy) => {
    google.answer(":getEffectiveOrgPolicy", (body: string) => (body.includes(constraint) ? policy : {}));
    expect(await problems()).toEqual([]);
  });

  test("that can't be read don't keep anybody from deploying", async () => {
    google.answer(":getEffectiveOrgPolicy", refusal(403, "denied"), 403);
    const findings = await check();
    expect(findings.at(-1)).toMatchObject({ state: "unknown", found: "may not be asked (denied)" });
    expect(isReady(findings)).toBe(true);
  });
});
