import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { createAgentToken } from "../../api/cluster";
import { fieldErrors } from "../../api/fieldErrors";
import { CliLine } from "../../components/CliLine";
import { FormError } from "../../components/FormError";
import { LifetimeInput } from "../../components/LifetimeInput";
import { lifetimeProblem, parseLifetime } from "../../components/lifetime";
import { TokenOnce } from "../../components/TokenOnce";
import { useAction } from "../../components/useAction";
import classes from "./AddAgentDialog.module.css";
import { isLoopback, joinCommand, SAVE_COMMAND } from "./join";
import { poolProblem } from "./search";

const MINUTE = 60;
const DAY = 86_400;
const FIELDS = { resource_pool: "pool", lifetime: "lifetime" };

/** Makes a join token and shows it once, with what to do with it. */
export function AddAgentDialog({ onClose }: { onClose: () => void }) {
  const [token, setToken] = useState<string>();
  const isShown = token !== undefined;
  return (
    <Modal
      opened
      onClose={onClose}
      title="Add an agent"
      size={560}
      closeOnClickOutside={!isShown}
      closeOnEscape={!isShown}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {isShown ? <Steps token={token} onClose={onClose} /> : <TokenForm onClose={onClose} onCreated={setToken} />}
    </Modal>
  );
}

function TokenForm({ onClose, onCreated }: { onClose: () => void; onCreated: (token: string) => void }) {
  const form = useForm({
    initialValues: { pool: "default", lifetime: "24h" },
    validate: {
      pool: (pool) => poolProblem(pool.trim()) ?? null,
      lifetime: (text) => lifetimeProblem(text, MINUTE, 30 * DAY) ?? null,
    },
  });
  const creation = useAction(({ pool, lifetime }: typeof form.values) =>
    createAgentToken(pool.trim(), parseLifetime(lifetime) ?? 0).catch((error: unknown) => {
      form.setErrors(fieldErrors(error, FIELDS));
      throw error;
    }),
  );
  const submit = form.onSubmit(async (values) => {
    const answer = await creation.run(values);
    if (answer) onCreated(answer.token);
  });
  const lifetime = form.getInputProps("lifetime");
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <span className="quiet">
          Makes a join token. Agents on other machines join with it for as long as it lasts.
        </span>
        <TextInput
          label="Resource pool"
          description="Tasks go to the pool “default” unless they ask for another"
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          {...form.getInputProps("pool")}
        />
        <LifetimeInput
          label="The token can be used for"
          value={lifetime.value}
          error={lifetime.error}
          onChange={lifetime.onChange}
          presets={["1h", "24h", "7d", "30d"]}
        />
        <FormError error={creation.error} fields={Object.keys(FIELDS)} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={creation.busy}>
            Make a token
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Steps({ token, onClose }: { token: string; onClose: () => void }) {
  return (
    <Stack gap="md">
      <TokenOnce
        token={token}
        warning="Copy it now: it is not shown again. Whoever has it can add machines to the cluster."
      />
      <ol className={classes.steps}>
        <li>
          On the new machine, save it in a file: type this, paste the token, then Enter and Ctrl D.
          <div className={classes.command}>
            <CliLine command={SAVE_COMMAND} />
          </div>
        </li>
        <li>
          Start the agent. It needs Docker, and root.
          <div className={classes.command}>
            <CliLine command={joinCommand(window.location.origin)} />
          </div>
          {isLoopback(window.location.hostname) && (
            <p className={classes.hint}>
              This page was opened by an address that only this machine knows: write the one by which the new machine
              reaches the master, <code>public_url</code> in master.yaml.
            </p>
          )}
        </li>
        <li>It appears in the list of agents here. Then the token’s file can go.</li>
      </ol>
      <span className="quiet">
        <code>docs/second-machine.md</code> has the same with TLS and a systemd unit.
      </span>
      <Group justify="flex-end">
        <Button onClick={onClose}>I have copied it</Button>
      </Group>
    </Stack>
  );
}
