import { Button, Group, Modal } from "@mantine/core";
import { useState } from "react";
import classes from "./ConfirmDialog.module.css";
import type { Question } from "./confirm";
import { ErrorPanel } from "./ErrorPanel";

interface Props extends Question {
  /** True: it is done; false: the answer was no. */
  onClose: (done: boolean) => void;
}

/** Asks before something ends, shows that it is under way, and says what went wrong without going away. */
export function ConfirmDialog({ title, body, confirmLabel, danger = false, action, onClose }: Props) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const run = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await action();
      onClose(true);
    } catch (e) {
      setError(e);
      setBusy(false);
    }
  };
  return (
    <Modal
      opened
      title={title}
      onClose={() => !busy && onClose(false)}
      closeButtonProps={{ "aria-label": "Close", disabled: busy }}
      classNames={{ title: classes.title ?? "" }}
    >
      <div className={classes.body}>{body}</div>
      {error === undefined ? null : <ErrorPanel error={error} />}
      <Group justify="flex-end" gap="xs" mt="lg">
        <Button variant="default" onClick={() => onClose(false)} disabled={busy} data-autofocus>
          Cancel
        </Button>
        <Button {...(danger ? { color: "red" } : {})} onClick={run} loading={busy}>
          {confirmLabel}
        </Button>
      </Group>
    </Modal>
  );
}

export default ConfirmDialog;
