import { Facts } from "../../components/Facts";
import { OwnerMark } from "../../components/OwnerMark";
import { PageHeader } from "../../components/PageHeader";
import { RelativeTime } from "../../components/RelativeTime";
import { useSession } from "../../session/session";
import { runsAs, runsAsMore } from "../users/agentUser";
import classes from "./AccountPage.module.css";
import { PasswordForm } from "./PasswordForm";
import { Sessions } from "./Sessions";
import { Tokens } from "./Tokens";

/** Who one is, and what stands for one: password, sessions, access tokens. */
export default function AccountPage() {
  const { user, session } = useSession();
  const link = user.agentUser;
  return (
    <div className={classes.page}>
      <PageHeader title="Account" />
      <Facts
        items={[
          { label: "Signed in as", value: <OwnerMark username={user.username} withName /> },
          ...(user.displayName === "" ? [] : [{ label: "Display name", value: user.displayName }]),
          { label: "Role", value: user.admin ? "Administrator" : "Member" },
          {
            label: "Work runs as",
            value: link ? (
              <>
                <span className="mono">{runsAs(link)}</span>
                {runsAsMore(link) !== null && <span className="quiet"> · {runsAsMore(link)}</span>}
              </>
            ) : (
              <>
                The cluster’s default user{" "}
                <span className="quiet">· an administrator can link you with one of your own</span>
              </>
            ),
          },
          { label: "This session ends", value: <RelativeTime at={session.expiresAt} /> },
        ]}
      />
      <Section title="Password" id="password">
        <PasswordForm username={user.username} />
      </Section>
      <Sessions />
      <Tokens />
    </div>
  );
}

function Section({ title, id, children }: { title: string; id: string; children: React.ReactNode }) {
  return (
    <section className={classes.section} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}
