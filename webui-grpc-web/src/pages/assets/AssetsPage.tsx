import { PageHeader } from "../../components/PageHeader";

export default function AssetsPage() {
  return <PageHeader title="Commands" />;
}
