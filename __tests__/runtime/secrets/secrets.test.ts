import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { createFolderSecret } from "../../../runtime/secrets/folder-secret";
import { createMemorySecret } from "../../../runtime/secrets/memory-secret";
import { openSecret } from "../../../runtime/secrets/open-secret";
import { createSecretManagerStore, type SecretManagerOptions } from "../../../runtime/secrets/secret-manager-store";
import { freePorts } from "../../../scripts/kafka/ports";
import { type SecretManagerStandIn, startSecretManager } from "../../support/secret-manager";
import { describeSecretContract } from "./contract";

const ADMIN = "token-of-an-administrator";

let folder: string;
let service: SecretManagerStandIn;
let made = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmic-secrets-"));
  service = await startSecretManager();
  service.allow(ADMIN, "projects/p", "admin");
});

afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A secret that the stacks have just made. */
function emptySecret(): string {
  const name = `projects/p/secrets/s-${++made}`;
  service.makeSecret(name);
  return name;
}

function inSecretManager(name: string, options: SecretManagerOptions = {}) {
  return createSecretManagerStore(name, { endpoint: service.endpoint, accessToken: ADMIN, ...options });
}

describeSecretContract("memory", () => createMemorySecret());
describeSecretContract("a folder", () => createFolderSecret(join(folder, `secret-${++made}`)));
describeSecretContract("Secret Manager", () => inSecretManager(emptySecret()));

describe("a secret in a folder", () => {
  test("can be read by its owner alone", async () => {
    const path = join(folder, "owned");
    const version = await createFolderSecret(path).add("value");
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(version).mode & 0o777).toBe(0o600);
  });

  test("holds nothing but versions and marks: no half-written file is left, and none would be taken for a version", async () => {
    const path = join(folder, "tidy");
    const secret = createFolderSecret(path);
    await secret.disable(await secret.add("first"));
    await secret.add("second");
    expect(readdirSync(path).sort()).toEqual(["1", "1.disabled", "2"]);
    writeFileSync(join(path, ".half"), "half of a val");
    writeFileSync(join(path, "3.tmp"), "half of a val");
    expect((await secret.latest())?.value).toBe("second");
    expect(readFileSync(join(path, "1"), "utf8")).toBe("first");
  });

  test("may be a single file, which a person has written", async () => {
    const path = join(folder, "credential.json");
    writeFileSync(path, "value");
    expect(await createFolderSecret(path).latest()).toEqual({ name: path, value: "value" });
  });

  test("that can't be written says why", async () => {
    const path = join(folder, "a-file");
    writeFileSync(path, "");
    await expect(createFolderSecret(join(path, "secret")).add("value")).rejects.toMatchObject({
      code: "secret_unusable",
      message: expect.stringContaining("is a file; give the name of a folder"),
    });
  });

  test("a path that leads out of it is none of its versions", async () => {
    mkdirSync(join(folder, "other"));
    writeFileSync(join(folder, "other", "1"), "value");
    await expect(createFolderSecret(join(folder, "mine")).disable(join(folder, "other", "1"))).rejects.toMatchObject({
      code: "secret_unusable",
      message: expect.stringContaining("none of its versions"),
    });
  });
});

describe("a secret in Secret Manager", () => {
  test("is listed to the last page", async () => {
    const secret = inSecretManager(emptySecret());
    for (let i = 0; i < 103; i++) await secret.add(String(i));
    const names = await secret.enabled();
    expect(names).toHaveLength(103);
    expect(names[0]).toMatch(/\/versions\/103$/);
    expect(names.at(-1)).toMatch(/\/versions\/1$/);
  });

  test("is read by a program with the right to read and none to list", async () => {
    const name = emptySecret();
    service.allow("reader", name, "secretAccessor");
    const reader = inSecretManager(name, { accessToken: "reader" });
    expect(await reader.latest()).toBeUndefined();
    await inSecretManager(name).add("value");
    expect((await reader.latest())?.value).toBe("value");
  });

  test("may be added to by who can't read it, and read by who can't add: each is told the role that it lacks", async () => {
    const name = emptySecret();
    service.allow("adder", name, "secretVersionAdder");
    service.allow("reader", name, "secretAccessor");
    await inSecretManager(name, { accessToken: "adder" }).add("value");
    await expect(inSecretManager(name, { accessToken: "adder" }).latest()).rejects.toMatchObject({
      code: "secret_unusable",
      message: expect.stringMatching(/can't be read: that is not allowed .*grant roles\/secretmanager\.secretAccessor/),
    });
    await expect(inSecretManager(name, { accessToken: "reader" }).add("other")).rejects.toMatchObject({
      code: "secret_unusable",
      message: expect.stringContaining("grant roles/secretmanager.secretVersionAdder"),
    });
    expect((await inSecretManager(name).latest())?.value).toBe("value");
  });

  test("whose newest version is disabled is told to who may not look for an older one", async () => {
    const name = emptySecret();
    service.allow("reader", name, "secretAccessor");
    const admin = inSecretManager(name);
    await admin.add("older");
    await admin.disable(await admin.add("newest"));
    expect((await admin.latest())?.value).toBe("older");
    await expect(inSecretManager(name, { accessToken: "reader" }).latest()).rejects.toMatchObject({
      code: "secret_unusable",
      message: expect.stringMatching(/versions\/2\] is in DISABLED state; enable that version again, or add a new one/),
    });
  });

  test("that is not there can't be added to", async () => {
    await expect(inSecretManager("projects/p/secrets/nobody").add("value")).rejects.toMatchObject({
      code: "secret_unusable",
      message: expect.stringMatching(/there is no such secret or version .*the stacks make the secrets/),
    });
  });

  test("is not given to credentials that nobody knows", async () => {
    await expect(inSecretManager(emptySecret(), { accessToken: "stranger" }).latest()).rejects.toMatchObject({
      code: "secret_unusable",
      message: expect.stringContaining("does not accept the credentials"),
    });
  });

  test("is asked for again where Secret Manager fails for a moment, reading and adding alike", async () => {
    const secret = inSecretManager(emptySecret());
    service.failNext(1, 503);
    await secret.add("value");
    service.failNext(2, 429);
    expect((await secret.latest())?.value).toBe("value");
  });

  test("is given up where Secret Manager goes on failing, and may be tried again later", async () => {
    const secret = inSecretManager(emptySecret());
    const before = service.requests.length;
    service.failNext(4, 503);
    await expect(secret.latest()).rejects.toMatchObject({
      code: "secret_unusable",
      retryable: true,
      message: expect.stringContaining("Secret Manager answered 503"),
    });
    expect(service.requests.length - before).toBe(4);
  });

  test("is given up in time where Secret Manager says nothing", async () => {
    const secret = inSecretManager(emptySecret(), { requestTimeoutMs: 100 });
    service.failNext(4, 0);
    await expect(secret.latest()).rejects.toMatchObject({
      code: "secret_unusable",
      message: expect.stringContaining("Secret Manager does not answer"),
    });
  });

  test("names what lies behind a connection that can't be made", async () => {
    const [port] = await freePorts(1);
    const secret = inSecretManager("projects/p/secrets/s", { endpoint: `http://127.0.0.1:${port}` });
    await expect(secret.latest()).rejects.toMatchObject({
      code: "secret_unusable",
      message: expect.stringMatching(/Secret Manager does not answer \(.*ECONNREFUSED.*\)\.$/),
    });
  });

  test("asks about the clock where Google's certificate is not valid at this time", async () => {
    const cause = Object.assign(new Error("certificate is not yet valid"), { code: "CERT_NOT_YET_VALID" });
    // As Node.js's own says it.
    const failing = jest.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("fetch failed", { cause }));
    await expect(inSecretManager("projects/p/secrets/s").latest()).rejects.toMatchObject({
      message: expect.stringMatching(/CERT_NOT_YET_VALID: this machine's clock says .*, which may be wrong\)/),
    });
    failing.mockRestore();
  });

  test("is in no error, whole or encoded, and neither is the token", async () => {
    const secret = inSecretManager("projects/p/secrets/nobody");
    const problem = await secret.add("open sesame").catch((error: unknown) => error);
    const everything = inspect(problem, { depth: null, showHidden: true });
    expect(everything).toContain("secret_unusable");
    for (const hidden of ["open sesame", Buffer.from("open sesame").toString("base64"), ADMIN]) {
      expect(everything).not.toContain(hidden);
    }
  });

  test("is not asked for at all before the first call", () => {
    const before = service.requests.length;
    inSecretManager(emptySecret());
    expect(service.requests).toHaveLength(before);
  });
});

test("a secret is opened where its name says that it lies", () => {
  expect(openSecret("projects/p/secrets/s").url).toBe("projects/p/secrets/s");
  expect(openSecret(join(folder, "s")).url).toBe(join(folder, "s"));
});
