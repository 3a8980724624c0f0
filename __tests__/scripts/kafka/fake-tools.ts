import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A machine with no cache and only the tools that a test gives it, for as long as the test runs.
 * @param tools shell scripts by command name
 */
export async function withTools<T>(
  tools: Readonly<Record<string, string>>,
  work: (cache: string) => Promise<T>,
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), "rhythmic-tools-"));
  const before = { ...process.env };
  const bin = join(root, "bin");
  await mkdir(bin);
  for (const [name, script] of Object.entries(tools)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  process.env.PATH = bin;
  process.env.XDG_CACHE_HOME = join(root, "cache");
  delete process.env.JAVA_HOME;
  try {
    return await work(join(root, "cache"));
  } finally {
    process.env = before;
    await rm(root, { recursive: true, force: true });
  }
}
