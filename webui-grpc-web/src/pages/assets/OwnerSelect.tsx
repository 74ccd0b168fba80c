import { useQuery } from "@tanstack/react-query";
import { userListQuery } from "../../api/users";
import { Select } from "../../components/Select";
import { everybody } from "./filter";

interface Props {
  value: string;
  onChange: (owner: string) => void;
}

/** Whose work the list has. */
export function OwnerSelect({ value, onChange }: Props) {
  const { data } = useQuery(userListQuery());
  const names = data?.users.map(({ username }) => username) ?? [];
  // Whoever is in the URL can be chosen, whether the accounts are read yet or not.
  const all = value === everybody || names.includes(value) ? names : [value, ...names];
  const choices = [{ value: everybody, label: "Everybody" }, ...all.map((name) => ({ value: name, label: name }))];
  return <Select label="Owner" value={value} onChange={onChange} choices={choices} />;
}
