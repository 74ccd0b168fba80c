import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { MAX_USERS, userListQuery } from "../../api/users";
import { AdminOnly } from "../../components/AdminOnly";
import { DataTable } from "../../components/DataTable";
import { EmptyState } from "../../components/EmptyState";
import { ErrorPanel } from "../../components/ErrorPanel";
import { Icon } from "../../components/Icon";
import { PageHeader } from "../../components/PageHeader";
import { useFilterKey } from "../../components/useFilterKey";
import type { User } from "../../gen/pedl/v1/user_pb";
import { stringifySearch } from "../../search";
import { CreateUserDialog } from "./CreateUserDialog";
import { columnsFor } from "./columns";
import { find } from "./find";
import { UserDrawer } from "./UserDrawer";
import classes from "./UsersPage.module.css";

const route = getRouteApi("/frame/users");
const none: readonly User[] = [];
const rowKey = (user: User) => String(user.id);
const rowName = (user: User) => user.username;

export default function UsersPage() {
  return (
    <AdminOnly>
      <Users />
    </AdminOnly>
  );
}

/** All accounts, and the one whose drawer is open. */
function Users() {
  const { q = "", user: opened } = route.useSearch();
  const navigate = route.useNavigate();
  const [creates, setCreates] = useState(false);
  const filterInput = useRef<HTMLInputElement>(null);
  useFilterKey(filterInput);
  // The address may change by other ways than by typing here: going back, a link.
  useEffect(() => {
    const input = filterInput.current;
    if (input !== null && input !== document.activeElement) input.value = q;
  }, [q]);
  const list = useQuery(userListQuery());
  const all = list.data?.users ?? none;
  const found = useMemo(() => find(all, q), [all, q]);
  const open = useCallback(
    (username: string | undefined) =>
      void navigate({
        search: ({ user: _, ...others }) => (username === undefined ? others : { ...others, user: username }),
      }),
    [navigate],
  );
  const filter = (text: string) =>
    navigate({ search: ({ q: _, ...others }) => (text === "" ? others : { ...others, q: text }), replace: true });
  const columns = useMemo(() => columnsFor(open), [open]);

  return (
    <>
      <PageHeader
        title="Users"
        lead={list.data && countWords(all)}
        actions={
          <Button size="xs" leftSection={<Icon name="plus" size={14} />} onClick={() => setCreates(true)}>
            New user
          </Button>
        }
      />
      <div className={classes.filters}>
        <TextInput
          className={classes.search ?? ""}
          type="search"
          aria-label="Find users by name"
          placeholder="Find by name"
          leftSection={<Icon name="search" size={14} />}
          ref={filterInput}
          defaultValue={q}
          onChange={(event) => filter(event.currentTarget.value)}
        />
      </div>
      {list.isError ? (
        <ErrorPanel error={list.error} onRetry={() => list.refetch()} />
      ) : (
        <DataTable
          fill
          label="Users"
          rows={found}
          columns={columns}
          rowKey={rowKey}
          rowName={rowName}
          href={({ username }) => `/users${stringifySearch({ q, user: username })}`}
          loading={list.isPending}
          empty={
            <EmptyState title="No user has that in a name" command="pedl user list">
              Users are found by username, display name and agent user.
            </EmptyState>
          }
          footer={
            list.data?.more === true && (
              <p className="quiet">
                These are the first {MAX_USERS} users by name. <code>pedl user list</code> names them all.
              </p>
            )
          }
        />
      )}
      <CreateUserDialog
        opened={creates}
        onClose={() => setCreates(false)}
        onCreated={(username) => {
          setCreates(false);
          open(username);
        }}
      />
      {list.data !== undefined && (
        <UserDrawer
          username={opened}
          user={all.find(({ username }) => username === opened)}
          onClose={() => open(undefined)}
          onRenamed={open}
        />
      )}
    </>
  );
}

function countWords(users: readonly User[]): string {
  const inactive = users.filter(({ active }) => !active).length;
  const count = users.length === 1 ? "1 user" : `${users.length} users`;
  return inactive > 0 ? `${count}, ${inactive} inactive` : count;
}
