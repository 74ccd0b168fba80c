import type { ReactNode } from "react";
import { useSession } from "../session/session";
import { EmptyState } from "./EmptyState";

/** A page for administrators; whoever else comes by a direct link is told so. */
export function AdminOnly({ children }: { children: ReactNode }) {
  const { user } = useSession();
  if (user.admin) return children;
  return (
    <EmptyState title="Only administrators see this">
      You are signed in as {user.username}. Ask an administrator, or sign in as one from the menu at the top right.
    </EmptyState>
  );
}
