import path from "node:path";
import type { FileReport } from "../runtime/generator/catalog/file-report";
import { PUBLIC_FILES, type PublicFiles, readPublicContent } from "../runtime/generator/catalog/public-files";
import { messageOf, RhythmicError } from "../runtime/support/errors";
import { EXIT_BAD_USAGE, EXIT_DONE, EXIT_FAILED } from "../runtime/support/program";
import { createProgress, type Progress } from "../runtime/support/progress";
import { SynthesisError } from "../stacks/synthesis/synthesis-error";
import { readFlags } from "./flags";
import { formatReport } from "./prepare-data/report";
import { sourceFiles } from "./prepare-data/sources";
import { checkOut, preparedCatalog, writeCatalog } from "./prepare-data/write-catalog";

const HELP = `prepare-data: one compact catalogue from the Million Song Dataset's public files, for --catalog.

  npm run prepare-data -- --source DIR --out DIR

  --source DIR|FILE[,...]
      Where the public files lie: folders, single files, or both, with commas between them or the flag repeated.
      Files are known by their names, each also with .gz:
${Object.values(PUBLIC_FILES)
  .map(({ names, format }) => `        ${names[0]}: ${format}`)
  .join("\n")}
      Needed are listen counts or track metadata, places, names and user agents.
  --out DIR
      Where the catalogue goes: a new or empty folder, or an earlier catalogue, which is replaced. It is written whole
      or not at all.
  --json
      Prints JSON instead of a table.
  --help
      Prints this text.

The catalogue gives the same events as the public files; docs/million_song_dataset.md tells where these come from.
Exit codes: 0 done, 2 bad usage or a file that is missing or wrong, 130 Ctrl-C, 1 failure.
`;

const FLAGS = { source: { value: "DIR|FILE[,...]" }, out: { value: "DIR" }, json: "alone" } as const;
const EXIT_INTERRUPTED = 130;

/** What a test puts in place of the world. */
export interface PrepareWorld {
  readonly progress: Progress;
  readonly stop?: AbortSignal;
}

/**
 * The whole command.
 * @returns what goes to standard output
 * @throws SynthesisError (bad usage), RhythmicError
 */
export async function prepareData(args: readonly string[], { progress, stop }: PrepareWorld): Promise<string> {
  const flags = readFlags(args, FLAGS);
  if (flags.has("help")) return HELP;
  const out = flags.value("out");
  if (!flags.has("source") || out === undefined) {
    throw new SynthesisError(
      `${out === undefined ? "--out DIR" : "--source DIR"} is missing; give --source DIR (the public files) and --out DIR (where the catalogue goes).`,
    );
  }
  checkOut(out);
  const files = sourceFiles(flags.values("source"));
  const { content, reports } = await readPublicContent(files, `--source ${flags.values("source").join(",")}`, {
    digests: true,
    progress: (file, lines) => progress.update(`${file}: ${lines} lines read`),
    ...(stop === undefined ? {} : { stop }),
  });
  progress.update("packing the catalogue");
  const prepared = preparedCatalog(content, reports);
  writeCatalog(out, prepared);
  progress.done(`${content.songs.length} songs written to ${out}`);
  const { manifest } = prepared;
  const notes = unreadNotes(files, reports);
  return flags.has("json")
    ? `${JSON.stringify({ out, hash: manifest.hash, counts: manifest.counts, sources: reports, notes })}\n`
    : formatReport(out, manifest, reports, notes);
}

/** What was given and not needed. */
function unreadNotes({ metadata, listenCounts }: PublicFiles, reports: readonly FileReport[]): string[] {
  if (metadata === undefined || listenCounts === undefined) return [];
  const name = path.basename(metadata);
  return reports.some(({ file }) => file === name)
    ? []
    : [`${name}: not read, because no line of ${path.basename(listenCounts)} lacks anything.`];
}

async function main(): Promise<number> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
  const progress = createProgress(process.stderr, (message) =>
    JSON.stringify({ severity: "INFO", program: "prepare-data", time: new Date().toISOString(), message }),
  );
  try {
    process.stdout.write(await prepareData(process.argv.slice(2), { progress, stop: stop.signal }));
    return EXIT_DONE;
  } catch (error) {
    process.stderr.write(`prepare-data: ${messageOf(error)}\n`);
    if (stop.signal.aborted) return EXIT_INTERRUPTED;
    const isUsage =
      error instanceof SynthesisError || (error instanceof RhythmicError && error.exitCode === EXIT_BAD_USAGE);
    return isUsage ? EXIT_BAD_USAGE : EXIT_FAILED;
  }
}

if (require.main === module) {
  main().then((code) => {
    process.exitCode = code;
  });
}
