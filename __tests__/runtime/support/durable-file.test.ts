import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFileDurably } from "../../../runtime/support/durable-file";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rhythmic-durable-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a file that is written whole or not at all", () => {
  test("replaces what stood there, and leaves nothing else behind", () => {
    const path = join(folder, "state");
    writeFileDurably(path, "a long first content");
    writeFileDurably(path, new Uint8Array([0x62]));
    expect(readFileSync(path, "utf8")).toBe("b");
    expect(readdirSync(folder)).toEqual(["state"]);
  });

  test("stays as it was where the new one can't be put there", () => {
    const path = join(folder, "taken");
    mkdirSync(join(path, "by a folder"), { recursive: true });
    expect(() => writeFileDurably(path, "new")).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(readdirSync(folder)).toEqual(["taken"]);
  });

  test.each(["missing/state", "file/state"])("tells the system's error for %s", (name) => {
    writeFileDurably(join(folder, "file"), "no folder");
    expect(() => writeFileDurably(join(folder, name), "new")).toThrow(/ENOENT|ENOTDIR/);
  });
});
