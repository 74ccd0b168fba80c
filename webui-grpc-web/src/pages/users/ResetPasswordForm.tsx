import { Button, Group, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { fieldErrors } from "../../api/fieldErrors";
import { changePassword } from "../../api/users";
import { FormError } from "../../components/FormError";
import { useAction } from "../../components/useAction";
import { endedWords, mismatch } from "../account/password";

const FIELDS = { new_password: "password" };

/** Sets somebody else's password, without knowing the current one. */
export function ResetPasswordForm({ username, onClose }: { username: string; onClose: () => void }) {
  const [outcome, setOutcome] = useState<string>();
  const form = useForm({
    initialValues: { password: "", again: "" },
    validate: { again: (_, values) => mismatch(values) ?? null },
  });
  const change = useAction((newPassword: string) =>
    changePassword({ username, currentPassword: "", newPassword }).catch((error: unknown) => {
      form.setErrors(fieldErrors(error, FIELDS));
      throw error;
    }),
  );
  const submit = form.onSubmit(async ({ password }) => {
    const answer = await change.run(password);
    if (!answer) return;
    form.reset();
    setOutcome(
      `${password === "" ? "The password is blank now." : "The password is set."} ${endedWords(answer.endedSessions)}`,
    );
  });
  if (outcome !== undefined) {
    return (
      <Group gap="sm" role="status">
        <span>{outcome}</span>
        <Button variant="default" size="xs" onClick={onClose}>
          Done
        </Button>
      </Group>
    );
  }
  const isBlank = form.values.password === "" && form.values.again === "";
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <input type="text" hidden readOnly autoComplete="username" value={username} />
        <PasswordInput label="New password" autoComplete="new-password" {...form.getInputProps("password")} />
        <PasswordInput label="New password again" autoComplete="new-password" {...form.getInputProps("again")} />
        <p className="quiet" style={{ margin: 0 }}>
          {isBlank
            ? `Left empty, the password is blank: whoever reaches the master can sign in as ${username}.`
            : `Ends all sessions and access tokens of ${username}. Running work goes on.`}
        </p>
        <FormError error={change.error} fields={Object.keys(FIELDS)} />
        <Group gap="xs">
          <Button type="submit" loading={change.busy}>
            {isBlank ? "Make it blank" : "Set the password"}
          </Button>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
