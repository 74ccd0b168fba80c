import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { MAX_USERS, userListQuery } from "../../api/users";
import { AdminOnly } from "../../components/AdminOnly";
import { EmptyState } from "../../components/EmptyState";
import { ErrorPanel } from "../../components/ErrorPanel";
import { Icon } from "../../components/Icon";
import { PageHeader } from "../../components/PageHeader";
import { useFilterKey } from "../../components/useFilterKey";
import { CreateUserDialog } from "./CreateUserDialog";
import { find } from "./find";
import { UserDrawer } from "./UserDrawer";
import classes from "./UsersPage.module.css";
import { UserTable, UserTableSkeleton } from "./UserTable";

const route = getRouteApi("/frame/users");

export default function UsersPage() {
  return (
    <AdminOnly>
      <Users />
    </AdminOnly>
  );
}

function Users() {
  const { q = "", user: opened } = route.useSearch();
  const navigate = route.useNavigate();
  const [creates, setCreates] = useState(false);
  const filterInput = useRef<HTMLInputElement>(null);
  useFilterKey(filterInput);
  const list = useQuery(userListQuery());
  const all = list.data?.users ?? [];
  const found = find(all, q);
  const open = (username: string | undefined) =>
    navigate({ search: ({ user: _, ...others }) => (username === undefined ? others : { ...others, user: username }) });
  const filter = (text: string) =>
    navigate({ search: ({ q: _, ...others }) => (text === "" ? others : { ...others, q: text }), replace: true });

  return (
    <>
      <PageHeader
        title="Users"
        lead={list.data && countWords(all.length, all.filter(({ active }) => !active).length)}
        actions={<Button onClick={() => setCreates(true)}>New user</Button>}
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
          key={q === "" ? "empty" : "typed"}
          onChange={(event) => filter(event.currentTarget.value)}
        />
      </div>
      {list.isError && <ErrorPanel error={list.error} onRetry={() => list.refetch()} />}
      {list.isPending && <UserTableSkeleton />}
      {list.data !== undefined && found.length > 0 && <UserTable users={found} onOpen={open} />}
      {list.data !== undefined && found.length === 0 && (
        <EmptyState title="No user has that in a name" command="pedl user list">
          Users are found by username, display name and agent user.
        </EmptyState>
      )}
      {list.data?.more === true && (
        <p className="quiet">
          These are the first {MAX_USERS} users by name. <code>pedl user list</code> names them all.
        </p>
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

function countWords(all: number, inactive: number): string {
  const users = all === 1 ? "1 user" : `${all} users`;
  return inactive > 0 ? `${users}, ${inactive} inactive` : users;
}
