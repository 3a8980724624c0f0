import { mermaidDiagram } from "../../../../runtime/generator/explain/diagram";
import { BUILT_IN, configurationWith } from "../simulate";

const { machine } = BUILT_IN;
const evenly = machine.states.map(() => 1 / machine.states.length);

/** The diagram as Mermaid's grammar wants it: anything else is an error there (checked by hand with mermaid 11). */
const LINES = [
  /^stateDiagram-v2$/,
  /^ {2}direction LR$/,
  /^ {2}state "[\p{L}\p{N} .,()/&'+-]+" as group\d+ \{$/u,
  /^ {4}s\d+ : [\p{L}\p{N} .,()/&'+-]+$/u,
  /^ {2,4}s\d+ --> s\d+ : (< )?[\d.]+ %$/,
  /^ {2}\}$/,
  /^ {2}%% .*$/,
];

describe("the diagram of a state machine", () => {
  it("has a box for each login and level, with its states, and the likely ways", () => {
    const lines = mermaidDiagram(machine, evenly).split("\n");
    for (const line of lines) expect(LINES.some((pattern) => pattern.test(line))).toBe(true);
    const boxes = lines.filter((line) => line.startsWith("  state "));
    expect(boxes).toContain('  state "Logged In, paid" as group2 {');
    expect(boxes).toHaveLength(new Set(machine.states.map(({ auth, level }) => `${auth}, ${level}`)).size);
    const named = lines.filter((line) => /^ {4}s\d+ : /.test(line));
    expect(named).toHaveLength(machine.states.length);
    const likely = machine.states.flatMap((from) =>
      machine
        .transitionsFrom(from)
        .filter(({ p }) => p >= 0.05)
        .map(({ to }) => `s${from.index} --> s${to.index} :`),
    );
    const text = lines.join("\n");
    for (const way of likely) expect(text).toContain(way);
  });

  it("leaves no state alone, and says how many ways are left out", () => {
    const text = mermaidDiagram(machine, evenly);
    const all = machine.states.flatMap((from) => machine.transitionsFrom(from).map(({ to }) => ({ from, to })));
    for (const state of machine.states) {
      const isEntered = all.some(({ from, to }) => to === state && from !== state);
      const isShown = machine.states.some(
        (from) => from !== state && text.includes(`s${from.index} --> s${state.index} :`),
      );
      expect(isShown).toBe(isEntered);
    }
    const shown = text.split("\n").filter((line) => line.includes("-->")).length;
    expect(text).toContain(`%% ${all.length - shown} of ${all.length} ways are left out: each below 5 %.`);
    expect(shown).toBeLessThan(all.length);
  });

  it("is valid whatever the names hold", () => {
    const name = 'Lyrics: "a" --> {b}\n%% #; [*] <br/>';
    const { machine: odd } = configurationWith((file) => {
      Object.assign(file, { pages: [name, "::"] });
      const rename = (state: { page: string }) => {
        if (state.page === "Roll Advert") state.page = name;
        if (state.page === "Thumbs Up") state.page = "::";
      };
      for (const { source, dest } of file.transitions) for (const state of [source, dest]) rename(state);
      for (const state of file["new-session"]) rename(state);
    });
    const lines = mermaidDiagram(odd, evenly).split("\n");
    for (const line of lines) expect(LINES.some((pattern) => pattern.test(line))).toBe(true);
    expect(lines).toContainEqual(expect.stringMatching(/ : Lyrics a - b br\/ \(200\)$/));
  });
});
