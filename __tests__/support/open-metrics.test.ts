import { parseOpenMetrics } from "./open-metrics";

/** The check itself: it must see what a strict parser refuses. */

const GOOD = `# HELP a What it is: \\"quoted\\", one\\nmore line.
# TYPE a counter
a_total{x="1",y="a\\"b"} 3
a_total{x="2",y=""} 1e3
# TYPE b gauge
b -1.5
# TYPE c histogram
c_bucket{le="+Inf"} 0
c_sum 0
c_count 0
# EOF
`;

test("reads families with their samples", () => {
  const families = parseOpenMetrics(GOOD);
  expect([...families.keys()]).toEqual(["a", "b", "c"]);
  expect(families.get("a")?.samples[0]).toEqual({ name: "a_total", labels: { x: "1", y: 'a"b' }, value: 3 });
});

test.each([
  ["no end", GOOD.replace("# EOF\n", ""), /# EOF/],
  ["a counter without _total", GOOD.replace('a_total{x="1"', 'a{x="1"'), /no such sample/],
  ["a quote in a help", GOOD.replace('\\"quoted\\"', '"quoted"'), /escaped/],
  ["a family in two places", GOOD.replace("# TYPE c", "# TYPE a counter\n# TYPE c"), /second time/],
  ["a series twice", GOOD.replace("b -1.5", "b -1.5\nb 2"), /twice/],
  ["a counter below zero", GOOD.replace(" 3\n", " -3\n"), /below zero/],
  ["an empty line", GOOD.replace("b -1.5", "b -1.5\n"), /neither/],
  ["a label without quotes", GOOD.replace('y=""', "y=1"), /labels/],
  ["no number", GOOD.replace("-1.5", "much"), /no number/],
  ["a sample of a type that is not told", GOOD.replace("# TYPE b gauge\n", ""), /no such sample/],
])("refuses %s", (_, text, message) => {
  expect(text).not.toBe(GOOD);
  expect(() => parseOpenMetrics(text)).toThrow(message);
});
