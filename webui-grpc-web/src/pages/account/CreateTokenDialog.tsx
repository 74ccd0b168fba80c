import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { fieldErrors } from "../../api/fieldErrors";
import { createAccessToken } from "../../api/sessions";
import { FormError } from "../../components/FormError";
import { LifetimeInput } from "../../components/LifetimeInput";
import { lifetimeProblem, parseLifetime } from "../../components/lifetime";
import { TokenOnce } from "../../components/TokenOnce";
import { useAction } from "../../components/useAction";
import { tokenNameProblem } from "./token";

const MINUTE = 60;
const DAY = 86_400;
const FIELDS = { name: "name", lifetime: "lifetime" };

/** Makes an access token and shows it once: it is in this dialog's state, and gone with it. */
export function CreateTokenDialog({ onClose }: { onClose: () => void }) {
  const [token, setToken] = useState<string>();
  const isShown = token !== undefined;
  return (
    <Modal
      opened
      onClose={onClose}
      title={isShown ? "Your new access token" : "New access token"}
      closeOnClickOutside={!isShown}
      closeOnEscape={!isShown}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {isShown ? (
        <Stack gap="md">
          <TokenOnce
            token={token}
            warning="Copy it now: it is not shown again. Whoever has it can do what you may; keep it out of code and chats."
          />
          <Group justify="flex-end">
            <Button onClick={onClose}>I have copied it</Button>
          </Group>
        </Stack>
      ) : (
        <CreateTokenForm onClose={onClose} onCreated={setToken} />
      )}
    </Modal>
  );
}

function CreateTokenForm({ onClose, onCreated }: { onClose: () => void; onCreated: (token: string) => void }) {
  const client = useQueryClient();
  const form = useForm({
    initialValues: { name: "", lifetime: "30d" },
    validate: {
      name: (name) => tokenNameProblem(name) ?? null,
      lifetime: (text) => lifetimeProblem(text, MINUTE, 366 * DAY) ?? null,
    },
  });
  const creation = useAction(async ({ name, lifetime }: typeof form.values) => {
    const answer = await createAccessToken(name.trim(), parseLifetime(lifetime) ?? 0).catch((error: unknown) => {
      form.setErrors(fieldErrors(error, FIELDS));
      throw error;
    });
    void client.invalidateQueries({ queryKey: ["sessions"] });
    return answer;
  });
  const submit = form.onSubmit(async (values) => {
    const answer = await creation.run(values);
    if (answer) onCreated(answer.token);
  });
  const lifetime = form.getInputProps("lifetime");
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <TextInput
          label="Name"
          description="What you will know it by in the list; may be empty"
          placeholder="nightly"
          autoComplete="off"
          data-autofocus
          {...form.getInputProps("name")}
        />
        <LifetimeInput
          label="Lifetime"
          value={lifetime.value}
          error={lifetime.error}
          onChange={lifetime.onChange}
          presets={["1d", "7d", "30d", "90d", "365d"]}
        />
        <FormError error={creation.error} fields={Object.keys(FIELDS)} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={creation.busy}>
            Create
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
