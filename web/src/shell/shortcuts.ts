/**
 * Single-key shortcuts, also as two-key sequences ("g s"). They never fire while something is typed or a dialog is
 * open, and can be switched off altogether (WCAG 2.1.4).
 */
import { useEffect, useRef, useSyncExternalStore } from "react";
import { recall, remember } from "./memory.ts";

type Shortcut = { keys: string; label: string; run: () => void };

const MEMORY = "scanhelm-shortcuts";
const SEQUENCE_MS = 1_000;

const registered = new Map<string, Shortcut>();
const watchers = new Set<() => void>();
let listed: Shortcut[] = [];
let enabled = recall(MEMORY) !== "off";

function changed() {
  listed = [...registered.values()].sort((a, b) => a.keys.localeCompare(b.keys));
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void) {
  watchers.add(watcher);
  return () => {
    watchers.delete(watcher);
  };
}

export function useShortcut(keys: string, label: string, run: () => void): void {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    const shortcut = { keys, label, run: () => latest.current() };
    registered.set(keys, shortcut);
    changed();
    return () => {
      if (registered.get(keys) !== shortcut) return;
      registered.delete(keys);
      changed();
    };
  }, [keys, label]);
}

export const useShortcutList = () => useSyncExternalStore(watch, () => listed);
export const useShortcutsEnabled = () => useSyncExternalStore(watch, () => enabled);

export function enableShortcuts(on: boolean): void {
  enabled = on;
  remember(MEMORY, on ? "on" : "off");
  changed();
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest("input, textarea, select, [role=textbox], [role=menu]") !== null)
  );
}

export function useShortcutHost(): void {
  useEffect(() => {
    let first = "";
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onKey = (event: KeyboardEvent) => {
      if (!enabled || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key.length !== 1 || isTyping(event.target) || document.querySelector("[role=dialog]")) return;
      const sequence = first === "" ? event.key : `${first} ${event.key}`;
      first = "";
      clearTimeout(timer);
      const shortcut = registered.get(sequence) ?? registered.get(event.key);
      if (shortcut) {
        event.preventDefault();
        shortcut.run();
        return;
      }
      if (![...registered.keys()].some((keys) => keys.startsWith(`${event.key} `))) return;
      first = event.key;
      timer = setTimeout(() => {
        first = "";
      }, SEQUENCE_MS);
    };
    document.addEventListener("keydown", onKey);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("keydown", onKey);
    };
  }, []);
}
