import { screen, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test } from "vitest";
import { at, hub, listing, refusal } from "../../test/hub.ts";
import { open } from "../../test/open.tsx";

const component = {
  id: "c1",
  asset: { id: "a1", name: "shop" },
  name: "log4j-core",
  version: "2.14.1",
  kind: "library",
  group: "org.apache.logging.log4j",
  ecosystem: "maven",
  purl: "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar",
  cpe: null,
  licenses: ["Apache-2.0", "MIT"],
  locations: ["pom.xml", "web/pom.xml"],
  sources: [{ source: "scanner:syft", listed_at: "2026-01-02T00:00:00Z" }],
  first_seen_at: "2026-01-01T00:00:00Z",
  open_findings: 3,
};
const figures = {
  total: 1,
  kinds: [{ kind: "library", components: 1 }],
  ecosystems: [
    { ecosystem: "maven", components: 1 },
    { ecosystem: null, components: 1 },
  ],
  licenses: [{ license: "Apache-2.0", components: 1 }],
};

function serve(items: unknown[] = [component]) {
  const asked: URLSearchParams[] = [];
  hub.use(
    http.get(at("/components"), ({ request }) => {
      asked.push(new URL(request.url).searchParams);
      return listing(items);
    }),
    http.get(at("/components/counts"), () => HttpResponse.json(figures)),
  );
  return asked;
}

test("the list asks for what its address says, and offers what there is to filter by", async () => {
  const asked = serve();
  const { user } = open(
    "/components?ecosystem=maven&license=GPL-3.0-only&scanner=syft&q=log4j&sort=-first_seen_at",
  );
  await screen.findByRole("link", { name: "org.apache.logging.log4j/log4j-core" });
  expect(Object.fromEntries(asked[0] ?? [])).toMatchObject({
    ecosystem: "maven",
    license: "GPL-3.0-only",
    scanner: "syft",
    q: "log4j",
    sort: "-first_seen_at",
  });
  expect(screen.queryByText(/not applied/)).toBeNull();
  await user.click(screen.getByRole("button", { name: "Filter" }));
  await user.click(await screen.findByRole("menuitem", { name: "Licence" }));
  const offered = await screen.findAllByRole("menuitemcheckbox");
  expect(offered.map((choice) => [choice.textContent, choice.getAttribute("aria-checked")])).toEqual([
    ["Apache-2.0", "false"],
    ["GPL-3.0-only", "true"],
  ]);
});

test("a component leads to its findings, its asset, and to where else it is", async () => {
  serve();
  open("/components");
  const row = within(await screen.findByRole("row", { name: /log4j-core/ }));
  const target = (name: string | RegExp) => new URL(row.getByRole<HTMLAnchorElement>("link", { name }).href);
  const findings = target("3 open findings in log4j-core");
  expect(findings.pathname).toBe("/assets/a1");
  expect(findings.searchParams.getAll("status")).toEqual(["open", "in_progress"]);
  expect(findings.searchParams.get("q")).toBe("pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1");
  expect(target("shop").search).toBe("?tab=components");
  expect(target(/^org.apache/).searchParams.get("q")).toBe("pkg:maven/org.apache.logging.log4j/log4j-core");
  expect(row.getByText("syft")).toBeDefined();
});

test("an asset shows its own, and gives them out as an SBOM", async () => {
  const asked = serve();
  hub.use(
    http.get(at("/assets/a1"), () =>
      HttpResponse.json({
        id: "a1",
        kind: "repository",
        name: "shop",
        identity: "repository:shop",
        keys: ["repository:shop"],
        operating_system: null,
        criticality: "normal",
        first_seen_at: "2026-01-01T00:00:00Z",
        last_seen_at: "2026-01-02T00:00:00Z",
        tags: [],
        version: 1,
        owner: null,
        merged_into: null,
        stale: false,
        open_findings: { total: 0, critical: 0, high: 0, medium: 0, low: 0, info: 0 },
        coverage: [],
      }),
    ),
  );
  const { user } = open("/assets/a1?tab=components&q=log4j");
  expect(await screen.findByText("pom.xml")).toBeDefined();
  expect(Object.fromEntries(asked[0] ?? [])).toMatchObject({ asset_id: "a1", q: "log4j" });
  await user.click(screen.getByRole("button", { name: "Export" }));
  const sbom = await screen.findByRole<HTMLAnchorElement>("menuitem", { name: "CycloneDX, an SBOM" });
  expect(Object.fromEntries(new URL(sbom.href).searchParams)).toEqual({
    asset_id: "a1",
    q: "log4j",
    format: "cyclonedx",
  });
});

test("nothing yet, nothing that matches and no answer are told apart", async () => {
  serve([]);
  const { user } = open("/components?q=nowhere");
  await user.click(await screen.findByRole("button", { name: "Clear filters" }));
  expect(await screen.findByRole("heading", { name: "No components yet" })).toBeDefined();
  hub.use(http.get(at("/components"), () => refusal(503, "store_unavailable", "The database is away.")));
  await user.type(screen.getByRole("searchbox", { name: "Search components" }), "ini");
  expect(await screen.findByRole("heading", { name: "The components could not be loaded" })).toBeDefined();
});
