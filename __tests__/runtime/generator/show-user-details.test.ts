import { BUILT_IN, configurationWith, simulate } from "./simulate";

const AUTHS = ["Guest", "Logged In", "Logged Out", "Cancelled"] as const;
const USER_FIELDS = ["userId", "lastName", "firstName", "gender", "registration", "tag"] as const;

/** The built-in service with this word about whom to show, and everybody on the move. */
function eventsWith(shown: readonly string[]) {
  const configuration = configurationWith((file) => {
    file["show-user-details"] = AUTHS.map((auth) => ({ auth, show: shown.includes(auth) }));
    Object.assign(file, { tag: "control", "growth-rate": 50 });
    for (const one of file.transitions) if (one.dest.page === "Cancel") one.p *= 8;
  });
  return simulate({ users: 40, days: 2, configuration });
}

describe("show-user-details", () => {
  it.each([[[]], [["Guest"]], [["Logged In", "Cancelled"]], [["Logged Out"]], [[...AUTHS]]] as string[][][])(
    "shows a user's properties as %j, and nowhere else",
    (shown) => {
      const events = eventsWith(shown);
      const seen = new Set<string>();
      for (const event of events) {
        const auth = event.auth ?? "";
        if (auth === "") continue;
        seen.add(auth);
        const found = USER_FIELDS.filter((field) => field in event);
        expect([auth, found]).toEqual([auth, shown.includes(auth) ? USER_FIELDS : []]);
        expect(event.key).toBe(String(shown.includes(auth) ? event.userId : event.sessionId));
      }
      expect([...seen].sort()).toEqual([...AUTHS].sort());
    },
  );

  it("must say so for every auth that the service knows", () => {
    expect(new Set(BUILT_IN.machine.states.map(({ auth }) => auth))).toEqual(new Set(AUTHS));
  });
});
