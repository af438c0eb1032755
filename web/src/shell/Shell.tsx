/** The frame around every page of a signed-in user. */
import { useDisclosure } from "@mantine/hooks";
import { Outlet, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { MenuIcon } from "@/parts/icons.tsx";
import { onDemand } from "@/parts/onDemand.tsx";
import { LiveProvider } from "./live.tsx";
import { usePagesAhead } from "./pages-ahead.ts";
import { Rail } from "./Rail.tsx";
import styles from "./Shell.module.css";
import { useShortcut, useShortcutHost } from "./shortcuts.ts";

const ShortcutHelp = onDemand(async () => (await import("./ShortcutHelp.tsx")).ShortcutHelp);
const MenuDrawer = onDemand(async () => (await import("./MenuDrawer.tsx")).MenuDrawer);

export function Shell() {
  const [drawer, { open: openDrawer, close: closeDrawer }] = useDisclosure(false);
  const [help, { open: openHelp, close: closeHelp }] = useDisclosure(false);
  const navigate = useNavigate();
  usePagesAhead();
  useShortcutHost();
  useShortcut("g s", "Go to scans", () => navigate({ to: "/scans" }));
  useShortcut("g f", "Go to findings", () => navigate({ to: "/findings" }));
  useShortcut("g i", "Go to integrations", () => navigate({ to: "/integrations" }));
  useShortcut("?", "Show the shortcuts", openHelp);

  return (
    <LiveProvider>
      <div className={styles.frame}>
        <a className={styles.skip} href="#work">
          Skip to the work
        </a>
        <div className={styles.topbar}>
          <button type="button" className={styles.burger} aria-label="Open the menu" onClick={openDrawer}>
            <MenuIcon />
          </button>
          <span className={styles.brand}>Scanhelm</span>
        </div>
        <div className={styles.rail}>
          <Rail onHelp={openHelp} />
        </div>
        {drawer ? <MenuDrawer onClose={closeDrawer} onHelp={openHelp} /> : null}
        <main id="work" tabIndex={-1} className={styles.work}>
          <OfflineBanner />
          <Outlet />
        </main>
        {help ? <ShortcutHelp onClose={closeHelp} /> : null}
      </div>
    </LiveProvider>
  );
}

function OfflineBanner() {
  const [offlineSince, setOfflineSince] = useState<Date | null>(null);
  useEffect(() => {
    const gone = () => setOfflineSince(new Date());
    const back = () => setOfflineSince(null);
    window.addEventListener("offline", gone);
    window.addEventListener("online", back);
    return () => {
      window.removeEventListener("offline", gone);
      window.removeEventListener("online", back);
    };
  }, []);
  if (!offlineSince) return null;
  return (
    <div className={styles.offline} role="status">
      This browser is offline. What you see is from {offlineSince.toLocaleTimeString()}; it is refreshed when
      the connection is back.
    </div>
  );
}
