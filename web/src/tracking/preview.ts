// What of a file is shown, decided by its name and size alone. HTML and SVG are programs of others:
// their text is shown and never run.

export type Kind = 'text' | 'json' | 'csv' | 'tsv' | 'image' | 'none';

// As much of a text as a person reads here; the rest is for the download.
export const MAX_TEXT = 512 << 10;
// Larger pictures are downloaded instead.
export const MAX_IMAGE = 20 << 20;

const KINDS: Record<string, Kind> = {
  json: 'json', csv: 'csv', tsv: 'tsv',
  png: 'image', jpg: 'image', jpeg: 'image', gif: 'image', webp: 'image',
};
const NO_TEXT = new Set([
  'bin', 'bz2', 'ckpt', 'gz', 'h5', 'joblib', 'keras', 'mp4', 'npy', 'npz', 'onnx', 'parquet', 'pb',
  'pdf', 'pickle', 'pkl', 'pt', 'pth', 'safetensors', 'skops', 'tar', 'tgz', 'wav', 'webm', 'whl',
  'xz', 'zip', 'zst',
]);

export function kindOf(path: string, size: number | undefined): Kind {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const ending = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1).toLowerCase() : '';
  if (NO_TEXT.has(ending)) return 'none';
  const kind = KINDS[ending] ?? 'text'; // bytes that are none show themselves
  if (kind === 'image' && (size ?? 0) > MAX_IMAGE) return 'none';
  return kind;
}

// The text of bytes; nothing when they are none. `cut`: more bytes follow, perhaps in the middle of
// a character.
export function textOf(bytes: Uint8Array, cut: boolean): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: cut });
  } catch {
    return undefined;
  }
}

// JSON with its structure to be seen; what is no JSON stays as it is.
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
