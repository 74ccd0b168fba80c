import { Button } from "@mantine/core";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ownTokensQuery, revokeSession } from "../../api/sessions";
import { CliLine } from "../../components/CliLine";
import { confirm } from "../../components/confirm";
import { ErrorPanel } from "../../components/ErrorPanel";
import type { Session } from "../../gen/pedl/v1/session_pb";
import classes from "./AccountPage.module.css";
import { CreateTokenDialog } from "./CreateTokenDialog";
import { SessionTable, SessionTableSkeleton } from "./SessionTable";

/** What stands for one in scripts. */
export function Tokens() {
  const client = useQueryClient();
  const [creates, setCreates] = useState(false);
  const list = useInfiniteQuery(ownTokensQuery());
  const tokens = list.data?.pages.flatMap((page) => page.sessions) ?? [];

  const revoke = (token: Session) =>
    confirm({
      title: `Revoke ${token.name === "" ? "this access token" : token.name}?`,
      body: "Scripts that use it are refused at once. This cannot be undone.",
      confirmLabel: "Revoke",
      danger: true,
      action: async () => {
        await revokeSession(token.id);
        await client.invalidateQueries({ queryKey: ["sessions"] });
      },
    });

  return (
    <section className={classes.section} aria-labelledby="tokens">
      <div className={classes.head}>
        <h2 id="tokens">Access tokens</h2>
        <Button variant="default" size="xs" onClick={() => setCreates(true)}>
          New access token
        </Button>
      </div>
      <p className="quiet">
        For scripts: each does what you may, but makes no tokens and does not change your password. Scripts find it in{" "}
        <code>PEDL_TOKEN</code>.
      </p>
      {list.isPending && <SessionTableSkeleton first="Name" />}
      {list.isError && <ErrorPanel error={list.error} onRetry={() => list.refetch()} />}
      {tokens.length > 0 && <SessionTable sessions={tokens} first="Name" name={nameOf} onRevoke={revoke} />}
      {list.isSuccess && tokens.length === 0 && (
        <>
          <p>You have no access token. From a terminal:</p>
          <CliLine command="pedl token create --name nightly --lifetime 30d" />
        </>
      )}
      {list.hasNextPage && (
        <Button
          variant="subtle"
          size="xs"
          mt={8}
          loading={list.isFetchingNextPage}
          onClick={() => list.fetchNextPage()}
        >
          Show more
        </Button>
      )}
      {creates && <CreateTokenDialog onClose={() => setCreates(false)} />}
    </section>
  );
}

function nameOf(token: Session) {
  return token.name === "" ? <span className="quiet">without a name</span> : token.name;
}
