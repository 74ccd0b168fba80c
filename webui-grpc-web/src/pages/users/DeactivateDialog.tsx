import { Button, Checkbox, Group, Modal, Stack } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { deactivateUser, deactivationQuery } from "../../api/users";
import { FormError } from "../../components/FormError";
import { notify } from "../../components/notify";
import { SkeletonLines } from "../../components/Skeleton";
import { useAction } from "../../components/useAction";
import type { DeactivateUserResponse } from "../../gen/pedl/v1/user_pb";
import { useSession } from "../../session/session";
import classes from "./DeactivateDialog.module.css";
import { deactivated, sessionsWords, workWords } from "./deactivation";
import { SelfConfirmation } from "./SelfConfirmation";

/** Says what deactivating an account ends, and does it. */
export function DeactivateDialog({ username, onClose }: { username: string; onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title={`Deactivate ${username}`} closeButtonProps={{ "aria-label": "Close" }}>
      <Question username={username} onClose={onClose} />
    </Modal>
  );
}

function Question({ username, onClose }: { username: string; onClose: () => void }) {
  const client = useQueryClient();
  const isOwn = useSession().user.username === username;
  const [kills, setKills] = useState(false);
  const [confirmed, setConfirmed] = useState(false);
  const preview = useQuery(deactivationQuery(username));
  const deactivation = useAction(async () => {
    const answer = await deactivateUser(username, kills);
    await client.invalidateQueries();
    return answer;
  });
  const go = async () => {
    const answer = await deactivation.run();
    if (!answer) return;
    notify.success(deactivated(username, answer));
    onClose();
  };

  return (
    <Stack gap="md">
      {preview.isPending ? <SkeletonLines lines={3} /> : <Consequences preview={preview.data} kills={kills} />}
      <FormError error={deactivation.error ?? preview.error} />
      {preview.data !== undefined && preview.data.liveAssets + preview.data.killedAssets > 0 && (
        <Checkbox
          size="sm"
          label="Also kill what runs"
          checked={kills}
          onChange={(event) => setKills(event.currentTarget.checked)}
        />
      )}
      {isOwn && preview.isSuccess && (
        <SelfConfirmation username={username} onChange={setConfirmed}>
          This is your own account: you are signed out at once, and another administrator has to let you in again.
        </SelfConfirmation>
      )}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button
          color="red"
          loading={deactivation.busy}
          disabled={preview.isPending || preview.isError || (isOwn && !confirmed)}
          onClick={go}
        >
          {kills ? "Deactivate and kill" : "Deactivate"}
        </Button>
      </Group>
    </Stack>
  );
}

function Consequences({ preview, kills }: { preview: DeactivateUserResponse | undefined; kills: boolean }) {
  if (preview === undefined) return null;
  return (
    <ul className={classes.list} aria-live="polite">
      <li>{sessionsWords(preview.endedSessions)}</li>
      <li>{workWords(preview.liveAssets + preview.killedAssets, kills)}</li>
      <li>Queued work waits until the account is active again. All that it made stays.</li>
    </ul>
  );
}
