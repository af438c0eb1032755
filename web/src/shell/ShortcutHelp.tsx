import { Kbd, Modal, Switch } from "@mantine/core";
import styles from "./ShortcutHelp.module.css";
import { enableShortcuts, useShortcutList, useShortcutsEnabled } from "./shortcuts.ts";

export function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const shortcuts = useShortcutList();
  const enabled = useShortcutsEnabled();
  return (
    <Modal opened onClose={onClose} title="Shortcuts">
      <dl className={styles.list}>
        {shortcuts.map((shortcut) => (
          <div key={shortcut.keys} className={styles.line}>
            <dt>{shortcut.label}</dt>
            <dd>
              {shortcut.keys.split(" ").map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <Switch
        mt="md"
        label="Single-key shortcuts"
        description="They never act while you type."
        checked={enabled}
        onChange={(event) => enableShortcuts(event.currentTarget.checked)}
      />
    </Modal>
  );
}
