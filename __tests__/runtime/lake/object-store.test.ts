import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFolderStore } from "../../../runtime/lake/folder-store";
import { createMemoryStore } from "../../../runtime/lake/memory-store";
import { bytes, names, objectStoreContract } from "./object-store-contract";

const folders: string[] = [];
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rhythmic-store-"));
  folders.push(folder);
  return folder;
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

objectStoreContract("memory", async () => createMemoryStore());
objectStoreContract("a folder", () => createFolderStore(join(temporaryFolder(), "lake")));

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
