const key = "pedl-signed-out";

/** Whether somebody signed out in this browser and nobody has signed in since: then nobody is signed in by default. */
export const signedOutOnPurpose = {
  get(): boolean {
    try {
      return localStorage.getItem(key) !== null;
    } catch {
      return false;
    }
  },
  set(on: boolean): void {
    try {
      if (on) localStorage.setItem(key, "1");
      else localStorage.removeItem(key);
    } catch {
      // A browser that keeps nothing: the login page does not sign in by itself anyway.
    }
  },
};
