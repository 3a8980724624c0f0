import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFolderStore } from "../../../runtime/lake/folder-store";
import { createMemoryStore } from "../../../runtime/lake/memory-store";
import type { ObjectStore } from "../../../runtime/lake/object-store";

/** One contract, run against every driver. */

const folders: string[] = [];
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rhythmic-store-"));
  folders.push(folder);
  return folder;
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (found: Uint8Array | undefined) => (found === undefined ? undefined : new TextDecoder().decode(found));

async function names(store: ObjectStore, prefix: string, from?: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of store.list(prefix, from === undefined ? {} : { from })) found.push(entry.name);
  return found;
}

const drivers: [string, () => Promise<ObjectStore>][] = [
  ["memory", async () => createMemoryStore()],
  ["folder", () => createFolderStore(join(temporaryFolder(), "lake"))],
];

describe.each(drivers)("the object store in %s", (_driver, open) => {
  test("creates an object once and never changes it", async () => {
    const store = await open();
    expect(await store.create("a/b.txt", bytes("first"))).toBe("created");
    expect(await store.create("a/b.txt", bytes("second"))).toBe("exists");
    expect(text(await store.get("a/b.txt"))).toBe("first");
  });

  test("has one winner where twenty create the same object at once", async () => {
    const store = await open();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => store.create("log/0.json", bytes(`writer ${index}`))),
    );
    expect(answers.filter((answer) => answer === "created")).toHaveLength(1);
    expect(text(await store.get("log/0.json"))).toBe(`writer ${answers.indexOf("created")}`);
  });

  test("keeps what it was given when the caller changes its bytes later", async () => {
    const store = await open();
    const given = bytes("as it was");
    await store.create("object", given);
    given.fill(0);
    expect(text(await store.get("object"))).toBe("as it was");
  });

  test("answers nothing for an object that is not there", async () => {
    const store = await open();
    expect(await store.get("nothing")).toBeUndefined();
    await expect(store.getRange("nothing", 0, 1)).rejects.toMatchObject({ code: "lake_corrupt" });
    await store.remove("nothing");
  });

  test("reads a range", async () => {
    const store = await open();
    await store.create("object", bytes("0123456789"));
    expect(text(await store.getRange("object", 3, 6))).toBe("345");
    expect(text(await store.getRange("object", 8, 20))).toBe("89");
  });

  test("lists by prefix in the order of names, from a name on", async () => {
    const store = await open();
    for (const name of ["t/log/02", "t/log/00", "t/log/10", "t/other", "u/log/00"])
      await store.create(name, bytes(name));
    expect(await names(store, "t/log/")).toEqual(["t/log/00", "t/log/02", "t/log/10"]);
    expect(await names(store, "t/log/", "t/log/02")).toEqual(["t/log/02", "t/log/10"]);
    expect(await names(store, "t/log/1")).toEqual(["t/log/10"]);
    expect(await names(store, "none/")).toEqual([]);
    expect(await names(store, "")).toHaveLength(5);
  });

  test("gives sizes and times in a listing", async () => {
    const store = await open();
    const before = Date.now() - 2_000;
    await store.create("object", bytes("12345"));
    for await (const entry of store.list("object")) {
      expect(entry.sizeBytes).toBe(5);
      expect(entry.modifiedMs).toBeGreaterThan(before);
    }
  });

  test("removes and replaces", async () => {
    const store = await open();
    await store.replace("hint", bytes("1"));
    await store.replace("hint", bytes("2"));
    expect(text(await store.get("hint"))).toBe("2");
    await store.remove("hint");
    expect(await store.get("hint")).toBeUndefined();
    expect(await store.create("hint", bytes("3"))).toBe("created");
  });
});

describe("the folder driver", () => {
  test("leaves nothing half-written behind, and never lists its own temporary files", async () => {
    const folder = temporaryFolder();
    const store = await createFolderStore(folder);
    await store.create("a", bytes("a"));
    await store.create("a", bytes("b"));
    writeFileSync(join(folder, ".rhythmic-tmp", "left-by-a-crash"), "half");
    expect(await names(store, "")).toEqual(["a"]);
    expect(readdirSync(join(folder, ".rhythmic-tmp"))).toEqual(["left-by-a-crash"]);
  });

  test("refuses a lake that is a file, in one sentence that says what to do", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    await expect(createFolderStore(file)).rejects.toMatchObject({
      code: "lake_unusable",
      message: expect.stringMatching(/is a file; give the name of a folder/),
    });
  });

  test("refuses a lake that can't be written", async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o500);
    try {
      // Root may write everywhere; for everybody else the folder is refused.
      const opened = createFolderStore(join(folder, "lake"));
      if (process.getuid?.() === 0) await opened;
      else await expect(opened).rejects.toMatchObject({ code: "lake_unusable", message: /permission is denied/ });
    } finally {
      chmodSync(folder, 0o700);
    }
  });

  test("refuses a name that leads out of the lake", async () => {
    const store = await createFolderStore(temporaryFolder());
    await expect(store.create("../outside", bytes("x"))).rejects.toMatchObject({ code: "internal" });
    await expect(store.get("/etc/passwd")).rejects.toMatchObject({ code: "internal" });
  });
});
