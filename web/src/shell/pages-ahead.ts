import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";

const QUIET_MS = 1_000;

/**
 * Fetches the code of all pages once the first one stands. They are small, and a hub that goes away later then costs
 * a page its data, which the page can say, and not the page.
 */
export function usePagesAhead(): void {
  const router = useRouter();
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const route of Object.values(router.routesById)) {
        // One that fails now is asked for again when it is opened, and says so there.
        Promise.resolve(router.loadRouteChunk(route)).catch(() => undefined);
      }
    }, QUIET_MS);
    return () => clearTimeout(timer);
  }, [router]);
}
