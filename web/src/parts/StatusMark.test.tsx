import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { SCAN_STATUSES } from "@/api/contract.ts";
import { STATUS_WORDS, StatusMark } from "./StatusMark.tsx";

test("each status has its word and a shape of its own", () => {
  const shapes = SCAN_STATUSES.map((status) => {
    const { container, unmount } = render(<StatusMark status={status} progress={40} />);
    expect(screen.getByText(STATUS_WORDS[status])).toBeDefined();
    const shape = container.querySelector("svg")?.innerHTML ?? "";
    unmount();
    return shape;
  });
  expect(new Set(shapes).size).toBe(SCAN_STATUSES.length);
});

test("the vendor's own word stands beside ours when it says more", () => {
  render(<StatusMark status="running" vendorWord="Verifying Targets" />);
  expect(screen.getByText("Verifying Targets")).toBeDefined();
});

test("a vendor word that is the same word, or empty, is not repeated", () => {
  const { container, rerender } = render(<StatusMark status="completed" vendorWord="Completed" />);
  expect(container.textContent).toBe("Completed");
  rerender(<StatusMark status="queued" vendorWord="" />);
  expect(container.textContent).toBe("Queued");
});

test("markup in a vendor word is text", () => {
  const { container } = render(<StatusMark status="failed" vendorWord="<img src=x onerror=alert(1)>" />);
  expect(container.querySelector("img")).toBeNull();
  expect(screen.getByText("<img src=x onerror=alert(1)>")).toBeDefined();
});
