import { Button, Group, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { fieldErrors } from "../../api/fieldErrors";
import { linkAgentUser } from "../../api/users";
import { FormError } from "../../components/FormError";
import { useAction } from "../../components/useAction";
import type { User } from "../../gen/pedl/v1/user_pb";
import { updateOwnUser, useSession } from "../../session/session";
import { draftOf, LINK_FIELDS, linkOf, linkProblems } from "./agentUser";

/** Whom an account's tasks run as. */
export function LinkForm({ user, onDone }: { user: User; onDone: () => void }) {
  const client = useQueryClient();
  const isOwn = useSession().user.id === user.id;
  const form = useForm({ initialValues: draftOf(user.agentUser), validate: linkProblems });
  const linking = useAction(async (draft: typeof form.values) => {
    const answer = await linkAgentUser(user.username, linkOf(draft)).catch((error: unknown) => {
      form.setErrors(fieldErrors(error, LINK_FIELDS));
      throw error;
    });
    await client.invalidateQueries({ queryKey: ["users"] });
    if (isOwn && answer.user) updateOwnUser(answer.user);
    return answer;
  });
  const submit = form.onSubmit(async (draft) => {
    if (await linking.run(draft)) onDone();
  });
  const plain = { autoComplete: "off", autoCapitalize: "none", spellCheck: false };

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <SimpleGrid cols={2} spacing="sm" verticalSpacing="md">
          <TextInput label="User" data-autofocus {...plain} {...form.getInputProps("user")} />
          <TextInput label="uid" inputMode="numeric" {...plain} {...form.getInputProps("uid")} />
          <TextInput label="Group" {...plain} {...form.getInputProps("group")} />
          <TextInput label="gid" inputMode="numeric" {...plain} {...form.getInputProps("gid")} />
        </SimpleGrid>
        <TextInput
          label="Further groups"
          description="Their ids, with commas between; may be empty"
          {...plain}
          {...form.getInputProps("supplementaryGids")}
        />
        <TextInput
          label="umask"
          description="In octal; 0027 keeps new files from everybody but the group. Empty: 0022"
          inputMode="numeric"
          {...plain}
          {...form.getInputProps("umask")}
        />
        <FormError error={linking.error} fields={Object.keys(LINK_FIELDS)} />
        <Group gap="xs">
          <Button type="submit" loading={linking.busy}>
            {user.agentUser ? "Change the link" : "Link"}
          </Button>
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
