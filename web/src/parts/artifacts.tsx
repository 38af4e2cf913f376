// Files in folders, and the one that was chosen beside them. Folders are read when they are opened;
// which file and which folders are open stands in the address.

import { useEffect, useMemo } from 'preact/hooks';
import type { ArtifactEntry } from '../api/mlflow';
import { poll } from '../api/poll';
import { resource } from '../api/resource';
import { whole } from '../format/number';
import { param, params, setParams } from '../router';
import { bytes } from '../tracking/words';
import { Problem, Skeleton } from './bits';
import { Preview } from './preview';

export interface Source {
  id: string; // '' of the run itself
  name: string;
  list: (folder: string) => Promise<ArtifactEntry[]>;
  url: (path: string) => string;
}

const MAX_ENTRIES = 500; // of a folder that are shown
const POLL_MS = 5000;

const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1);
// A folder in the address: its source's id, then its path.
const folderKey = (source: Source, path: string) => `${source.id}:${path}`;

function toggle(key: string, open: readonly string[]): void {
  setParams({ open: open.includes(key) ? open.filter((k) => k !== key) : [...open, key] });
}

function Entry({ source, entry, live }: { source: Source; entry: ArtifactEntry; live: boolean }) {
  const name = baseName(entry.path);
  if (!entry.is_dir) {
    const chosen = param('file') === entry.path && (param('in') ?? '') === source.id;
    return (
      <li>
        <button type="button" class="file" aria-pressed={chosen} onClick={() => setParams({
          in: source.id || undefined, file: entry.path,
        })}>
          <span class="file-name" title={entry.path}>{name}</span>
          {entry.file_size !== undefined && <span class="soft">{bytes(entry.file_size)}</span>}
        </button>
      </li>
    );
  }
  const open = params('open');
  const key = folderKey(source, entry.path);
  // The folders of the chosen file are open, so that a link shows where it is.
  const holds = (param('in') ?? '') === source.id && param('file')?.startsWith(`${entry.path}/`);
  const isOpen = open.includes(key) || holds === true;
  return (
    <li>
      <button type="button" class="file folder" aria-expanded={isOpen}
        onClick={() => toggle(key, open)}>
        <span class="file-name" title={entry.path}>{name}/</span>
      </button>
      {isOpen && <Folder source={source} path={entry.path} live={live} />}
    </li>
  );
}

function Folder({ source, path, live }: { source: Source; path: string; live: boolean }) {
  const entries = useMemo(() => resource(() => source.list(path)), [source, path]);
  useEffect(() => {
    void entries.refresh();
    return live ? poll(() => entries.refresh(), POLL_MS) : undefined;
  }, [entries, live]);
  const found = entries.value.value;
  if (!found) {
    const error = entries.error.value;
    return error ? <Problem error={error} retry={() => void entries.refresh()} />
      : <Skeleton height={28} />;
  }
  if (found.length === 0) return <p class="soft no-files">No files.</p>;
  const shown = [...found]
    .sort((a, b) => Number(b.is_dir ?? false) - Number(a.is_dir ?? false) ||
      (a.path < b.path ? -1 : 1))
    .slice(0, MAX_ENTRIES);
  return (
    <>
      <ul class="files">
        {shown.map((entry) => (
          <Entry key={entry.path} source={source} entry={entry} live={live} />
        ))}
      </ul>
      {found.length > shown.length && (
        <p class="soft no-files">
          {whole(found.length - shown.length)} more, which clients list.
        </p>
      )}
    </>
  );
}

export function Artifacts({ sources, live }: { sources: readonly Source[]; live: boolean }) {
  const chosenIn = param('in') ?? '';
  const file = param('file');
  const source = sources.find((s) => s.id === chosenIn);
  return (
    <div class="artifacts">
      <section class="card" aria-label="Files">
        {sources.map((of) => (
          <div key={of.id} class="file-source">
            <h2>{of.name}</h2>
            <Folder source={of} path="" live={live} />
          </div>
        ))}
      </section>
      <section class="card preview" aria-label="Preview">
        {file === undefined ? <p class="soft">Choose a file to look into it.</p>
          : source === undefined ? <p class="soft">The model of this file is not there any more.</p>
          : <Preview key={`${chosenIn}:${file}`} path={file} url={source.url(file)}
              list={() => source.list(file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '')} />}
      </section>
    </div>
  );
}
