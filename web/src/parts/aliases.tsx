// The aliases of a registered model: what clients and endpoints follow. One that points elsewhere
// is moved only after a question.

import { useState } from 'preact/hooks';
import { registry, type Alias, type Stage } from '../api/registry';
import { link } from '../router';
import { aliasUri, movedFrom, stageTone } from '../registry/words';
import { Copy, Pill } from './bits';
import { Confirm } from './confirm';
import { Button, Form, Text, useAction, useFormFocus } from './form';

const MAX_ALIAS = 255; // as the server has it

export const StagePill = ({ stage }: { stage: Stage }) =>
  stage === 'None' ? null : <Pill tone={stageTone(stage)}>{stage}</Pill>;

// "@champion"
export const AliasPill = ({ alias }: { alias: string }) => <span class="alias">@{alias}</span>;

function SetAlias({ name, aliases, version, done, close }: {
  name: string;
  aliases: readonly Alias[];
  version: string | undefined; // undefined: it is asked for
  done: () => Promise<unknown>;
  close: () => void;
}) {
  const [alias, setAlias] = useState('');
  const [number, setNumber] = useState(version ?? '');
  const [moving, setMoving] = useState<{ alias: string; from: string; to: string }>();
  const set = async (given: string, to: string) => {
    await registry.setAlias(name, given, to);
    await done();
    close();
  };
  const action = useAction(async () => {
    const given = alias.trim().replace(/^@/, '');
    const to = number.trim();
    const from = movedFrom(aliases, given, to);
    if (from === undefined) await set(given, to);
    else setMoving({ alias: given, from, to });
  });
  return (
    <>
      <Form action={action} label="Set an alias">
        <Text label="Alias" value={alias} onInput={setAlias} required autocomplete="off"
          maxLength={MAX_ALIAS} hint="Letters, digits, '-' and '_': champion, say." />
        {version === undefined && (
          <Text label="Version" value={number} onInput={setNumber} required autocomplete="off" />
        )}
        <div class="buttons">
          <Button submit kind="main-button" busy={action.busy}>Set the alias</Button>
          <button type="button" class="quiet-button" onClick={close}>Cancel</button>
        </div>
      </Form>
      {moving && (
        <Confirm title={`Move @${moving.alias} to version ${moving.to}?`} does="Move"
          act={() => set(moving.alias, moving.to)} close={() => setMoving(undefined)}>
          It points to version {moving.from} now. Whatever loads {aliasUri(name, moving.alias)} gets
          version {moving.to} from then on, and so do endpoints that follow it.
        </Confirm>
      )}
    </>
  );
}

export function Aliases({ name, aliases, version, may, changed }: {
  name: string;
  aliases: readonly Alias[]; // of the whole model
  version?: string; // only those of this one are shown
  may: boolean;
  changed: () => Promise<unknown>;
}) {
  const [setting, setSetting] = useState(false);
  const root = useFormFocus(setting);
  const [doomed, setDoomed] = useState<Alias>();
  const rows = aliases.filter((a) => version === undefined || a.version === version);
  return (
    <section class="card" aria-labelledby="aliases" ref={root}>
      <header class="card-head">
        <h2 id="aliases">Aliases <span class="soft">{rows.length}</span></h2>
        {may && !setting && (
          <button type="button" class="quiet-button opens" onClick={() => setSetting(true)}>
            Set an alias
          </button>
        )}
      </header>
      {setting && (
        <SetAlias name={name} aliases={aliases} version={version} done={changed}
          close={() => setSetting(false)} />
      )}
      {rows.length === 0 && !setting && (
        <p class="soft">{version === undefined ? 'None.' : 'None points to this version.'}</p>
      )}
      {rows.length > 0 && (
        <div class="scroll" tabIndex={0} role="group" aria-label="All aliases">
          <table class="pairs edited">
            <tbody>
              {rows.map((a) => (
                <tr key={a.alias}>
                  <th scope="row"><AliasPill alias={a.alias} /></th>
                  {version === undefined && (
                    <td>
                      <a href={link.version(name, a.version)}>version {a.version}</a>
                    </td>
                  )}
                  <td class="deeds-of-row">
                    <Copy text={aliasUri(name, a.alias)} label={`Copy URI ${aliasUri(name, a.alias)}`}>
                      copy URI
                    </Copy>
                    {may && (
                      <Button kind="link-button" label={`Remove the alias ${a.alias}`}
                        onClick={() => setDoomed(a)}>
                        remove
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {doomed && (
        <Confirm title={`Remove @${doomed.alias}?`} does="Remove" close={() => setDoomed(undefined)}
          act={async () => {
            await registry.deleteAlias(name, doomed.alias);
            await changed();
          }}>
          {aliasUri(name, doomed.alias)} leads nowhere from then on. It points to
          version {doomed.version} now.
        </Confirm>
      )}
    </section>
  );
}
