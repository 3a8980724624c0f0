import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "../../support/logging";
import type { Catalog } from "./catalog";
import { readPreparedCatalog } from "./prepared-catalog";
import { MANIFEST_FILE } from "./prepared-format";
import { readPublicFiles } from "./public-files";

/**
 * The catalogue of a folder: one that `npm run prepare-data` has written, told by its manifest, or the public files as
 * they are. Both give the same events.
 * @param stop ends the reading of public files, which may take a while. @default nothing does
 * @throws RhythmicError bad_configuration, interrupted
 */
export async function openCatalog(folder: string, log: Logger, stop?: AbortSignal): Promise<Catalog> {
  return existsSync(join(folder, MANIFEST_FILE)) ? readPreparedCatalog(folder) : readPublicFiles(folder, log, stop);
}
