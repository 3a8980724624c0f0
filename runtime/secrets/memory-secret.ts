import { RhythmicError } from "../support/errors";
import type { SecretStore } from "./secret-store";

/** A secret in memory, for tests: the same answers as the other drivers, nothing durable. */
export function createMemorySecret(name = "secret"): SecretStore {
  const url = `memory://${name}`;
  const versions: { readonly value: string; enabled: boolean }[] = [];
  const nameOf = (index: number) => `${url}/${index + 1}`;
  const enabled = () =>
    versions
      .flatMap((version, index) => (version.enabled ? [{ name: nameOf(index), value: version.value }] : []))
      .reverse();
  return {
    url,
    latest: async () => enabled()[0],
    async add(value) {
      return nameOf(versions.push({ value, enabled: true }) - 1);
    },
    enabled: async () => enabled().map((version) => version.name),
    isEnabled: async (number) => versions[Number(number) - 1]?.enabled === true,
    async disable(name) {
      const version = versions.find((_, index) => nameOf(index) === name);
      if (version === undefined) {
        throw new RhythmicError("secret_unusable", `The secret ${url} has no version ${name}; see its versions.`);
      }
      version.enabled = false;
    },
  };
}
