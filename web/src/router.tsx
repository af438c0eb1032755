import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { ApiError } from "./api/client.ts";
import { sessionQuery } from "./api/session.ts";
import { ASSET_KEYS } from "./assets/asset-filters.ts";
import { COMPONENT_KEYS } from "./components/component-filters.ts";
import { FINDING_KEYS } from "./findings/finding-filters.ts";
import { parseSearch, pickSearch, stringifySearch } from "./parts/filters.ts";
import { TipHost } from "./parts/TipHost.tsx";
import { NotFound, Unexpected } from "./parts/Unexpected.tsx";
import { SCAN_KEYS } from "./scans/scan-filters.ts";
import { Shell } from "./shell/Shell.tsx";

type Context = { cache: QueryClient };

const root = createRootRouteWithContext<Context>()({
  component: () => (
    <>
      <Outlet />
      <TipHost />
    </>
  ),
  notFoundComponent: NotFound,
  errorComponent: Unexpected,
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (raw) => pickSearch(raw, ["return"]),
  component: lazyRouteComponent(() => import("./account/LoginPage.tsx"), "LoginPage"),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  validateSearch: (raw) => pickSearch(raw, ["token"]),
  component: lazyRouteComponent(() => import("./account/SetupPage.tsx"), "SetupPage"),
});

const console_ = createRoute({
  getParentRoute: () => root,
  id: "console",
  beforeLoad: async ({ context, location }) => {
    try {
      await context.cache.ensureQueryData(sessionQuery);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        throw redirect({ to: "/login", search: { return: [location.href] } });
      }
      throw error;
    }
  },
  component: Shell,
  errorComponent: Unexpected,
});

const home = createRoute({
  getParentRoute: () => console_,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/scans", search: {} });
  },
});

const scans = createRoute({
  getParentRoute: () => console_,
  path: "/scans",
  validateSearch: (raw) => pickSearch(raw, SCAN_KEYS),
  component: lazyRouteComponent(() => import("./scans/ScansPage.tsx"), "ScansPage"),
});

const scan = createRoute({
  getParentRoute: () => console_,
  path: "/scans/$scanId",
  validateSearch: (raw) => pickSearch(raw, ["tab", ...FINDING_KEYS]),
  component: lazyRouteComponent(() => import("./scan/ScanPage.tsx"), "ScanPage"),
});

const findings = createRoute({
  getParentRoute: () => console_,
  path: "/findings",
  validateSearch: (raw) => pickSearch(raw, FINDING_KEYS),
  component: lazyRouteComponent(() => import("./findings/FindingsPage.tsx"), "FindingsPage"),
});

const assets = createRoute({
  getParentRoute: () => console_,
  path: "/assets",
  validateSearch: (raw) => pickSearch(raw, ASSET_KEYS),
  component: lazyRouteComponent(() => import("./assets/AssetsPage.tsx"), "AssetsPage"),
});

const asset = createRoute({
  getParentRoute: () => console_,
  path: "/assets/$assetId",
  validateSearch: (raw) => pickSearch(raw, ["tab", ...new Set([...FINDING_KEYS, ...COMPONENT_KEYS])]),
  component: lazyRouteComponent(() => import("./assets/AssetPage.tsx"), "AssetPage"),
});

const components = createRoute({
  getParentRoute: () => console_,
  path: "/components",
  validateSearch: (raw) => pickSearch(raw, COMPONENT_KEYS),
  component: lazyRouteComponent(() => import("./components/ComponentsPage.tsx"), "ComponentsPage"),
});

const approvals = createRoute({
  getParentRoute: () => console_,
  path: "/approvals",
  validateSearch: (raw) => pickSearch(raw, ["state"]),
  component: lazyRouteComponent(() => import("./approvals/ApprovalsPage.tsx"), "ApprovalsPage"),
});

const suppression = createRoute({
  getParentRoute: () => console_,
  path: "/suppression-rules",
  component: lazyRouteComponent(() => import("./suppression/SuppressionPage.tsx"), "SuppressionPage"),
});

const integrations = createRoute({
  getParentRoute: () => console_,
  path: "/integrations",
  component: lazyRouteComponent(() => import("./integrations/IntegrationsPage.tsx"), "IntegrationsPage"),
});

const integration = createRoute({
  getParentRoute: () => console_,
  path: "/integrations/$integrationId",
  validateSearch: (raw) => pickSearch(raw, ["tab"]),
  component: lazyRouteComponent(() => import("./integrations/IntegrationPage.tsx"), "IntegrationPage"),
});

const schedules = createRoute({
  getParentRoute: () => console_,
  path: "/schedules",
  validateSearch: (raw) => pickSearch(raw, ["sort", "schedule"]),
  component: lazyRouteComponent(() => import("./schedules/SchedulesPage.tsx"), "SchedulesPage"),
});

const notifications = createRoute({
  getParentRoute: () => console_,
  path: "/notifications",
  validateSearch: (raw) => pickSearch(raw, ["state", "delivery"]),
  component: lazyRouteComponent(() => import("./notifications/NotificationsPage.tsx"), "NotificationsPage"),
});

const policies = createRoute({
  getParentRoute: () => console_,
  path: "/policies",
  component: lazyRouteComponent(() => import("./policies/PoliciesPage.tsx"), "PoliciesPage"),
});

const apiKeys = createRoute({
  getParentRoute: () => console_,
  path: "/admin/api-keys",
  component: lazyRouteComponent(() => import("./account/ApiKeysPage.tsx"), "ApiKeysPage"),
});

const tree = root.addChildren([
  login,
  setup,
  console_.addChildren([
    home,
    scans,
    scan,
    findings,
    assets,
    asset,
    components,
    approvals,
    suppression,
    integrations,
    integration,
    schedules,
    notifications,
    policies,
    apiKeys,
  ]),
]);

export const makeRouter = (cache: QueryClient) =>
  createRouter({
    routeTree: tree,
    context: { cache },
    parseSearch: (text) => parseSearch(text),
    stringifySearch,
    defaultPreload: "intent",
    defaultErrorComponent: Unexpected,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: true,
  });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
