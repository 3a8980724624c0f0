import {
  type Attributes,
  platformOf,
  type StackJson,
  type SynthesizedPlatform,
  type SynthesizedResource,
  stackOf,
} from "../../../stacks/synthesis/synthesized";

/** Attributes that may be changed. */
export type Changeable = Record<string, unknown>;

/**
 * A copy of what was synthesized, to seed a mistake in. Whatever a mistake is aimed at must be there: one that finds
 * nothing fails, instead of being found by luck.
 */
export class Draft {
  private readonly stacks: readonly {
    readonly name: string;
    readonly dependencies: readonly string[];
    readonly json: StackJson;
  }[];

  constructor(private readonly original: SynthesizedPlatform) {
    this.stacks = original.stacks.map(({ name, dependencies, json }) => ({
      name,
      dependencies,
      json: structuredClone(json),
    }));
  }

  /**
   * Every resource of a type, or those at one construct path.
   * @param type Terraform's type
   * @param path construct path below the stack, such as `processor/template`
   */
  all(type: string, path?: string): Changeable[] {
    const found = this.original.ofType(type).filter((resource) => path === undefined || resource.path === path);
    if (found.length === 0) throw new Error(`There is no ${type} ${path ?? ""} to change.`);
    return found.map((resource) => this.attributesOf(resource));
  }

  /** The first resource of a type, or the one at a construct path. */
  one(type: string, path?: string): Changeable {
    const [first] = this.all(type, path);
    if (first === undefined) throw new Error(`There is no ${type} ${path ?? ""} to change.`);
    return first;
  }

  /** Sets an attribute, such as `update_policy.max_surge_fixed`; `undefined` takes it away. */
  set(type: string, constructPath: string | undefined, attribute: string, value: unknown): void {
    for (const attributes of this.all(type, constructPath)) setAt(attributes, attribute, value);
  }

  /** Changes a text by what it holds. */
  replace(type: string, constructPath: string, attribute: string, search: string, replacement: string): void {
    const attributes = this.one(type, constructPath);
    const before = String(getAt(attributes, attribute));
    if (!before.includes(search)) throw new Error(`${attribute} of ${type} ${constructPath} has no ${search}.`);
    setAt(attributes, attribute, before.replace(search, replacement));
  }

  /** Declares one more resource. */
  add(stack: string, type: string, id: string, attributes: Attributes, why?: string): void {
    const resources = this.resourcesOf(stack);
    resources[type] ??= {};
    const comment = { metadata: { path: `${stack}/${id}` }, ...(why === undefined ? {} : { why }) };
    (resources[type] as Changeable)[id] = { "//": comment, ...attributes };
  }

  /** Takes resources of a type away, all of them or those at one construct path. */
  remove(type: string, path?: string): void {
    for (const resource of this.original.ofType(type)) {
      if (path !== undefined && resource.path !== path) continue;
      const ofType = this.resourcesOf(resource.stack)[type] as Changeable;
      delete ofType[resource.id];
    }
  }

  /** What was written, as a text to compare. */
  text(): string {
    return JSON.stringify(this.stacks.map(({ json }) => json));
  }

  /** The changed platform, read as any other synth. */
  platform(): SynthesizedPlatform {
    return platformOf(
      this.stacks.map(({ name, dependencies, json }) => stackOf(name, dependencies, `/stacks/${name}`, json)),
    );
  }

  /** The provider's block of a stack. */
  provider(stack: string): Changeable {
    const block = this.jsonOf(stack).provider?.google?.[0];
    if (block === undefined) throw new Error(`${stack} has no provider google.`);
    return block as Changeable;
  }

  private jsonOf(stack: string): StackJson {
    const found = this.stacks.find(({ name }) => name === stack);
    if (found === undefined) throw new Error(`There is no stack ${stack}.`);
    return found.json;
  }

  private resourcesOf(stack: string): Record<string, Changeable> {
    return this.jsonOf(stack).resource as Record<string, Changeable>;
  }

  private attributesOf({ stack, type, id }: SynthesizedResource): Changeable {
    return (this.resourcesOf(stack)[type] as Record<string, Changeable>)[id] as Changeable;
  }
}

/** The block at an attribute's path without its last name; a list is entered at its first element. */
function holderOf(attributes: Changeable, attribute: string): [Changeable, string] {
  const names = attribute.split(".");
  const last = names.pop() as string;
  let holder = attributes;
  for (const name of names) {
    const inner = holder[name];
    const block = Array.isArray(inner) ? inner[0] : inner;
    if (typeof block !== "object" || block === null) throw new Error(`There is no block ${name} of ${attribute}.`);
    holder = block as Changeable;
  }
  return [holder, last];
}

function getAt(attributes: Changeable, attribute: string): unknown {
  const [holder, name] = holderOf(attributes, attribute);
  return holder[name];
}

function setAt(attributes: Changeable, attribute: string, value: unknown): void {
  const [holder, name] = holderOf(attributes, attribute);
  if (value === undefined) delete holder[name];
  else holder[name] = value;
}
