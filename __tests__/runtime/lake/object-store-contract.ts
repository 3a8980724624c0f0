import type { ObjectStore } from "../../../runtime/lake/object-store";

/** The contract of the object stores, run against every driver. */

export const bytes = (text: string) => new TextEncoder().encode(text);
export const text = (found: Uint8Array | undefined) =>
  found === undefined ? undefined : new TextDecoder().decode(found);

export async function names(store: ObjectStore, prefix: string, from?: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of store.list(prefix, from === undefined ? {} : { from })) found.push(entry.name);
  return found;
}

/** @param open a store without an object, at each call another one */
export function objectStoreContract(driver: string, open: () => Promise<ObjectStore>): void {
  describe(`the object store in ${driver}`, () => {
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
}
