/** IPv4 addresses and ranges, as far as a network's declaration needs them. */

export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

/** @returns `undefined` for what is no address */
export function parseAddress(text: string): number | undefined {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/**
 * The addresses of a subnet, host bits 0.
 * @returns `undefined` for what is no range that a subnet can have
 */
export function addressesOf(cidr: string): AddressRange | undefined {
  const [base = "", bits = ""] = cidr.split("/");
  const first = parseAddress(base);
  // A subnet of Google Cloud has at least 8 addresses, and at most a class A network's.
  if (first === undefined || !/^\d{1,2}$/.test(bits) || Number(bits) < 8 || Number(bits) > 29) return undefined;
  const size = 2 ** (32 - Number(bits));
  return first % size === 0 ? { first, last: first + size - 1 } : undefined;
}

export function overlaps(a: AddressRange, b: AddressRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}
