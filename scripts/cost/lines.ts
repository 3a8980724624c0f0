import type { SynthesizedResource } from "../../stacks/synthesis/synthesized";
import type { CostLine } from "./report";

export interface LineParts {
  readonly what: string;
  readonly quantity: number | undefined;
  readonly unit: string;
  /** Left out where the price list has none. */
  readonly unitPriceUsd?: number;
  readonly assumption?: string;
}

export function lineOf({ stack, path }: SynthesizedResource, parts: LineParts): CostLine {
  const { what, quantity, unit, unitPriceUsd, assumption } = parts;
  const known = quantity !== undefined && unitPriceUsd !== undefined;
  return {
    stack,
    resource: path,
    what,
    quantity,
    unit,
    unitPriceUsd,
    usdPerMonth: known ? quantity * unitPriceUsd : undefined,
    assumption,
  };
}
