import { updatePolicy } from "../../../stacks/constructs/update-policy";

test("with a surge a new machine comes before an old one goes; without one it is made anew in place", () => {
  expect(updatePolicy("stack/group", { surge: 1, unavailable: 0 })).toEqual({
    type: "PROACTIVE",
    minimalAction: "REPLACE",
    replacementMethod: "SUBSTITUTE",
    maxSurgeFixed: 1,
    maxUnavailableFixed: 0,
  });
  expect(updatePolicy("stack/group", { surge: 0, unavailable: 1 })).toMatchObject({ replacementMethod: "RECREATE" });
  expect(updatePolicy("stack/group", { surge: 3, unavailable: 0, zones: 3 })).toMatchObject({ maxSurgeFixed: 3 });
});

test.each([
  [{ surge: 1, unavailable: 0, zones: 3 }, "stack/group: the surge of the group is 1; allowed: 0, or at least 3,"],
  [
    { surge: 3, unavailable: 1, zones: 3 },
    "stack/group: the unavailability of the group is 1; allowed: 0, or at least 3",
  ],
  [
    { surge: 0, unavailable: 0 },
    "stack/group: surge and unavailability of the group is 0; allowed: one of them above 0",
  ],
  [{ surge: 0.5, unavailable: 0 }, "the surge of the group is 0.5"],
])("%j is refused with the construct's path", (roll, problem) => {
  expect(() => updatePolicy("stack/group", roll)).toThrow(problem);
});
