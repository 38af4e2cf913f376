// What is in a file. Its size is known before its bytes are asked for, and no more of them are read
// than is shown. Nothing of it is ever run: text is text, and pictures are what the browser takes
// for one.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { ApiError, firstBytes } from '../api/client';
import type { ArtifactEntry } from '../api/mlflow';
import { resource } from '../api/resource';
import { whole } from '../format/number';
import { kindOf, MAX_TEXT, pretty, textOf, type Kind } from '../tracking/preview';
import { cellsOf, SHOWN_ROWS } from '../tracking/table';
import { bytes } from '../tracking/words';
import { Problem, Skeleton } from './bits';

interface Content {
  kind: Kind;
  size: number;
  text: string; // empty of pictures, and of what cannot be shown
  cut: boolean; // the file goes on
}

async function read(path: string, url: string, list: () => Promise<ArtifactEntry[]>):
  Promise<Content> {
  const entry = (await list()).find((e) => e.path === path && !e.is_dir);
  if (!entry) throw new ApiError(404, `there is no file ${path}`);
  const size = entry.file_size ?? 0;
  const kind = kindOf(path, size);
  const nothing = { kind, size, text: '', cut: false };
  if (kind === 'none' || kind === 'image' || size === 0) return nothing;
  const cut = size > MAX_TEXT;
  const text = textOf(await firstBytes(url, MAX_TEXT), cut);
  return text === undefined ? { ...nothing, kind: 'none' } : { kind, size, text, cut };
}

function Table({ text, separator, name, cut }: {
  text: string; separator: ',' | '\t'; name: string; cut: boolean;
}) {
  const { rows, more } = useMemo(() => cellsOf(text, separator), [text, separator]);
  const [head, ...body] = rows;
  if (!head) return <p class="soft">It has no rows.</p>;
  return (
    <>
      <div class="scroll table-preview" tabIndex={0} role="group" aria-label={`Rows of ${name}`}>
        <table>
          <thead><tr>{head.map((cell, i) => <th key={i} scope="col">{cell}</th>)}</tr></thead>
          <tbody>
            {body.map((row, i) => (
              <tr key={i}>{row.map((cell, j) => <td key={j}>{cell}</td>)}</tr>
            ))}
          </tbody>
        </table>
      </div>
      {(more || cut) && <p class="soft">At most {SHOWN_ROWS} rows are shown; the download has all.</p>}
    </>
  );
}

function Picture({ url, name }: { url: string; name: string }) {
  const [broken, setBroken] = useState(false);
  return broken ? <p class="soft">This is no picture that the browser can show.</p>
    : <img class="picture" src={url} alt={name} onError={() => setBroken(true)} />;
}

function Body({ content: { kind, text, cut, size }, url, name }: {
  content: Content; url: string; name: string;
}) {
  if (kind === 'image') return <Picture url={url} name={name} />;
  if (kind === 'none') {
    return <p class="soft">There is no preview of such files; the download has it.</p>;
  }
  if (size === 0) return <p class="soft">The file is empty.</p>;
  if (kind === 'csv' || kind === 'tsv') {
    return <Table text={text} separator={kind === 'csv' ? ',' : '\t'} name={name} cut={cut} />;
  }
  return (
    <>
      <pre class="raw" tabIndex={0} aria-label={`Text of ${name}`}>
        {kind === 'json' && !cut ? pretty(text) : text}
      </pre>
      {cut && <p class="soft">The first {bytes(MAX_TEXT)} of {whole(size)} bytes.</p>}
    </>
  );
}

export function Preview({ path, url, list }: {
  path: string; url: string; list: () => Promise<ArtifactEntry[]>;
}) {
  const content = useMemo(() => resource(() => read(path, url, list)), [path, url]);
  useEffect(() => void content.refresh(), [content]);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const found = content.value.value;
  const error = content.error.value;
  return (
    <>
      <header class="preview-head">
        <h2>{name}</h2>
        {found && <span class="soft">{bytes(found.size)}</span>}
        <a class="quiet-button" href={url} download={name}>Download</a>
      </header>
      {error ? <Problem error={error} retry={() => void content.refresh()} />
        : found ? <Body content={found} url={url} name={name} /> : <Skeleton height={200} />}
    </>
  );
}
