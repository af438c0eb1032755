import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { ApiError } from "./api/client.ts";
import { makeRouter } from "./router.tsx";
import { theme } from "./theme/theme.ts";

const colorScheme = localStorageColorSchemeManager({ key: "scanhelm-color-scheme" });

/** A session that ended sends the reader to the log-in page and back to the same address afterwards. */
export function makeApp() {
  let router: ReturnType<typeof makeRouter> | undefined;
  const onError = (error: Error) => {
    if (!(error instanceof ApiError) || error.status !== 401 || !router) return;
    const { href, pathname } = router.state.location;
    if (pathname === "/login" || pathname === "/setup") return;
    cache.removeQueries();
    void router.navigate({ to: "/login", search: { return: [href] } });
  };
  const cache = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        // A refusal stays a refusal; only silence and overload are worth another try.
        retry: (failures, error) =>
          failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
      },
    },
  });
  router = makeRouter(cache);
  return { cache, router };
}

type Props = { app: ReturnType<typeof makeApp>; environment?: "default" | "test" };

/** In the environment `test` nothing slides, so that nothing has to be waited for. */
export function App({ app, environment = "default" }: Props) {
  return (
    <MantineProvider
      env={environment}
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={colorScheme}
    >
      <QueryClientProvider client={app.cache}>
        <RouterProvider router={app.router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
