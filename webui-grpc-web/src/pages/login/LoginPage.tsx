import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useRouter, useSearch } from "@tanstack/react-router";
import { type FormEvent, useCallback, useEffect, useState } from "react";
import { explain, reasonOf, retrySecondsOf } from "../../api/errors";
import { safeNext } from "../../session/next";
import { defaultAccount, signIn, useOptionalSession } from "../../session/session";
import { AwayBanner } from "../../shell/AwayBanner";
import { useTitle } from "../../shell/title";
import { Wordmark } from "../../shell/Wordmark";
import classes from "./LoginPage.module.css";
import { useCountdown } from "./useCountdown";
import { useDefaultAccountOpen } from "./useDefaultAccountOpen";

export default function LoginPage() {
  useTitle("Sign in");
  const { next } = useSearch({ from: "/login" });
  const router = useRouter();
  const signedIn = useOptionalSession();
  const open = useDefaultAccountOpen();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [wait, startWait] = useCountdown();

  const goOn = useCallback(() => router.history.replace(safeNext(next, window.location.origin)), [router, next]);

  // Here, or in another tab, somebody has signed in; who was signed in before came to change accounts.
  const [before] = useState(signedIn?.session.id);
  useEffect(() => {
    if (signedIn && signedIn.session.id !== before) goOn();
  }, [signedIn, before, goOn]);

  const enter = async (username: string, password: string) => {
    setBusy(true);
    setError(undefined);
    try {
      await signIn(username, password);
    } catch (e) {
      setError(e);
      startWait(reasonOf(e) === "LOGIN_THROTTLED" ? (retrySecondsOf(e) ?? 0) : 0);
      setBusy(false);
    }
  };

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    void enter(String(form.get("username") ?? "").trim(), String(form.get("password") ?? ""));
  };

  return (
    <div className={classes.root}>
      <AwayBanner />
      <main className={classes.main}>
        <Wordmark />
        <h1 className={classes.title}>Sign in</h1>
        {signedIn ? <SignedInAlready name={signedIn.user.username} onGo={goOn} /> : null}
        <form onSubmit={submit} className={classes.form}>
          <TextInput
            label="Username"
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            autoFocus
            withAsterisk={false}
            maxLength={64}
          />
          <PasswordInput
            label="Password"
            name="password"
            autoComplete="current-password"
            description="Leave it empty where the account has none."
          />
          <div role="alert" className={classes.alert}>
            {error === undefined ? null : <Problem error={error} wait={wait} />}
          </div>
          <Button type="submit" loading={busy} disabled={wait > 0} fullWidth>
            Sign in
          </Button>
        </form>
        {open && signedIn?.user.username !== defaultAccount ? (
          <div className={classes.open}>
            <Button variant="default" fullWidth disabled={busy} onClick={() => enter(defaultAccount, "")}>
              Continue as {defaultAccount}
            </Button>
            <p className={classes.note}>The account that everybody here may use.</p>
          </div>
        ) : null}
      </main>
    </div>
  );
}

function Problem({ error, wait }: { error: unknown; wait: number }) {
  if (reasonOf(error) === "LOGIN_THROTTLED") {
    return wait > 0 ? <>Too many attempts. Try again in {wait} s.</> : <>You can try again now.</>;
  }
  const { title, detail } = explain(error);
  return (
    <>
      {title}.{detail ? ` ${detail}` : null}
    </>
  );
}

/** Somebody signed in in another tab, or came here to change accounts. */
function SignedInAlready({ name, onGo }: { name: string; onGo: () => void }) {
  return (
    <p className={classes.note}>
      You are signed in as {name}.{" "}
      <button type="button" className={classes.textButton} onClick={onGo}>
        Go on as {name}
      </button>
    </p>
  );
}
