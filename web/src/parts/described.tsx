// What people write about a thing, and change in place: its description and its tags.

import { useState } from 'preact/hooks';
import type { Pair } from '../api/mlflow';
import { whole } from '../format/number';
import { Confirm } from './confirm';
import { Button, Form, Lines, Text, useAction, useFormFocus } from './form';
import { Value } from './pairs';

const MAX_TEXT = 100_000; // as the server has it
const MAX_KEY = 250;
const MAX_TAGS = 500; // that are shown

export function Description({ text, may, save }: {
  text: string; may: boolean; save: (text: string) => Promise<unknown>;
}) {
  const [draft, setDraft] = useState<string>();
  const root = useFormFocus(draft !== undefined);
  const action = useAction(async () => {
    await save(draft ?? '');
    setDraft(undefined);
  });
  if (text === '' && !may) return null;
  return (
    <section class="described" aria-label="Description" ref={root}>
      {draft === undefined ? (
        <>
          {text !== '' && <p>{text}</p>}
          {may && (
            <button type="button" class="link-button opens" onClick={() => setDraft(text)}>
              {text === '' ? 'Describe it' : 'Edit the description'}
            </button>
          )}
        </>
      ) : (
        <Form action={action} label="Describe it">
          <Lines label="Description" value={draft} onInput={setDraft} maxLength={MAX_TEXT} />
          <div class="buttons">
            <Button submit kind="main-button" busy={action.busy}>Save</Button>
            <button type="button" class="quiet-button" onClick={() => setDraft(undefined)}>
              Cancel
            </button>
          </div>
        </Form>
      )}
    </section>
  );
}

export function Tags({ tags, may, set, remove }: {
  tags: readonly Pair[];
  may: boolean;
  set: (tag: Pair) => Promise<unknown>;
  remove: (key: string) => Promise<unknown>;
}) {
  const [draft, setDraft] = useState<Pair>();
  const [doomed, setDoomed] = useState<string>();
  const root = useFormFocus(draft !== undefined);
  const action = useAction(async () => {
    await set({ key: draft!.key.trim(), value: draft!.value });
    setDraft(undefined);
  });
  const rows = [...tags].sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, MAX_TAGS);
  return (
    <section class="card" aria-labelledby="tags" ref={root}>
      <header class="card-head">
        <h2 id="tags">Tags <span class="soft">{tags.length}</span></h2>
        {may && draft === undefined && (
          <button type="button" class="quiet-button opens"
            onClick={() => setDraft({ key: '', value: '' })}>
            Set a tag
          </button>
        )}
      </header>
      {draft && (
        <Form action={action} label="Set a tag">
          <Text label="Key" value={draft.key} required maxLength={MAX_KEY} autocomplete="off"
            onInput={(key) => setDraft({ ...draft, key })} />
          <Text label="Value" value={draft.value} maxLength={MAX_TEXT} autocomplete="off"
            onInput={(value) => setDraft({ ...draft, value })} />
          <div class="buttons">
            <Button submit kind="main-button" busy={action.busy}>Set the tag</Button>
            <button type="button" class="quiet-button" onClick={() => setDraft(undefined)}>
              Cancel
            </button>
          </div>
        </Form>
      )}
      {rows.length === 0 && !draft && <p class="soft">None.</p>}
      {rows.length > 0 && (
        <div class="scroll" tabIndex={0} role="group" aria-label="All tags">
          <table class="pairs edited">
            <tbody>
              {rows.map(({ key, value }) => (
                <tr key={key}>
                  <th scope="row">{key}</th>
                  <td><Value text={value} /></td>
                  {may && (
                    <td class="deeds-of-row">
                      <Button kind="link-button" label={`Change the tag ${key}`}
                        onClick={() => setDraft({ key, value })}>
                        change
                      </Button>
                      <Button kind="link-button" label={`Remove the tag ${key}`}
                        onClick={() => setDoomed(key)}>
                        remove
                      </Button>
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {tags.length > rows.length && (
        <p class="soft">{whole(tags.length - rows.length)} more, which clients list.</p>
      )}
      {doomed !== undefined && (
        <Confirm title={`Remove the tag ${doomed}?`} does="Remove" act={() => remove(doomed)}
          close={() => setDoomed(undefined)}>
          Its value is gone with it.
        </Confirm>
      )}
    </section>
  );
}
