import { addressesOf, isPrivate, overlaps, parseAddress } from "../../../stacks/checks/cidr";

test.each(["10.0.0", "10.0.0.0.0", "10.0.0.256", "10..0.1", "10.0.0.1e1", "a.b.c.d", " 1.2.3.4", ""])(
  "%j is no address",
  (text) => {
    expect(parseAddress(text)).toBeUndefined();
    expect(parseAddress("10.0.1.2")).toBe(0x0a000102);
  },
);

test("a range says its first and its last address", () => {
  expect(addressesOf("10.20.0.0/24")).toEqual({ first: 0x0a140000, last: 0x0a1400ff });
});

test.each(["10.20.0.0", "10.20.0.1/24", "10.20.0.0/30", "10.0.0.0/7", "10.20.0.0/x", "10.20.0.0/"])(
  "%s is no range of a subnet",
  (text) => {
    expect(addressesOf(text)).toBeUndefined();
  },
);

test("a rule of a firewall may name one address, or all", () => {
  const bits = { bitsMin: 0, bitsMax: 32 };
  expect(addressesOf("10.20.0.7/32", bits)).toEqual({ first: 0x0a140007, last: 0x0a140007 });
  expect(addressesOf("0.0.0.0/0", bits)).toEqual({ first: 0, last: 0xffffffff });
});

const range = (text: string) => addressesOf(text) ?? { first: -1, last: -1 };

test.each([
  ["10.0.0.0/24", "10.0.0.128/25", true],
  ["10.0.0.0/24", "10.0.1.0/24", false],
  ["10.0.0.0/8", "10.255.255.248/29", true],
])("%s and %s overlap: %s", (one, other, expected) => {
  expect(overlaps(range(one), range(other))).toBe(expected);
  expect(overlaps(range(other), range(one))).toBe(expected);
});

test.each([
  ["10.20.0.0/24", true],
  ["172.31.255.0/24", true],
  ["172.32.0.0/24", false],
  ["192.168.0.0/16", true],
  ["35.235.240.0/20", false],
])("%s is private: %s", (text, expected) => {
  expect(isPrivate(range(text))).toBe(expected);
});
