import { Button, Checkbox, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { reasonOf } from "../../api/errors";
import { fieldErrors } from "../../api/fieldErrors";
import { createUser } from "../../api/users";
import { FormError } from "../../components/FormError";
import { useAction } from "../../components/useAction";
import { displayNameProblem, foldUsername, usernameProblem } from "./username";

interface Props {
  opened: boolean;
  onClose: () => void;
  onCreated: (username: string) => void;
}

export function CreateUserDialog({ opened, onClose, onCreated }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="New user" closeButtonProps={{ "aria-label": "Close" }}>
      <CreateUserForm onClose={onClose} onCreated={onCreated} />
    </Modal>
  );
}

function CreateUserForm({ onClose, onCreated }: Omit<Props, "opened">) {
  const client = useQueryClient();
  const form = useForm({
    initialValues: { username: "", displayName: "", admin: false },
    validate: {
      username: (name) => usernameProblem(name) ?? null,
      displayName: (name) => displayNameProblem(name) ?? null,
    },
  });
  const creation = useAction(async (values: typeof form.values) => {
    const { user } = await createUser({ ...values, username: foldUsername(values.username) }).catch(
      (error: unknown) => {
        form.setErrors(errorsOf(error));
        throw error;
      },
    );
    await client.invalidateQueries({ queryKey: ["users"] });
    return user;
  });
  const submit = form.onSubmit(async (values) => {
    const user = await creation.run(values);
    if (user) onCreated(user.username);
  });
  const folded = foldUsername(form.values.username);
  const isFolded = folded !== form.values.username.trim();

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <TextInput
          label="Username"
          description={isFolded ? `Becomes ${folded}: upper case is folded` : "1 to 64 of a-z 0-9 . _ @ -"}
          data-autofocus
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          {...form.getInputProps("username")}
        />
        <TextInput
          label="Display name"
          description="How the person is shown; may be empty"
          autoComplete="off"
          {...form.getInputProps("displayName")}
        />
        <Checkbox
          size="sm"
          label="Administrator"
          description="May manage users and agents, and kill anybody's work"
          {...form.getInputProps("admin", { type: "checkbox" })}
        />
        <p className="quiet" style={{ margin: 0 }}>
          The password starts blank: whoever reaches the master can sign in as this user until there is one. Set it here
          after creating, or let the user do it under Account.
        </p>
        {reasonOf(creation.error) !== "USER_EXISTS" && (
          <FormError error={creation.error} fields={Object.keys(FIELDS)} />
        )}
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

const FIELDS = { username: "username", display_name: "displayName" };

function errorsOf(error: unknown): Record<string, string> {
  if (reasonOf(error) === "USER_EXISTS") return { username: "There is a user with this name already." };
  return fieldErrors(error, FIELDS);
}
