/** IPv4 addresses and ranges, as far as a network's declaration needs them. */

export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

/** @returns `undefined` for what is no address */
export function parseAddress(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return undefined;
  return parts.map(Number).reduce((sum, part) => sum * 256 + part, 0);
}

/** How large a subnet of Google Cloud may be: 8 addresses at least, a class A network's at most. */
const SUBNET_BITS = { bitsMin: 8, bitsMax: 29 };

/**
 * The addresses of a range, host bits 0.
 * @param bits how many bits may be fixed @default what a subnet can have
 * @returns `undefined` for what is no such range
 */
export function addressesOf(cidr: string, { bitsMin, bitsMax } = SUBNET_BITS): AddressRange | undefined {
  const [base = "", bits = ""] = cidr.split("/");
  const first = parseAddress(base);
  if (first === undefined || !/^\d{1,2}$/.test(bits) || Number(bits) < bitsMin || Number(bits) > bitsMax) {
    return undefined;
  }
  const size = 2 ** (32 - Number(bits));
  return first % size === 0 ? { first, last: first + size - 1 } : undefined;
}

export function overlaps(a: AddressRange, b: AddressRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** The ranges that networks may use as they like (RFC 1918). */
export const PRIVATE_RANGES = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"] as const;

/** Does a range lie whole inside a private one? */
export function isPrivate(range: AddressRange): boolean {
  return PRIVATE_RANGES.map((space) => addressesOf(space)).some(
    (space) => space !== undefined && range.first >= space.first && range.last <= space.last,
  );
}
