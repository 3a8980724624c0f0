import { statSync } from "node:fs";
import path from "node:path";
import {
  kindOf,
  namesOf,
  PUBLIC_FILE_KINDS,
  type PublicFileKind,
  type PublicFiles,
  publicFilesOf,
} from "../../runtime/generator/catalog/public-files";
import { messageOf, RhythmicError } from "../../runtime/support/errors";
import { suggestion } from "../../runtime/support/nearest";

/**
 * The public files that `--source` names: folders, which are looked through, and single files, known by their names.
 * @param given values of the flag; each may hold several, with commas between them
 * @throws RhythmicError bad_usage where one can't be read, is none of the public files, or gives a kind again;
 *   bad_configuration where a folder can't be read
 */
export function sourceFiles(given: readonly string[]): PublicFiles {
  const files: Partial<Record<PublicFileKind, string>> = {};
  for (const source of given.flatMap((value) => value.split(",")).filter((text) => text !== "")) {
    for (const [kind, file] of Object.entries(filesOf(source)) as [PublicFileKind, string][]) {
      const other = files[kind];
      if (other !== undefined && path.resolve(other) !== path.resolve(file)) {
        throw new RhythmicError(
          "bad_usage",
          `${other} and ${file} hold the same kind of data, and one of them is read; leave one out of --source.`,
        );
      }
      files[kind] = file;
    }
  }
  return files;
}

function filesOf(source: string): PublicFiles {
  let isFolder: boolean;
  try {
    isFolder = statSync(source).isDirectory();
  } catch (error) {
    throw new RhythmicError(
      "bad_usage",
      `--source ${source} can't be read (${messageOf(error)}); give folders or files, with commas between them.`,
      { cause: error },
    );
  }
  if (isFolder) return publicFilesOf(source);
  const name = path.basename(source);
  const kind = kindOf(name);
  if (kind !== undefined) return { [kind]: source };
  const names = PUBLIC_FILE_KINDS.flatMap(namesOf);
  throw new RhythmicError(
    "bad_usage",
    `--source ${source} is none of the public files${suggestion(name, names)}; they are known by their names: ${names.join(", ")}.`,
  );
}
