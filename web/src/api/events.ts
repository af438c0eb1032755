/** The hub's event stream. The browser resumes it by itself with Last-Event-ID after a short loss. */

const EVENT_NAMES = [
  "scan.created",
  "scan.adopted",
  "scan.changed",
  "scan.gone",
  "scan.command",
  "scan.unknown_vendor_status",
  "scan.start",
  "scanner.start",
  "scanner.complete",
  "scanner.skipped",
  "scanner.failed",
  "scan.complete",
  "scan.failed",
  "scan.cancelled",
  "scan.deleted",
  "scan.status",
  "scan.progress",
  "scan.suppression",
  "import.start",
  "import.progress",
  "import.complete",
  "import.failed",
  "schedule.changed",
  "schedule.started",
  "schedule.missed",
  "schedule.skipped",
  "schedule.failed",
  "schedule.complete",
] as const;

export type HubEvent = { name: string; scanId: string; data: Record<string, unknown> };
export type Connection = "connecting" | "open" | "lost";

const RETRY_MS = 5_000;

export function readEvent(name: string, text: string): HubEvent | null {
  try {
    const data: unknown = JSON.parse(text);
    if (typeof data !== "object" || data === null) return null;
    const record = data as Record<string, unknown>;
    return typeof record.scan_id === "string" ? { name, scanId: record.scan_id, data: record } : null;
  } catch {
    return null;
  }
}

type Listener = {
  onEvent: (event: HubEvent) => void;
  onConnection: (connection: Connection) => void;
  /** The stream was refused or ended for good; a new one is tried after a pause. */
  onRefused: () => void;
};

export function openEvents(listener: Listener): () => void {
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const open = () => {
    listener.onConnection("connecting");
    const stream = new EventSource("/api/v1/events");
    source = stream;
    stream.onopen = () => listener.onConnection("open");
    stream.onerror = () => {
      listener.onConnection("lost");
      if (stream.readyState !== EventSource.CLOSED) return;
      listener.onRefused();
      retry = setTimeout(open, RETRY_MS);
    };
    for (const name of EVENT_NAMES) {
      stream.addEventListener(name, (message) => {
        const event = readEvent(name, String(message.data));
        if (event) listener.onEvent(event);
      });
    }
  };

  open();
  return () => {
    clearTimeout(retry);
    source?.close();
  };
}
