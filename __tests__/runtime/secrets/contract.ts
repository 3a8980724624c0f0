import type { SecretStore } from "../../../runtime/secrets/secret-store";

/** What every driver of the SecretStore port promises, run against each. */
export function describeSecretContract(driver: string, make: () => SecretStore | Promise<SecretStore>): void {
  describe(`a secret in ${driver}`, () => {
    test("has no latest version before one is added", async () => {
      const secret = await make();
      expect(await secret.latest()).toBeUndefined();
    });

    test("gives back what was added, byte for byte", async () => {
      const secret = await make();
      const value = '{"password":"p4ß–\\n","ca":"-----BEGIN\\nÅ"}\n';
      const name = await secret.add(value);
      expect(await secret.latest()).toEqual({ name, value });
    });

    test("the last version that was added is the latest", async () => {
      const secret = await make();
      for (const value of ["first", "second", "third"]) await secret.add(value);
      expect((await secret.latest())?.value).toBe("third");
    });

    test("names its enabled versions, newest first, in numbers beyond nine too", async () => {
      const secret = await make();
      const names: string[] = [];
      for (let i = 0; i < 12; i++) names.push(await secret.add(`value ${i}`));
      expect(await secret.enabled()).toEqual([...names].reverse());
      expect(new Set(names).size).toBe(12);
    });

    test("a disabled version is no longer read nor named, and the one before it is the latest again", async () => {
      const secret = await make();
      const first = await secret.add("first");
      const second = await secret.add("second");
      await secret.disable(second);
      expect(await secret.latest()).toEqual({ name: first, value: "first" });
      expect(await secret.enabled()).toEqual([first]);
    });

    test("says of one version whether it is enabled, and of one that is not there that it is not", async () => {
      const secret = await make();
      const numbers: string[] = [];
      for (const value of ["first", "second"]) numbers.push((await secret.add(value)).split("/").at(-1) ?? "");
      const [first = "", second = ""] = numbers;
      const [name = ""] = await secret.enabled();
      await secret.disable(name);
      expect([await secret.isEnabled(first), await secret.isEnabled(second)]).toEqual([true, false]);
      expect(await secret.isEnabled("99")).toBe(false);
    });

    test("a number is not given again after its version is disabled", async () => {
      const secret = await make();
      const first = await secret.add("first");
      await secret.disable(first);
      expect(await secret.latest()).toBeUndefined();
      expect(await secret.add("second")).not.toBe(first);
      expect((await secret.latest())?.value).toBe("second");
    });

    test("disabling twice is no error", async () => {
      const secret = await make();
      const name = await secret.add("value");
      await secret.disable(name);
      await secret.disable(name);
      expect(await secret.enabled()).toEqual([]);
    });

    test("a version that is not there can't be disabled, and the message does not hold a value", async () => {
      const secret = await make();
      const name = await secret.add("open sesame");
      const missing = name.replace(/\d+$/, "99");
      const problem = await secret.disable(missing).catch((error: unknown) => error);
      expect(problem).toMatchObject({ code: "secret_unusable", message: expect.stringContaining("99") });
      expect(JSON.stringify(problem)).not.toContain("open sesame");
    });

    test("several that add at once all get a version of their own", async () => {
      const secret = await make();
      const names = await Promise.all(["a", "b", "c", "d"].map((value) => secret.add(value)));
      expect(new Set(names).size).toBe(4);
      expect(await secret.enabled()).toHaveLength(4);
    });
  });
}
