import { parse } from "yaml";

/**
 * A cloud-config as our templates write it (cloudinit.readthedocs.io/en/latest/reference/modules.html). What is not
 * known here fails, so that no template grows a part that no test boots.
 */
export interface CloudConfig {
  readonly users: readonly { readonly name: string; readonly uid: number }[];
  /** In the order in which they are written. */
  readonly files: readonly ConfiguredFile[];
  /** Lines of one shell script, which goes on after a failure. */
  readonly commands: readonly string[];
}

export interface ConfiguredFile {
  /** Absolute. */
  readonly path: string;
  readonly mode: number;
  readonly content: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** @throws Error naming what is unknown or malformed */
export function parseCloudConfig(text: string): CloudConfig {
  // Without this first line cloud-init takes the text for something else, and does nothing.
  if (!text.startsWith("#cloud-config\n")) throw new Error("user-data does not begin with the line #cloud-config");
  const document = fieldsOf("cloud-config", parse(text), ["users", "write_files", "runcmd"]);
  return {
    users: listOf("users", document.users).map((entry) => {
      const { name, uid } = fieldsOf("users", entry, ["name", "uid"]);
      if (typeof name !== "string" || typeof uid !== "number") throw unusable("users", entry);
      return { name, uid };
    }),
    files: listOf("write_files", document.write_files).map(fileOf),
    commands: listOf("runcmd", document.runcmd).map((entry) => {
      if (typeof entry !== "string") throw unusable("runcmd", entry);
      return entry;
    }),
  };
}

function fileOf(entry: unknown): ConfiguredFile {
  const { path, permissions, content } = fieldsOf("write_files", entry, ["path", "permissions", "content"]);
  if (typeof path !== "string" || !path.startsWith("/") || typeof content !== "string") {
    throw unusable("write_files", entry);
  }
  // A number would be read as decimal or octal, depending on who reads.
  if (typeof permissions !== "string" || !/^0[0-7]{3}$/.test(permissions)) throw unusable("permissions", permissions);
  return { path, mode: Number.parseInt(permissions, 8), content };
}

function fieldsOf(what: string, value: unknown, known: readonly string[]): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unusable(what, value);
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  if (unknown.length > 0) throw new Error(`the machines of the tests know no ${unknown.join(", ")} in ${what}`);
  return value as Fields;
}

function listOf(what: string, value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw unusable(what, value);
  return value;
}

function unusable(what: string, given: unknown): Error {
  return new Error(`the machines of the tests can't use this ${what}: ${JSON.stringify(given)}`);
}
