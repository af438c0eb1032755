import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { PlainText } from "./PlainText.tsx";

test("hostile text stays text; only web addresses become links", () => {
  const text =
    '<img src=x onerror=alert(1)> [x](javascript:alert(1)) https://example.com/a?b=1 "data:text/html,x"';
  const { container } = render(<PlainText text={text} />);
  expect(container.textContent).toBe(text);
  expect(container.querySelector("img")).toBeNull();
  const links = screen.getAllByRole("link");
  expect(links.map((link) => link.getAttribute("href"))).toEqual(["https://example.com/a?b=1"]);
  expect(links[0]?.getAttribute("rel")).toContain("noopener");
});
