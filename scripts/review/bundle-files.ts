/**
 * Which files of a bundle differ, told from its text alone, so that bundles of older commits can be compared too:
 * esbuild writes a comment with the file's path above what came from it.
 */

const FILE_COMMENT = /^\/\/ ((?:runtime|stacks|node_modules)\/\S+)$/;

/** @returns paths in the repository; `node_modules/<package>` for all files of a package */
export function changedFiles(before: string, after: string): string[] {
  const [old, next] = [filesOf(before), filesOf(after)];
  const paths = [...new Set([...old.keys(), ...next.keys()])].filter((path) => old.get(path) !== next.get(path));
  // A new name in one file can shift the numbers that esbuild gives to names in others; those files have not changed.
  const really = paths.filter((path) => withoutNumbers(old.get(path)) !== withoutNumbers(next.get(path)));
  return [...new Set((really.length > 0 ? really : paths).map(packageOf))].sort();
}

/** `parse2` without its number, and `{ level: level2 }`, which was `{ level }` before, without its repetition. */
function withoutNumbers(text: string | undefined): string | undefined {
  return text?.replaceAll(/([A-Za-z_$])\d+\b/g, "$1").replaceAll(/\b(\w+): \1\b/g, "$1");
}

function filesOf(bundle: string): Map<string, string> {
  const files = new Map<string, string>();
  let path: string | undefined;
  for (const line of bundle.split("\n")) {
    const comment = FILE_COMMENT.exec(line);
    if (comment?.[1] !== undefined) path = comment[1];
    else if (path !== undefined) files.set(path, `${files.get(path) ?? ""}${line}\n`);
  }
  return files;
}

function packageOf(path: string): string {
  const [, inPackages] = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  return inPackages === undefined ? path : `node_modules/${inPackages}`;
}
