import { Drawer } from "@mantine/core";
import { Navigation } from "./Navigation";
import { Wordmark } from "./Wordmark";

export default function NavDrawer({ onClose }: { onClose: () => void }) {
  return (
    <Drawer
      opened
      onClose={onClose}
      size={280}
      title={<Wordmark />}
      padding={0}
      styles={{ header: { paddingInline: 16 } }}
    >
      <Navigation onGo={onClose} />
    </Drawer>
  );
}
