/** The live switch and what hangs on it: one event stream, the tint of changed rows and the count of new scans. */
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { type Connection, openEvents } from "@/api/events.ts";
import { LiveScans } from "@/api/live-scans.ts";
import { scanKeys } from "@/api/scans.ts";
import { sessionQuery } from "@/api/session.ts";
import { recall, remember } from "./memory.ts";

const TINT_MS = 3_000;
const MEMORY = "scanhelm-live";

type Live = {
  on: boolean;
  connection: Connection;
  toggle: () => void;
  changed: ReadonlySet<string>;
  arrived: number;
  showArrived: () => void;
};

const LiveContext = createContext<Live>({
  on: true,
  connection: "connecting",
  toggle: () => undefined,
  changed: new Set(),
  arrived: 0,
  showArrived: () => undefined,
});

export const useLive = () => useContext(LiveContext);

export function LiveProvider({ children }: { children: ReactNode }) {
  const cache = useQueryClient();
  const [on, setOn] = useState(() => recall(MEMORY) !== "paused");
  const [connection, setConnection] = useState<Connection>("connecting");
  const [changed, setChanged] = useState<ReadonlySet<string>>(new Set());
  const [arrived, setArrived] = useState<ReadonlySet<string>>(new Set());

  useEffect(() => {
    if (!on) return;
    const timers = new Set<ReturnType<typeof setTimeout>>();
    const scans = new LiveScans(cache, {
      onChanged: (ids) => {
        setChanged((before) => new Set([...before, ...ids]));
        const timer = setTimeout(() => {
          timers.delete(timer);
          setChanged((before) => new Set([...before].filter((id) => !ids.includes(id))));
        }, TINT_MS);
        timers.add(timer);
      },
      onArrived: (id) => setArrived((before) => new Set([...before, id])),
    });
    const close = openEvents({
      onEvent: (event) => scans.receive(event),
      onConnection: setConnection,
      onRefused: () => void cache.invalidateQueries({ queryKey: sessionQuery.queryKey }),
    });
    return () => {
      close();
      scans.stop();
      for (const timer of timers) clearTimeout(timer);
      setChanged(new Set());
    };
  }, [on, cache]);

  const live = useMemo<Live>(
    () => ({
      on,
      connection,
      changed,
      arrived: arrived.size,
      toggle: () => {
        remember(MEMORY, on ? "paused" : "live");
        setOn(!on);
        // What happened during the pause was not heard.
        if (!on) void cache.invalidateQueries();
      },
      showArrived: () => {
        setArrived(new Set());
        void cache.resetQueries({ queryKey: scanKeys.lists });
      },
    }),
    [on, connection, changed, arrived, cache],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}

/** Polling interval of a followed scan: 8 s while it works, nothing once it is over or the switch says paused. */
export function followInterval(live: boolean, status: string | undefined): number | false {
  const works = status === "running" || status === "importing";
  return live && works ? 8_000 : false;
}
