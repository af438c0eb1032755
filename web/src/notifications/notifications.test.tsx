import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test } from "vitest";
import type { NotificationChannel, NotificationDelivery, NotificationRule } from "@/api/contract.ts";
import { at, hub, listing, refusal } from "../../test/hub.ts";
import { open } from "../../test/open.tsx";

const channel = (change: Partial<NotificationChannel> = {}): NotificationChannel => ({
  id: "ch1",
  company_id: "c1",
  name: "Security team",
  kind: "webhook",
  recipients: [],
  host: "https://hooks.example:443",
  enabled: true,
  state: "working",
  suspended: null,
  last_success_at: "2026-11-22T08:00:00.000Z",
  failing_since: null,
  failures: 0,
  last_error: null,
  retry_at: null,
  secret_hint: "…abcd",
  previous_secret_until: null,
  created_by: "user/u1",
  created_at: "2026-11-01T00:00:00.000Z",
  updated_at: "2026-11-01T00:00:00.000Z",
  version: 4,
  ...change,
});

const rule = (change: Partial<NotificationRule> = {}): NotificationRule => ({
  id: "r1",
  company_id: "c1",
  name: "Worst first",
  channel_id: "ch1",
  channel_name: "Security team",
  channel_kind: "webhook",
  enabled: true,
  events: ["findings.new", "run.failed"],
  min_severity: "high",
  digest_s: 3600,
  created_by: "user/u1",
  created_at: "2026-11-01T00:00:00.000Z",
  updated_at: "2026-11-01T00:00:00.000Z",
  version: 2,
  ...change,
});

const delivery = (change: Partial<NotificationDelivery> = {}): NotificationDelivery => ({
  id: "d1",
  channel_id: "ch1",
  channel_name: "Security team",
  rule_id: "r1",
  state: "failed",
  digest: false,
  summary: "Nightly: 2 new findings.",
  events: 1,
  severity: "high",
  attempts: 5,
  last_error: "The receiver answered 400.",
  created_at: "2026-11-22T08:00:00.000Z",
  due_at: "2026-11-22T08:00:00.000Z",
  finished_at: "2026-11-22T08:10:00.000Z",
  ...change,
});

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
  const full = {
    delivery: delivery(),
    events: [
      {
        id: "n1",
        event: "findings.new",
        at: "2026-11-22T08:00:00.000Z",
        severity: "high",
        scan_id: "s1",
        integration_id: null,
        title: "Nightly: 2 new findings.",
        detail: "New: 1 high, 1 low.",
        data: {},
      },
    ],
    log: [
      {
        number: 1,
        at: "2026-11-22T08:00:01.000Z",
        outcome: "refused",
        status: 400,
        detail: "The receiver answered 400: it does not take this message.",
        duration_ms: 31,
      },
    ],
  };
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
