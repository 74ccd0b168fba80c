import { Button, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { reasonOf } from "../../api/errors";
import { fieldErrors } from "../../api/fieldErrors";
import { changePassword } from "../../api/users";
import { FormError } from "../../components/FormError";
import { notify } from "../../components/notify";
import { useAction } from "../../components/useAction";
import classes from "./AccountPage.module.css";
import { endedWords, mismatch } from "./password";

const FIELDS = { current_password: "current", new_password: "password" };

/** Changes one's own password. */
export function PasswordForm({ username }: { username: string }) {
  const client = useQueryClient();
  const form = useForm({
    initialValues: { current: "", password: "", again: "" },
    validate: { again: (_, values) => mismatch(values) ?? null },
  });
  const change = useAction(async (values: typeof form.values) => {
    const sent = { username: "", currentPassword: values.current, newPassword: values.password };
    const answer = await changePassword(sent).catch((error: unknown) => {
      form.setErrors(errorsOf(error));
      throw error;
    });
    await client.invalidateQueries({ queryKey: ["sessions"] });
    return answer;
  });
  const submit = form.onSubmit(async (values) => {
    const answer = await change.run(values);
    if (!answer) return;
    form.reset();
    notify.success(
      `${values.password === "" ? "Your password is blank now." : "Your password is changed."} ${endedWords(answer.endedSessions)}`,
    );
  });
  const { current, password, again } = form.values;
  const blanks = current !== "" && password === "" && again === "";

  return (
    <form onSubmit={submit} noValidate className={classes.form}>
      <Stack gap="md">
        <input type="text" hidden readOnly autoComplete="username" value={username} />
        <PasswordInput
          label="Current password"
          description="Leave empty while it is blank"
          autoComplete="current-password"
          {...form.getInputProps("current")}
        />
        <PasswordInput label="New password" autoComplete="new-password" {...form.getInputProps("password")} />
        <PasswordInput label="New password again" autoComplete="new-password" {...form.getInputProps("again")} />
        <span className="quiet">
          {blanks
            ? "Left empty, your password is blank: whoever reaches the master can act as you."
            : "Your other sessions and all your access tokens end. What you run goes on."}
        </span>
        {reasonOf(change.error) !== "WRONG_PASSWORD" && <FormError error={change.error} fields={Object.keys(FIELDS)} />}
        <div>
          <Button type="submit" loading={change.busy} disabled={current === "" && password === "" && again === ""}>
            {blanks ? "Make it blank" : "Change password"}
          </Button>
        </div>
      </Stack>
    </form>
  );
}

function errorsOf(error: unknown): Record<string, string> {
  if (reasonOf(error) === "WRONG_PASSWORD") return { current: "This is not your current password." };
  return fieldErrors(error, FIELDS);
}
