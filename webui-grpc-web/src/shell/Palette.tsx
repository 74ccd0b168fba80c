export default function Palette({ onClose: _ }: { onClose: () => void }) {
  return null;
}
