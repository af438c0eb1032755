import { Button } from "@mantine/core";
import styles from "./LiveSwitch.module.css";
import { useLive } from "./live.tsx";
import { useShortcut } from "./shortcuts.ts";

/** Whether the page follows the hub. Pausing stops every automatic change on it (WCAG 2.2.2). */
export function LiveSwitch() {
  const live = useLive();
  useShortcut("p", "Pause or resume live updates", live.toggle);
  const lost = live.on && live.connection === "lost";
  const words = !live.on ? "Paused" : lost ? "Reconnecting" : "Live";
  const tip = !live.on
    ? "Nothing on this page changes by itself. Press p to follow again."
    : lost
      ? "The event stream is gone; the page shows what it last heard and tries again by itself."
      : "Changes appear by themselves. Press p to pause.";
  return (
    <Button variant="default" aria-pressed={live.on} data-tip={tip} onClick={live.toggle}>
      <span
        className={styles.dot}
        data-state={!live.on ? "paused" : lost ? "lost" : "live"}
        aria-hidden="true"
      />
      {words}
    </Button>
  );
}
