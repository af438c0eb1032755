import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { App, makeApp } from "@/app.tsx";

/** Opens the whole console at an address, as a browser would. */
export function open(address: string) {
  window.history.pushState(null, "", address);
  const app = makeApp();
  const view = render(<App app={app} environment="test" />);
  return { ...view, ...app, user: userEvent.setup() };
}
