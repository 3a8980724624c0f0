import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseSync } from "@swc/core";

/** What a TypeScript file asks for, types included: a type is a dependency too. */
export interface SourceFile {
  /** Relative to the root, with `/`. */
  readonly file: string;
  /** As written: `./settings`, `kafkajs`. */
  readonly specifiers: readonly string[];
  readonly readsEnvironment: boolean;
}

const FOLDERS_LEFT_OUT = new Set(["node_modules", "cdktf.out", ".rhythmic", ".git"]);

/** Every TypeScript file below a folder. */
export function sourceFiles(root: string): SourceFile[] {
  return filesBelow(root, "").map((file) => ({ file, ...askedFor(readFileSync(path.join(root, file), "utf8")) }));
}

function filesBelow(root: string, folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .sort((a, b) => a.name.localeCompare(b.name))
    .flatMap((entry) => {
      const name = path.posix.join(folder, entry.name);
      if (entry.isDirectory()) return FOLDERS_LEFT_OUT.has(entry.name) ? [] : filesBelow(root, name);
      return /\.ts$/.test(entry.name) ? [name] : [];
    });
}

/** A node of swc's syntax tree, as far as it is read here. */
interface Node {
  readonly type?: string;
  readonly value?: unknown;
  readonly source?: Node | null;
  readonly callee?: Node;
  readonly arguments?: readonly { readonly expression: Node }[];
  readonly object?: Node;
  readonly property?: Node & { readonly expression?: Node };
  readonly id?: Node;
  readonly init?: Node | null;
  readonly argument?: Node;
  readonly moduleRef?: { readonly expression: Node };
}

function askedFor(text: string): Omit<SourceFile, "file"> {
  const specifiers = new Set<string>();
  let readsEnvironment = false;
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const specifier = specifierOf(node as Node);
    if (specifier !== undefined) specifiers.add(specifier);
    if (isProcessEnvironment(node as Node)) readsEnvironment = true;
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseSync(text, { syntax: "typescript", target: "es2022" }).body);
  return { specifiers: [...specifiers], readsEnvironment };
}

/** What an `import`, `export from`, `import()`, `require()` or `import("..").Type` names. */
function specifierOf(node: Node): string | undefined {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "ExportNamedDeclaration":
      return textOf(node.source);
    case "TsImportType":
      return textOf(node.argument);
    case "TsExternalModuleReference":
      return textOf(node.moduleRef?.expression);
    case "CallExpression": {
      const isImport = node.callee?.type === "Import";
      const isRequire = node.callee?.type === "Identifier" && node.callee.value === "require";
      return isImport || isRequire ? textOf(node.arguments?.[0]?.expression) : undefined;
    }
    default:
      return undefined;
  }
}

/** `process.env`, `process["env"]` or `const { env } = process`. */
function isProcessEnvironment(node: Node): boolean {
  const isProcess = (other: Node | null | undefined) => other?.type === "Identifier" && other.value === "process";
  if (node.type === "VariableDeclarator") return isProcess(node.init) && JSON.stringify(node.id).includes('"env"');
  if (node.type !== "MemberExpression" || !isProcess(node.object)) return false;
  return (node.property?.value ?? node.property?.expression?.value) === "env";
}

function textOf(node: Node | null | undefined): string | undefined {
  return node?.type === "StringLiteral" ? String(node.value) : undefined;
}
