import { Drawer } from "@mantine/core";
import { Rail } from "./Rail.tsx";

/** The rail on narrow screens. */
export function MenuDrawer({ onClose, onHelp }: { onClose: () => void; onHelp: () => void }) {
  return (
    <Drawer opened onClose={onClose} position="left" size={240} title="Scanhelm" padding="xs">
      <Rail
        wide
        onNavigate={onClose}
        onHelp={() => {
          onClose();
          onHelp();
        }}
      />
    </Drawer>
  );
}
