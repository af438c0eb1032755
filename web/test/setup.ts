import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll, beforeEach, vi } from "vitest";
import { hub } from "./hub.ts";

/** A loaded machine is slow, not wrong. */
configure({ asyncUtilTimeout: 8_000 });

/** The environment lays nothing out; virtual rows need a window to be in. */
Object.defineProperty(document, "fonts", { configurable: true, value: new EventTarget() });
Object.defineProperty(HTMLElement.prototype, "clientHeight", { configurable: true, get: () => 900 });
Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => 1400 });

/** An event stream that a test speaks through. */
export class FakeEventSource extends EventTarget {
  static readonly CLOSED = 2;
  static last: FakeEventSource | undefined;
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  readonly url: string;

  constructor(url: string) {
    super();
    this.url = url;
    FakeEventSource.last = this;
    queueMicrotask(() => this.onopen?.());
  }

  say(name: string, data: unknown): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }));
  }

  close(): void {
    this.readyState = FakeEventSource.CLOSED;
  }
}

beforeAll(() => hub.listen({ onUnhandledRequest: "error" }));
beforeEach(() => {
  vi.stubGlobal("EventSource", FakeEventSource);
  window.localStorage.clear();
});
afterEach(() => {
  cleanup();
  hub.resetHandlers();
  vi.unstubAllGlobals();
});
afterAll(() => hub.close());
