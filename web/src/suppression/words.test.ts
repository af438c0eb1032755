import { describe, expect, it } from "vitest";
import { conditions, filled } from "./words.ts";

describe("suppression rules in words", () => {
  it("names every condition that is given", () => {
    const expression = {
      rules: ["511*"],
      max_severity: "low" as const,
      asset_tags: ["lab"],
      location: "443/*",
    };
    expect(conditions(expression)).toBe("rule 511*; at most low; tag lab; location 443/*");
  });

  it("sends nothing of what was left empty", () => {
    expect(filled({ scanners: [], title: "", asset_name: null, cwes: [79] })).toEqual({ cwes: [79] });
  });
});
