import { Modal } from "@mantine/core";
import { useSession } from "../session/session";
import { placesFor } from "./navigation";
import classes from "./Shortcuts.module.css";

export default function Shortcuts({ onClose }: { onClose: () => void }) {
  const { user } = useSession();
  const groups: [string, [string, string][]][] = [
    [
      "Anywhere",
      [
        ["Ctrl K or ⌘ K", "Search or go to"],
        ["?", "This list"],
      ],
    ],
    ["Go to", placesFor(user.admin).map(({ key, label }) => [`g ${key}`, label])],
    [
      "In a list",
      [
        ["/", "Filter by text"],
        ["j k or ↓ ↑", "Move"],
        ["Enter", "Open"],
        ["x", "Select"],
        ["Esc", "Select nothing"],
      ],
    ],
    [
      "In a log",
      [
        ["/", "Search"],
        ["Enter or F3", "Next match; with Shift the one before"],
        ["Home", "To the start"],
        ["End", "To the end, and follow"],
        ["Shift and click", "On two lines' numbers: choose them and all between"],
      ],
    ],
  ];
  return (
    <Modal opened onClose={onClose} title="Keyboard shortcuts" closeButtonProps={{ "aria-label": "Close" }}>
      {groups.map(([title, keys]) => (
        <section key={title}>
          <h3 className={classes.title}>{title}</h3>
          <dl className={classes.list}>
            {keys.map(([key, what]) => (
              <div key={key} className={classes.row}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Modal>
  );
}
