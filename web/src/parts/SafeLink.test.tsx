import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { SafeLink } from "./SafeLink.tsx";

test.each([
  "javascript:alert(1)",
  "data:text/html,x",
  "vbscript:x",
  " JaVaScRiPt:alert(1)",
  "file:///etc/passwd",
  "//host",
])("%s is shown as text only", (address) => {
  render(<SafeLink address={address} />);
  expect(screen.queryByRole("link")).toBeNull();
  expect(screen.getByText(address.trim())).toBeDefined();
});

test("web addresses open apart from the console", () => {
  render(<SafeLink address="https://nvd.nist.gov/vuln/detail/CVE-2024-6387" />);
  const link = screen.getByRole("link");
  expect(link.getAttribute("href")).toBe("https://nvd.nist.gov/vuln/detail/CVE-2024-6387");
  expect(link.getAttribute("rel")).toContain("noopener");
});
