import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test, vi } from "vitest";
import type { NotificationChannel, NotificationDelivery, NotificationRule } from "@/api/contract.ts";
import {
  channel,
  delivery,
  deliveryDetail,
  channels as manyChannels,
  deliveries as manyDeliveries,
  rules as manyRules,
  rule,
} from "../../dev/notification-fixtures.ts";
import { at, hub, listing, refusal } from "../../test/hub.ts";
import { open } from "../../test/open.tsx";

const menu = (name: string) => screen.findByRole("button", { name: `Actions for the channel ${name}` });

/** Lets the ten seconds pass after which the page reads again. */
function clock() {
  const waiting = new Map<unknown, () => void>();
  const { setInterval: set, clearInterval: clear } = globalThis;
  vi.spyOn(globalThis, "setInterval").mockImplementation(((act: () => void, ms: number) => {
    const id = set(act, ms);
    if (ms === 10_000) waiting.set(id, act);
    return id;
  }) as typeof setInterval);
  vi.spyOn(globalThis, "clearInterval").mockImplementation((id) => {
    waiting.delete(id);
    clear(id);
  });
  return () => {
    for (const act of [...waiting.values()]) act();
  };
}

function serve({
  channels = [channel()],
  rules = [rule()],
  deliveries = [delivery()],
}: {
  channels?: NotificationChannel[];
  rules?: NotificationRule[];
  deliveries?: NotificationDelivery[];
} = {}) {
  hub.use(
    http.get(at("/notification-channels"), () => listing(channels)),
    http.get(at("/notification-rules"), () => listing(rules)),
    http.get(at("/notification-deliveries"), () => listing(deliveries)),
  );
}

test("channels say how they are doing, rules what goes where, messages what came of them", async () => {
  const detail = "Nothing has arrived there since yesterday.";
  serve({
    channels: [
      channel(),
      channel({
        id: "ch2",
        name: "Old chat",
        state: "suspended",
        suspended: { at: "2026-11-22T08:00:00.000Z", reason: "failing", detail },
      }),
    ],
  });
  open("/notifications");
  const channels = await screen.findByRole("table", { name: "Channels" });
  expect(within(channels).getByText("Working")).toBeDefined();
  expect(within(channels).getByText("Given up")).toBeDefined();
  expect(within(channels).getByText(detail)).toBeDefined();
  const rules = await screen.findByRole("table", { name: "Rules" });
  expect(within(rules).getByText(/New or reopened findings, Run failed/)).toBeDefined();
  expect(within(rules).getByText("from high")).toBeDefined();
  expect(within(rules).getByText("Collected for an hour")).toBeDefined();
  const messages = await screen.findByRole("table", { name: "Messages" });
  expect(within(messages).getByText("Given up")).toBeDefined();
});

test("a webhook's signing secret is shown once", async () => {
  let body: unknown;
  serve({ channels: [], rules: [], deliveries: [] });
  hub.use(
    http.post(at("/notification-channels"), async ({ request }) => {
      body = await request.json();
      return HttpResponse.json({ channel: channel(), secret: "whsec_c2VjcmV0" }, { status: 201 });
    }),
  );
  const { user } = open("/notifications");
  expect(await screen.findByText("No channels yet")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Add channel" }));
  const dialog = await screen.findByRole("dialog");
  await user.type(within(dialog).getByLabelText("Name"), "Security team");
  await user.type(within(dialog).getByLabelText("Address"), "https://hooks.example/x");
  await user.click(within(dialog).getByRole("button", { name: "Add channel" }));
  expect(await screen.findByText("whsec_c2VjcmV0")).toBeDefined();
  expect(body).toEqual({ name: "Security team", kind: "webhook", url: "https://hooks.example/x" });
});

test("a refused address is said at its field", async () => {
  serve({ channels: [], rules: [], deliveries: [] });
  hub.use(
    http.post(at("/notification-channels"), () =>
      refusal(422, "invalid_input", "No.", [
        { field: "url", code: "malformed", detail: "This is not an address like https://host/path." },
      ]),
    ),
  );
  const { user } = open("/notifications");
  await user.click(await screen.findByRole("button", { name: "Add channel" }));
  const dialog = await screen.findByRole("dialog");
  await user.click(within(dialog).getByRole("button", { name: "Add channel" }));
  expect(await within(dialog).findByText("This is not an address like https://host/path.")).toBeDefined();
});

test("a rule is made of events, a least severity and a window", async () => {
  let body: unknown;
  serve({ rules: [], deliveries: [] });
  hub.use(
    http.post(at("/notification-rules"), async ({ request }) => {
      body = await request.json();
      return HttpResponse.json(rule(), { status: 201 });
    }),
  );
  const { user } = open("/notifications");
  await screen.findByRole("table", { name: "Channels" });
  await user.click(await screen.findByRole("button", { name: "Add rule" }));
  const dialog = await screen.findByRole("dialog");
  await user.type(within(dialog).getByLabelText("Name"), "Worst first");
  await user.click(within(dialog).getByLabelText("New or reopened findings"));
  await user.click(within(dialog).getByRole("combobox", { name: "Least severity" }));
  await user.click(await screen.findByRole("option", { name: "High and worse" }));
  await user.click(within(dialog).getByRole("button", { name: "Add rule" }));
  await waitFor(() =>
    expect(body).toEqual({
      name: "Worst first",
      channel_id: "ch1",
      events: ["findings.new"],
      min_severity: "high",
      digest_s: 0,
    }),
  );
});

test("a test tells whether it arrived; switching sends the version that was read", async () => {
  let match: string | null = null;
  serve();
  hub.use(
    http.post(at("/notification-channels/ch1/test"), () =>
      HttpResponse.json({
        delivered: false,
        status: 404,
        detail: "The receiver answered 404: nobody is at this address. Check it.",
        duration_ms: 12,
      }),
    ),
    http.patch(at("/notification-channels/ch1"), ({ request }) => {
      match = request.headers.get("if-match");
      return HttpResponse.json(channel({ enabled: false, state: "off" }));
    }),
  );
  const { user } = open("/notifications");
  await user.click(await screen.findByRole("button", { name: "Actions for the channel Security team" }));
  await user.click(await screen.findByRole("menuitem", { name: "Send a test" }));
  expect(await screen.findByText(/nobody is at this address/)).toBeDefined();
  await user.keyboard("{Escape}");
  await user.click(await screen.findByRole("button", { name: "Actions for the channel Security team" }));
  await user.click(await screen.findByRole("menuitem", { name: "Switch off" }));
  await waitFor(() => expect(match).toBe('"4"'));
});

test("a message shows its attempts and can be sent again", async () => {
  let again = 0;
  serve();
  const full = deliveryDetail();
  hub.use(
    http.get(at("/notification-deliveries/d1"), () => HttpResponse.json(full)),
    http.post(at("/notification-deliveries/d1/redeliver"), () => {
      again += 1;
      return HttpResponse.json(full);
    }),
  );
  const { user } = open("/notifications");
  await user.click(await screen.findByRole("button", { name: "Nightly: 2 new findings." }));
  const drawer = await screen.findByRole("dialog");
  const attempts = await within(drawer).findByRole("list", { name: "Attempts" });
  expect(within(attempts).getByText(/it does not take this message/)).toBeDefined();
  await user.click(within(drawer).getByRole("button", { name: "Send again" }));
  await waitFor(() => expect(again).toBe(1));
});

test("a hub that does not answer is said, with a way on", async () => {
  const down = () => refusal(503, "store_unavailable", "The database is busy.");
  hub.use(
    http.get(at("/notification-channels"), down),
    http.get(at("/notification-rules"), down),
    http.get(at("/notification-deliveries"), down),
  );
  open("/notifications");
  expect(await screen.findByText(/The channels could not be loaded/)).toBeDefined();
  expect(await screen.findByText(/The rules could not be loaded/)).toBeDefined();
  expect(await screen.findByText(/The messages could not be loaded/)).toBeDefined();
  expect(screen.getAllByRole("button", { name: "Retry" }).length).toBe(3);
});

test("empty: each part teaches, and a rule waits for a channel", async () => {
  open("/notifications");
  expect(await screen.findByRole("heading", { name: "No channels yet" })).toBeDefined();
  expect(await screen.findByRole("heading", { name: "No rules yet" })).toBeDefined();
  expect(await screen.findByText("Nothing was sent in the last 30 days.")).toBeDefined();
  await waitFor(() =>
    expect(screen.getByRole("button", { name: "Add rule" }).getAttribute("data-tip")).toBe(
      "Add a channel first.",
    ),
  );
  expect(screen.getByText(/^A rule sends events/).textContent).toContain("Add a channel first.");
});

test("full: every state has its word, and what is wrong stands beside it", async () => {
  const now = Date.now();
  serve({ channels: manyChannels(now), rules: manyRules, deliveries: manyDeliveries(12, now) });
  open("/notifications");
  const channels = await screen.findByRole("table", { name: "Channels" });
  for (const word of ["Working", "Failing", "Given up", "Off", "Not used yet"]) {
    expect(within(channels).getByText(word)).toBeDefined();
  }
  expect(within(channels).getByText(/The mail server answered 451/).textContent).toContain(
    "Next attempt: in",
  );
  const rules = await screen.findByRole("table", { name: "Rules" });
  expect(within(rules).getByText("Collected for 7 days")).toBeDefined();
  const messages = await screen.findByRole("table", { name: "Messages" });
  for (const word of ["Collecting", "Waiting", "Given up", "Sent"]) {
    expect(within(messages).getAllByText(word).length).toBeGreaterThan(0);
  }
});

test("live, the page is read again by itself; paused, it is not and says how old it is", async () => {
  let asked = 0;
  serve();
  hub.use(
    http.get(at("/notification-rules"), () => {
      asked += 1;
      return listing([rule()]);
    }),
  );
  const pass = clock();
  const { user } = open("/notifications");
  await screen.findByRole("table", { name: "Rules" });
  expect(screen.queryByText(/^Paused; read/)).toBeNull();
  pass();
  await waitFor(() => expect(asked).toBe(2));
  await user.click(screen.getByRole("button", { name: "Live" }));
  expect(await screen.findAllByText(/^Paused; read/)).toHaveLength(3);
  pass();
  expect(asked).toBe(2);
  await user.click(screen.getByRole("button", { name: "Paused" }));
  await waitFor(() => expect(asked).toBe(3));
});

test("rows that could not be read again stay and say that they are old", async () => {
  serve();
  const { cache } = open("/notifications");
  await screen.findByRole("table", { name: "Channels" });
  const down = () => refusal(503, "store_unavailable", "The database is busy.");
  hub.use(http.get(at("/notification-channels"), down));
  void cache.invalidateQueries({ queryKey: ["notifications", "channels"] });
  expect(await screen.findByText("These rows are not the newest.")).toBeDefined();
  expect(screen.getByRole("table", { name: "Channels" })).toBeDefined();
});

test("an open message is followed until it has arrived", async () => {
  let state: "waiting" | "sent" = "waiting";
  serve();
  hub.use(http.get(at("/notification-deliveries/d1"), () => HttpResponse.json(deliveryDetail({ state }))));
  const pass = clock();
  open("/notifications?delivery=d1");
  const drawer = await screen.findByRole("dialog");
  expect(await within(drawer).findByText("Waiting")).toBeDefined();
  state = "sent";
  pass();
  expect(await within(drawer).findByText("Sent")).toBeDefined();
});

test("the state asked for is the address", async () => {
  const asked: (string | null)[] = [];
  serve();
  hub.use(
    http.get(at("/notification-deliveries"), ({ request }) => {
      asked.push(new URL(request.url).searchParams.get("state"));
      return listing([delivery()]);
    }),
  );
  hub.use(http.get(at("/notification-deliveries/d1"), () => HttpResponse.json(deliveryDetail())));
  const { user } = open("/notifications?state=failed");
  await screen.findByRole("table", { name: "Messages" });
  expect(asked).toEqual(["failed"]);
  await user.click(screen.getByRole("combobox", { name: "State of messages" }));
  await user.click(await screen.findByRole("option", { name: "Sent" }));
  await waitFor(() => expect(window.location.search).toBe("?state=sent"));
  await waitFor(() => expect(asked.at(-1)).toBe("sent"));
  await user.click(await screen.findByRole("button", { name: "Nightly: 2 new findings." }));
  await waitFor(() => expect(window.location.search).toBe("?state=sent&delivery=d1"));
});

test("a state that is not known is said, not asked for and not fatal", async () => {
  const asked: (string | null)[] = [];
  serve();
  hub.use(
    http.get(at("/notification-deliveries"), ({ request }) => {
      asked.push(new URL(request.url).searchParams.get("state"));
      return listing([delivery()]);
    }),
  );
  open("/notifications?state=toString");
  expect(await screen.findByText(/Not known here and not applied: State: toString/)).toBeDefined();
  await screen.findByRole("table", { name: "Messages" });
  expect(asked).toEqual([null]);
});

test("editing a channel sends what was changed and nothing that would take it back into use", async () => {
  const bodies: unknown[] = [];
  const mail = channel({
    kind: "email",
    recipients: ["a@example.com", "b@example.com"],
    host: "",
    state: "suspended",
    suspended: { at: "2026-11-22T08:00:00.000Z", reason: "failing", detail: "Nothing arrived." },
  });
  serve({ channels: [mail] });
  hub.use(
    http.patch(at("/notification-channels/ch1"), async ({ request }) => {
      bodies.push(await request.json());
      return HttpResponse.json(mail);
    }),
  );
  const { user } = open("/notifications");
  const edit = async () => {
    await user.click(await menu("Security team"));
    await user.click(await screen.findByRole("menuitem", { name: "Edit…" }));
    return screen.findByRole("dialog");
  };
  let dialog = await edit();
  await user.type(within(dialog).getByLabelText("Name"), " 2");
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(bodies).toEqual([{ name: "Security team 2" }]));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  dialog = await edit();
  await user.type(within(dialog).getByLabelText("Recipients"), ", c@example.com");
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(bodies.at(-1)).toEqual({ recipients: ["a@example.com", "b@example.com", "c@example.com"] }),
  );
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  dialog = await edit();
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(bodies).toHaveLength(2);
});

test("a new signing secret is made after a yes, and stays until it is said to be copied", async () => {
  let made = 0;
  serve();
  hub.use(
    http.post(at("/notification-channels/ch1/secret"), () => {
      made += 1;
      return HttpResponse.json({ channel: channel(), secret: "whsec_bmV3" }, { status: 201 });
    }),
  );
  const { user } = open("/notifications");
  await user.click(await menu("Security team"));
  await user.click(await screen.findByRole("menuitem", { name: /^New signing secret/ }));
  expect(await screen.findByText(/receivers that know only that one refuse them/)).toBeDefined();
  expect(made).toBe(0);
  await user.click(screen.getByRole("button", { name: "Not now" }));
  expect(screen.queryByRole("dialog")).toBeNull();
  await user.click(await menu("Security team"));
  await user.click(await screen.findByRole("menuitem", { name: /^New signing secret/ }));
  await user.click(await screen.findByRole("button", { name: "Make a new secret" }));
  expect(await screen.findByText("whsec_bmV3")).toBeDefined();
  expect(made).toBe(1);
  expect(screen.queryByRole("button", { name: "Close" })).toBeNull();
  await user.keyboard("{Escape}");
  for (const outside of document.querySelectorAll(".mantine-Modal-overlay, .mantine-Modal-inner")) {
    fireEvent.mouseDown(outside);
    fireEvent.click(outside);
  }
  expect(screen.getByText("whsec_bmV3")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "I have copied it" }));
  await waitFor(() => expect(screen.queryByText("whsec_bmV3")).toBeNull());
});

test("a dialog cannot be closed while its secret is on the way", async () => {
  serve();
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  hub.use(
    http.post(at("/notification-channels/ch1/secret"), async () => {
      await answered;
      return HttpResponse.json({ channel: channel(), secret: "whsec_bmV3" }, { status: 201 });
    }),
  );
  const { user } = open("/notifications");
  await user.click(await menu("Security team"));
  await user.click(await screen.findByRole("menuitem", { name: /^New signing secret/ }));
  const make = await screen.findByRole("button", { name: "Make a new secret" });
  await user.click(make);
  await waitFor(() => expect(make.getAttribute("data-loading")).toBe("true"));
  await user.keyboard("{Escape}");
  await user.click(screen.getByRole("button", { name: "Not now" }));
  answer();
  expect(await screen.findByText("whsec_bmV3")).toBeDefined();
});

test("a secret that could not be made says so and can be asked for again", async () => {
  serve();
  hub.use(
    http.post(at("/notification-channels/ch1/secret"), () =>
      refusal(503, "store_unavailable", "The database is busy."),
    ),
  );
  const { user } = open("/notifications");
  await user.click(await menu("Security team"));
  await user.click(await screen.findByRole("menuitem", { name: /^New signing secret/ }));
  await user.click(await screen.findByRole("button", { name: "Make a new secret" }));
  expect(await screen.findByText("No new secret was made.")).toBeDefined();
  expect(screen.getByText(/The database is busy/)).toBeDefined();
  expect(screen.getByRole("button", { name: "Make a new secret" })).toBeDefined();
});

test("a rule waits for its channels, and says when they cannot be loaded", async () => {
  serve({ rules: [], deliveries: [] });
  let fail = () => {};
  const failed = new Promise<void>((resolve) => {
    fail = resolve;
  });
  hub.use(
    http.get(at("/notification-channels"), async () => {
      await failed;
      return refusal(500, "internal", "The store did not answer.");
    }),
  );
  const { user } = open("/notifications");
  await user.click(await screen.findByRole("button", { name: "Add rule" }));
  const dialog = await screen.findByRole("dialog");
  expect(await within(dialog).findByText("Loading the channels")).toBeDefined();
  fail();
  expect(
    await within(dialog).findByText(/The channels could not be loaded, and a rule needs one/),
  ).toBeDefined();
  hub.use(http.get(at("/notification-channels"), () => listing([channel()])));
  await user.click(within(dialog).getByRole("button", { name: "Retry" }));
  expect(await within(dialog).findByLabelText("Name")).toBeDefined();
});

test("editing a rule sends what was changed; unchanged, nothing that would send its digest early", async () => {
  const bodies: unknown[] = [];
  serve();
  hub.use(
    http.patch(at("/notification-rules/r1"), async ({ request }) => {
      bodies.push(await request.json());
      return HttpResponse.json(rule());
    }),
  );
  const { user } = open("/notifications");
  const edit = async () => {
    await user.click(await screen.findByRole("button", { name: "Actions for the rule Worst first" }));
    await user.click(await screen.findByRole("menuitem", { name: "Edit…" }));
    return screen.findByRole("dialog");
  };
  let dialog = await edit();
  await user.click(await within(dialog).findByRole("button", { name: "Save" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(bodies).toEqual([]);
  dialog = await edit();
  await user.click(await within(dialog).findByLabelText("Import failed"));
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(bodies).toEqual([{ events: ["findings.new", "run.failed", "import.failed"] }]));
});
