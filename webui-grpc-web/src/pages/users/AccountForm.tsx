import { Button, Checkbox, Group, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { reasonOf } from "../../api/errors";
import { fieldErrors } from "../../api/fieldErrors";
import { type UserChanges, updateUser } from "../../api/users";
import { FormError } from "../../components/FormError";
import { useAction } from "../../components/useAction";
import type { User } from "../../gen/pedl/v1/user_pb";
import { updateOwnUser, useSession } from "../../session/session";
import { SelfConfirmation } from "./SelfConfirmation";
import { displayNameProblem, foldUsername, keepsItsName, usernameProblem } from "./username";

const FIELDS = { "user.username": "username", "user.display_name": "displayName", "user.admin": "admin" };

/** An account's name, display name and role. */
export function AccountForm({ user, onRenamed }: { user: User; onRenamed: (username: string) => void }) {
  const client = useQueryClient();
  const isOwn = useSession().user.id === user.id;
  const [confirmed, setConfirmed] = useState(false);
  const form = useForm({
    initialValues: { username: user.username, displayName: user.displayName, admin: user.admin },
    validate: {
      username: (name) => usernameProblem(name) ?? null,
      displayName: (name) => displayNameProblem(name) ?? null,
    },
  });
  const changes = changesOf(user, form.values);
  const isDirty = Object.keys(changes).length > 0;
  const stepsDown = isOwn && changes.admin === false;

  const saving = useAction(async () => {
    const { user: saved } = await updateUser(user.username, changes).catch((error: unknown) => {
      form.setErrors(errorsOf(error));
      throw error;
    });
    await client.invalidateQueries();
    return saved;
  });
  const submit = form.onSubmit(async () => {
    const saved = await saving.run();
    if (!saved) return;
    form.setInitialValues({ username: saved.username, displayName: saved.displayName, admin: saved.admin });
    form.reset();
    if (isOwn) updateOwnUser(saved);
    if (saved.username !== user.username) onRenamed(saved.username);
  });

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <TextInput
          label="Username"
          description={keepsItsName(user.username) ? `${user.username} keeps its name` : "1 to 64 of a-z 0-9 . _ @ -"}
          disabled={keepsItsName(user.username)}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          {...form.getInputProps("username")}
        />
        <TextInput label="Display name" autoComplete="off" {...form.getInputProps("displayName")} />
        <Checkbox
          size="sm"
          label="Administrator"
          description="May manage users and agents, and kill anybody's work"
          {...form.getInputProps("admin", { type: "checkbox" })}
        />
        {stepsDown && (
          <SelfConfirmation username={user.username} onChange={setConfirmed}>
            This is your own account. Without the role you cannot take it back yourself: another administrator has to.
          </SelfConfirmation>
        )}
        {reasonOf(saving.error) !== "USER_EXISTS" && <FormError error={saving.error} fields={Object.keys(FIELDS)} />}
        <Group gap="xs">
          <Button type="submit" loading={saving.busy} disabled={!isDirty || (stepsDown && !confirmed)}>
            Save
          </Button>
          {isDirty && (
            <Button variant="default" onClick={() => form.reset()}>
              Undo changes
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}

function changesOf(user: User, values: { username: string; displayName: string; admin: boolean }): UserChanges {
  const username = foldUsername(values.username);
  const displayName = values.displayName.trim();
  return {
    ...(username === user.username ? {} : { username }),
    ...(displayName === user.displayName ? {} : { displayName }),
    ...(values.admin === user.admin ? {} : { admin: values.admin }),
  };
}

function errorsOf(error: unknown): Record<string, string> {
  if (reasonOf(error) === "USER_EXISTS") return { username: "There is a user with this name already." };
  return fieldErrors(error, FIELDS);
}
