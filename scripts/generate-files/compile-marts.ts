import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { type CompiledAction, nameOf } from "../../runtime/marts/graph";

/**
 * Compiles the Dataform project runtime/marts into runtime/marts/compiled.json, which the loader's bundle carries.
 * `npm run generate-files` writes it.
 *
 * Dataform's own `compile` would fetch @dataform/core from the registry on every call, because workflow_settings.yaml
 * names its version (as BigQuery Studio wants it). It takes an installed one where a package.json stands instead, and
 * only inside the project's folder; so a temporary copy of the project gets both, and nothing is downloaded.
 */

const MARTS = resolve(__dirname, "../../runtime/marts");
const CORE_VERSION = /^dataformCoreVersion:\s*(\S+)\s*$/m;

/** What `dataform compile --json` prints. */
interface DataformOutput {
  readonly graphErrors?: {
    readonly compilationErrors?: readonly { readonly fileName: string; readonly message: string }[];
  };
  readonly [list: string]: unknown;
}

/** The text of compiled.json: the graph, its actions in the order of their names, and who made it. */
export async function compileMarts(): Promise<string> {
  const graph = await compiledGraph();
  const errors = graph.graphErrors?.compilationErrors ?? [];
  if (errors.length > 0) {
    throw new Error(`The marts do not compile: ${errors.map((e) => `${e.fileName}: ${e.message}`).join("; ")}`);
  }
  const byName = (a: CompiledAction, b: CompiledAction) => (nameOf(a.target) < nameOf(b.target) ? -1 : 1);
  const sorted = (list: unknown) => ((list ?? []) as CompiledAction[]).toSorted(byName);
  const compiled = {
    generatedBy: "npm run generate-files",
    dataformCoreVersion: graph.dataformCoreVersion,
    projectConfig: graph.projectConfig,
    declarations: sorted(graph.declarations),
    tables: sorted(graph.tables),
    operations: sorted(graph.operations),
    assertions: sorted(graph.assertions),
  };
  return `${JSON.stringify(compiled, null, 2)}\n`;
}

async function compiledGraph(): Promise<DataformOutput> {
  const core = dirname(require.resolve("@dataform/core/package.json"));
  const cli = require.resolve("@dataform/cli/bundle.js");
  const project = await mkdtemp(join(tmpdir(), "rhythmic-marts-"));
  try {
    await cp(MARTS, project, { recursive: true });
    await useInstalledCore(project, core);
    const { stdout } = await promisify(execFile)(process.execPath, [cli, "compile", project, "--json"], {
      maxBuffer: 64 * 1024 * 1024,
    }).catch((error: { stdout?: string; stderr?: string }) => {
      throw new Error(`Dataform does not compile the marts: ${error.stderr ?? ""}${error.stdout ?? ""}`);
    });
    return JSON.parse(stdout) as DataformOutput;
  } finally {
    await rm(project, { recursive: true, force: true });
  }
}

async function useInstalledCore(project: string, core: string): Promise<void> {
  const settingsPath = join(project, "workflow_settings.yaml");
  const settings = await readFile(settingsPath, "utf8");
  const wanted = CORE_VERSION.exec(settings)?.[1];
  const { version } = JSON.parse(await readFile(join(core, "package.json"), "utf8")) as { version: string };
  if (wanted !== version) {
    throw new Error(
      `runtime/marts/workflow_settings.yaml wants @dataform/core ${wanted}, and ${version} is installed; make the two agree.`,
    );
  }
  await writeFile(settingsPath, settings.replace(CORE_VERSION, ""));
  await writeFile(join(project, "package.json"), JSON.stringify({ dependencies: { "@dataform/core": version } }));
  await cp(core, join(project, "node_modules/@dataform/core"), { recursive: true });
}
