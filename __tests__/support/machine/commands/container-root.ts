import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type MachineFolders, pathsBelow } from "../paths";
import { UnknownArgument } from "./arguments";
import type { Owner } from "./state";

/** What a container sees as /: what its image brings, and its volumes. */

export type ImageName = "node" | "kafka";

export interface Volume {
  /** Of the machine, as it lies here. */
  readonly source: string;
  /** In the container. */
  readonly target: string;
  readonly readOnly: boolean;
}

/** Texts larger than this are programs, which name no path of the machine. */
const TEXT_BYTES_MAX = 100_000;

/** The images that our units name, with the user that each runs as where nobody says otherwise. */
export function imageNamed(image: string): { readonly name: ImageName; readonly user: Owner } {
  const [, name] = /\/(node|kafka)(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$/.exec(image) ?? [];
  if (name === "node") return { name, user: { user: 0, group: 0 } };
  // Kafka's own Dockerfile: appuser.
  if (name === "kafka") return { name, user: { user: 1000, group: 1000 } };
  throw new UnknownArgument(`unknown image: ${image}`);
}

/** A text of the machine, or of the container itself, with its paths as they are here for the container. */
export function insideOf(folders: MachineFolders, root: string, text: string): string {
  return pathsBelow(text.replaceAll(folders.host, ""), root);
}

export function populateRoot(
  folders: MachineFolders,
  root: string,
  image: ImageName,
  volumes: readonly Volume[],
): void {
  mkdirSync(path.join(root, "bin"), { recursive: true });
  if (image === "node") symlinkSync(process.execPath, path.join(root, "bin/node"));
  if (image === "kafka") {
    const kafka = path.join(folders.state, "kafka-image");
    if (!existsSync(kafka)) throw new UnknownArgument("this machine has been given no image of Kafka");
    mkdirSync(path.join(root, "opt"));
    symlinkSync(kafka, path.join(root, "opt/kafka"));
  }
  for (const { source, target, readOnly } of volumes) {
    const inside = insideOf(folders, root, target);
    if (!inside.startsWith(`${root}/`)) throw new UnknownArgument(`no container here can hold a volume at ${target}`);
    mkdirSync(path.dirname(inside), { recursive: true });
    if (readOnly) mirror(folders, root, source, inside);
    else symlinkSync(source, inside);
  }
}

/** A link, so that what changes is seen; a copy where a file names paths, which are others inside the container. */
function mirror(folders: MachineFolders, root: string, source: string, target: string): void {
  if (!namesPaths(folders, source)) {
    symlinkSync(source, target);
  } else if (statSync(source).isDirectory()) {
    mkdirSync(target);
    for (const name of readdirSync(source)) {
      mirror(folders, root, path.join(source, name), path.join(target, name));
    }
  } else {
    writeFileSync(target, insideOf(folders, root, readFileSync(source, "utf8")), { mode: statSync(source).mode });
  }
}

function namesPaths(folders: MachineFolders, file: string): boolean {
  const stats = statSync(file);
  if (stats.isDirectory()) return readdirSync(file).some((name) => namesPaths(folders, path.join(file, name)));
  return stats.size <= TEXT_BYTES_MAX && readFileSync(file, "utf8").includes(folders.host);
}
