import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  coversHosts,
  endsAtMs,
  issueCertificate,
  makeAuthority,
  readKeyPair,
} from "../../../runtime/keeper/certificates";
import { ensureIdentity, type IdentityOptions } from "../../../runtime/keeper/identity";

const DAY_MS = 86_400_000;
const NOW_MS = Date.now();

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rhythmic-identity-"));
});

afterEach(() => rm(dir, { recursive: true, force: true }));

function options(changes: Partial<IdentityOptions> = {}): IdentityOptions {
  return {
    folder: join(dir, "keeper"),
    tlsFolder: join(dir, "tls"),
    hosts: ["kafka.rhythmic-dev.internal", "10.20.0.10"],
    days: 90,
    nowMs: NOW_MS,
    ...changes,
  };
}

const read = (file: string) => readFile(join(dir, file), "utf8");

async function certificateIn(file: string): Promise<X509Certificate> {
  return new X509Certificate(await read(file));
}

test("the first call makes an authority, and certificates of it for Kafka and for the keeper", async () => {
  const identity = await ensureIdentity(options());
  expect(identity.isNewAuthority).toBe(true);
  const ca = await certificateIn("tls/ca.pem");
  expect(ca.ca).toBe(true);
  expect(ca.subject).toBe("CN=rhythmic-authority");
  expect(Math.round((endsAtMs(ca) - NOW_MS) / DAY_MS)).toBe(3_650);
  const broker = await certificateIn("tls/broker.pem");
  expect(broker.subject).toBe("CN=rhythmic-kafka");
  expect(broker.verify(ca.publicKey) && broker.checkIssued(ca)).toBe(true);
  expect(broker.ca).toBe(false);
  expect(broker.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
  expect(coversHosts(broker, ["kafka.rhythmic-dev.internal", "10.20.0.10", "127.0.0.1", "localhost"])).toBe(true);
  expect(coversHosts(broker, ["kafka.rhythmic-prod.internal"])).toBe(false);
  expect(coversHosts(broker, ["10.20.0.11"])).toBe(false);
  expect((await certificateIn("keeper/keeper.pem")).subject).toBe("CN=rhythmic-keeper");
  const serials = await Promise.all(["tls/broker.pem", "tls/controller.pem", "keeper/keeper.pem"].map(certificateIn));
  expect(new Set([ca, ...serials].map(({ serialNumber }) => serialNumber)).size).toBe(4);
});

test("a second call changes nothing, byte for byte", async () => {
  await ensureIdentity(options());
  const files = ["keeper/authority.pem", "keeper/keeper.pem", "tls/ca.pem", "tls/broker.pem", "tls/controller.pem"];
  const before = await Promise.all(files.map(read));
  const again = await ensureIdentity(options());
  expect(again.isNewAuthority).toBe(false);
  expect(await Promise.all(files.map(read))).toEqual(before);
});

test("of two first calls at once one makes the authority, and both use it", async () => {
  const both = await Promise.all([ensureIdentity(options()), ensureIdentity(options())]);
  expect(both.map(({ isNewAuthority }) => isNewAuthority).sort()).toEqual([false, true]);
  expect(both[0]?.authority).toBe(both[1]?.authority);
  // No half-written file of either is left.
  expect((await readdir(join(dir, "keeper"))).sort()).toEqual(["authority.pem", "keeper.pem"]);
});

test("keys are for their owner alone, Kafka's for its group too, whatever the umask says", async () => {
  const before = process.umask(0);
  try {
    await ensureIdentity(options());
  } finally {
    process.umask(before);
  }
  const modeOf = async (file: string) => ((await stat(join(dir, file))).mode & 0o777).toString(8);
  expect(await modeOf("keeper")).toBe("700");
  expect(await modeOf("keeper/authority.pem")).toBe("600");
  expect(await modeOf("keeper/keeper.pem")).toBe("600");
  expect(await modeOf("tls/broker.pem")).toBe("640");
  expect(await modeOf("tls/controller.pem")).toBe("640");
  expect(await modeOf("tls/ca.pem")).toBe("644");
});

describe("renewal", () => {
  test("Kafka's and the keeper's certificate are made anew when less than a third of their time is left", async () => {
    await ensureIdentity(options());
    const before = await certificateIn("tls/broker.pem");
    await ensureIdentity(options({ nowMs: NOW_MS + 59 * DAY_MS }));
    expect((await certificateIn("tls/broker.pem")).serialNumber).toBe(before.serialNumber);
    const later = await ensureIdentity(options({ nowMs: NOW_MS + 61 * DAY_MS }));
    const renewed = await certificateIn("tls/broker.pem");
    expect(renewed.serialNumber).not.toBe(before.serialNumber);
    expect(later.broker).toBe(renewed.fingerprint256);
    expect(later.isNewAuthority).toBe(false);
    expect(later.ages.map(({ certificate, daysLeft }) => [certificate, Math.round(daysLeft)])).toEqual([
      ["authority", 3_589],
      ["controller", 3_589],
      ["broker", 90],
      ["keeper", 90],
    ]);
  });

  test("the controller's stays as it is: Kafka can't be given another while it runs", async () => {
    await ensureIdentity(options());
    const before = await read("tls/controller.pem");
    await ensureIdentity(options({ nowMs: NOW_MS + 3_600 * DAY_MS }));
    expect(await read("tls/controller.pem")).toBe(before);
  });

  test("certificates from a time when the clock was ahead are made anew: nobody would take them yet", async () => {
    await ensureIdentity(options());
    await ensureIdentity(options({ nowMs: NOW_MS + 61 * DAY_MS }));
    await ensureIdentity(options({ nowMs: NOW_MS + DAY_MS }));
    for (const file of ["tls/broker.pem", "keeper/keeper.pem"]) {
      expect(Date.parse((await certificateIn(file)).validFrom)).toBeLessThan(NOW_MS + DAY_MS);
    }
  });

  test("no certificate outlives its authority", async () => {
    await ensureIdentity(options());
    await ensureIdentity(options({ nowMs: NOW_MS + 3_640 * DAY_MS }));
    const [ca, broker] = await Promise.all([certificateIn("tls/ca.pem"), certificateIn("tls/broker.pem")]);
    expect(endsAtMs(broker)).toBe(endsAtMs(ca));
  });

  test("another address of Kafka is a reason too", async () => {
    await ensureIdentity(options());
    await ensureIdentity(options({ hosts: ["10.20.0.99"] }));
    expect(coversHosts(await certificateIn("tls/broker.pem"), ["10.20.0.99"])).toBe(true);
  });
});

describe("a lost or damaged file", () => {
  test("certificates that another authority has signed are made anew: the folder of a disk that was replaced", async () => {
    await ensureIdentity(options());
    const before = await certificateIn("tls/broker.pem");
    await rm(join(dir, "keeper"), { recursive: true });
    expect((await ensureIdentity(options())).isNewAuthority).toBe(true);
    const broker = await certificateIn("tls/broker.pem");
    expect(broker.serialNumber).not.toBe(before.serialNumber);
    expect(broker.verify((await certificateIn("tls/ca.pem")).publicKey)).toBe(true);
  });

  test.each([
    ["a key without its certificate", (pem: string) => pem.slice(0, pem.indexOf("-----BEGIN CERTIFICATE"))],
    ["a certificate without its key", (pem: string) => pem.slice(pem.indexOf("-----BEGIN CERTIFICATE"))],
    ["half a file", (pem: string) => pem.slice(0, pem.length / 2)],
    ["an empty file", () => ""],
  ])("an authority that is %s is refused in a sentence, and left as it is", async (_, damage) => {
    await ensureIdentity(options());
    const file = join(dir, "keeper", "authority.pem");
    const damaged = damage(await readFile(file, "utf8"));
    await writeFile(file, damaged);
    await expect(ensureIdentity(options())).rejects.toMatchObject({
      code: "bad_configuration",
      message: expect.stringMatching(/authority\.pem does not hold the key and the certificate .* snapshot/),
    });
    expect(await readFile(file, "utf8")).toBe(damaged);
  });

  test("another authority's certificate beside the key is refused", async () => {
    await ensureIdentity(options());
    const file = join(dir, "keeper", "authority.pem");
    const [mine, others] = [await readFile(file, "utf8"), await makeAuthority(NOW_MS)];
    const at = (pem: string) => pem.indexOf("-----BEGIN CERTIFICATE");
    await writeFile(file, mine.slice(0, at(mine)) + others.slice(at(others)));
    await expect(ensureIdentity(options())).rejects.toMatchObject({ code: "bad_configuration" });
  });

  test("a certificate that is no authority's is refused in its place", async () => {
    await ensureIdentity(options());
    await writeFile(join(dir, "keeper", "authority.pem"), await read("keeper/keeper.pem"));
    await expect(ensureIdentity(options())).rejects.toMatchObject({ code: "bad_configuration" });
  });

  test("an authority that has ended is refused with its day and what to do", async () => {
    await ensureIdentity(options());
    await expect(ensureIdentity(options({ nowMs: NOW_MS + 3_651 * DAY_MS }))).rejects.toMatchObject({
      code: "bad_configuration",
      message: expect.stringMatching(/ended on .* check the machine's clock/),
    });
  });

  test("Kafka's certificate is made anew where its file is damaged: it can be had again at any time", async () => {
    await ensureIdentity(options());
    await writeFile(join(dir, "tls", "broker.pem"), "nothing of use");
    await ensureIdentity(options());
    expect(readKeyPair(await read("tls/broker.pem"))).toBeDefined();
  });

  test("a folder that can't be made is named", async () => {
    await writeFile(join(dir, "keeper"), "a file");
    await expect(ensureIdentity(options())).rejects.toMatchObject({
      code: "bad_configuration",
      message: expect.stringContaining(join(dir, "keeper", "authority.pem")),
    });
  });
});

test("a certificate without hosts is for asking alone", async () => {
  const authority = readKeyPair(await makeAuthority(NOW_MS));
  if (authority === undefined) throw new Error("no authority");
  const pem = await issueCertificate(authority, { name: "somebody", hosts: [], nowMs: NOW_MS, days: 1 });
  expect(new X509Certificate(pem).subjectAltName).toBeUndefined();
});
